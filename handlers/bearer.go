package handlers

import (
	"errors"
	"net/http"
	"strings"
)

// The errors of Bearer.
var (
	// ErrNoBearer says that the header is missing, or has another scheme.
	ErrNoBearer = errors.New("no bearer token in the Authorization header")
	// ErrBadBearer says that the header does not hold exactly one bearer token.
	ErrBadBearer = errors.New("an Authorization header that does not hold one bearer token")
)

// Bearer returns the token of the Authorization header (RFC 6750 §2.1), or ErrNoBearer
// or ErrBadBearer. The scheme matches in any case (RFC 9110 §11.1). Spaces follow it
// (§11.4) or, as in the application that Gatehouse replaces, any white space. Bearer
// does not check the token's syntax; its verifier does.
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
