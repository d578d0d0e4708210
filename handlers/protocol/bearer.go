package protocol

import (
	"cmp"
	"errors"
	"net/http"

	"gatehouse/internal/refusal"
	"gatehouse/internal/reqctx"
)

// A BearerError refuses an access token (RFC 6750 §3.1).
type BearerError struct {
	Status int
	// Code is empty if no token was sent; the refusal then says nothing else (§3.1).
	Code string
	// Description is the sentence for the client; empty: that of an access token.
	Description string
	// Scope is the scope that the token lacks.
	Scope  string
	reason error
}

func (e *BearerError) Error() string { return "bearer token refused: " + e.reason.Error() }

// Unwrap lets errors.Is find the cause.
func (e *BearerError) Unwrap() error { return e.reason }

// RefuseBearer writes the refusals of endpoints that require an access token: the
// challenge says what is wrong with the token. Any other error goes to Refuse.
func RefuseBearer(w http.ResponseWriter, r *http.Request, err error) {
	refused, ok := errors.AsType[*BearerError](err)
	if !ok {
		Refuse(w, r, err)
		return
	}
	info := reqctx.From(r.Context())
	info.Err = err
	challenge := `Bearer realm="gatehouse"`
	body := map[string]string{}
	if refused.Code == "" {
		info.Explain("", refusal.Else(err, refusal.Fact{Kind: refusal.TokenMissing}), nil)
	} else {
		description := cmp.Or(refused.Description, bearerDescriptions[refused.Code])
		challenge += `, error="` + refused.Code + `", error_description="` + description + `"`
		body["error"], body["error_description"] = refused.Code, description
		if page := info.Explain(refused.Code, refusal.Else(err, refusal.Fact{Kind: bearerKinds[refused.Code]}), nil); page != "" {
			challenge += `, error_uri="` + page + `"`
			body["error_uri"] = page
		}
	}
	if refused.Scope != "" {
		challenge += `, scope="` + refused.Scope + `"`
	}
	if refused.Status != http.StatusBadRequest {
		w.Header().Set("WWW-Authenticate", challenge)
	}
	writeJSON(w, refused.Status, body)
}

var bearerKinds = map[string]refusal.Kind{
	"invalid_request": refusal.TokenMissing, "invalid_token": refusal.TokenInvalid, "insufficient_scope": refusal.TokenScope,
}

var bearerDescriptions = map[string]string{
	"invalid_request":    "The request is malformed, or brings its token in more than one way.",
	"invalid_token":      "The access token is invalid, expired or revoked, or does not speak for a person.",
	"insufficient_scope": "The access token lacks the scope openid.",
}
