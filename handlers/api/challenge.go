package api

import (
	"errors"

	"gatehouse/internal/authz"
	"gatehouse/internal/signin"
)

// challenged is a refusal with the challenge that says which token the call needs
// (RFC 6750 §3, RFC 9728 §5.1).
type challenged struct {
	error
	challenge string
}

// Unwrap lets errors.As find the refusal.
func (e *challenged) Unwrap() error { return e.error }

// challenge adds the challenge to a refusal for want of a token, of a scope or of a sign-in. It names
// all scopes that the call needs, so that a client asks for them at once: those of the
// route, and one that only what the call asks for needs. A sign-in needs no token, and is
// how a person gets one for their own account.
func (g Guard) challenge(needs authz.Permission, err error) error {
	if needs.Open() {
		needs = authz.OwnAccount
	}
	scope := authz.Scope(needs.Scope())
	if lacking, ok := errors.AsType[*authz.ScopeError](err); ok {
		return &challenged{err, g.bearer("insufficient_scope", scope.With(authz.Scope(lacking.Needs)))}
	}
	if needs, ok := errors.AsType[*signin.StepUp](err); ok {
		return &challenged{stepUp(needs), g.bearer(insufficientAuthentication, scope) + parametersOf(needs)}
	}
	if refused, ok := errors.AsType[*Unauthorized](err); ok {
		return &challenged{err, g.bearer(refused.Code, scope)}
	}
	return err
}

// bearer returns the value of a WWW-Authenticate header.
func (g Guard) bearer(code string, scope authz.Scope) string {
	value := `Bearer realm="api"`
	if code != "" {
		value += `, error="` + code + `"`
	}
	if g.Metadata != "" {
		value += `, resource_metadata="` + g.Metadata + `"`
	}
	return value + `, scope="` + string(scope) + `"`
}
