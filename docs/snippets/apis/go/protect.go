package main

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/lestrrat-go/jwx/v2/jws"
	"github.com/lestrrat-go/jwx/v2/jwt"
)

// protect lets requests pass whose token has the scope and, if any are named, one of the
// roles.
func protect(next http.HandlerFunc, scope string, roles ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		scheme, raw, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if !strings.EqualFold(scheme, "Bearer") {
			refuse(w, http.StatusUnauthorized, `scope="`+scope+`"`) // no error: nothing was sent (RFC 6750 §3.1)
			return
		}
		token, err := verify(r.Context(), raw)
		switch {
		case errors.Is(err, errNoKeys):
			http.Error(w, "the keys of the issuer cannot be had", http.StatusServiceUnavailable)
		case err != nil:
			refuse(w, http.StatusUnauthorized, `error="invalid_token"`)
		case !slices.Contains(strings.Fields(claim(token, "scope")), scope):
			refuse(w, http.StatusForbidden, `error="insufficient_scope", scope="`+scope+`"`)
		case len(roles) > 0 && !slices.Contains(roles, claim(token, "role")):
			http.Error(w, "your role does not allow this", http.StatusForbidden) // more scope would not help
		default:
			next(w, r.WithContext(context.WithValue(r.Context(), caller{}, token)))
		}
	}
}

// verify checks the signature, typ and alg (see issuerKeys), iss, aud, exp and nbf.
func verify(ctx context.Context, raw string) (jwt.Token, error) {
	return jwt.ParseString(raw, jwt.WithContext(ctx), jwt.WithKeyProvider(jws.KeyProviderFunc(keys.fetch)),
		jwt.WithIssuer(issuer), jwt.WithAudience(audience), jwt.WithRequiredClaim(jwt.ExpirationKey),
		jwt.WithAcceptableSkew(10*time.Second))
}

// refuse answers by RFC 6750 §3, and says where the API is described (RFC 9728 §5.1).
func refuse(w http.ResponseWriter, status int, challenge string) {
	w.Header().Set("WWW-Authenticate", `Bearer `+challenge+`, resource_metadata="`+metadata+`"`)
	http.Error(w, http.StatusText(status), status)
}

// caller is the key under which protect leaves the token in the request's context.
type caller struct{}

func claim(token jwt.Token, name string) string {
	value, _ := token.Get(name)
	text, _ := value.(string)
	return text
}
