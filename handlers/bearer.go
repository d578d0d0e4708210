package handlers

import (
	"errors"
	"net/http"
	"strings"
)

// What is wrong with an Authorization header where an access token opens.
var (
	// ErrNoBearer says that there is no header, or one of another scheme.
	ErrNoBearer = errors.New("no bearer token in the Authorization header")
	// ErrBadBearer says that a bearer token was meant, and not exactly one came.
	ErrBadBearer = errors.New("an Authorization header that does not hold one bearer token")
)

// Bearer returns the token of the Authorization header (RFC 6750 §2.1), or one of the
// errors above. The scheme is read in any case (RFC 9110 §11.1). Spaces follow it
// (§11.4) or, as the application that Gatehouse takes over from had it, any white space.
// Whether the token can be one is for its verifier to say.
func Bearer(h http.Header) (string, error) {
	values := h.Values("Authorization")
	var words []string
	if len(values) == 1 {
		words = strings.Fields(values[0])
	}
	switch {
	case len(values) > 1:
		return "", ErrBadBearer
	case len(words) == 0, !strings.EqualFold(words[0], "Bearer"):
		return "", ErrNoBearer
	case len(words) != 2:
		return "", ErrBadBearer
	}
	return words[1], nil
}
