package api

import (
	"context"
	"errors"
	"net/http"

	"gatehouse/handlers"
	"gatehouse/internal/authz"
	"gatehouse/internal/reqctx"
	"gatehouse/internal/session"
	"gatehouse/store"
)

// A Guard authenticates callers and checks their permissions before an endpoint runs.
type Guard struct {
	Sessions interface {
		Authenticate(ctx context.Context, rawAccess string) (authz.Actor, store.User, error)
	}
	// Metadata is the address of the metadata of our API (RFC 9728 §3); empty: it has none.
	Metadata string
}

// A Caller is who acts, and the record of that person as of this request.
type Caller struct {
	authz.Actor
	Person store.User
}

type callerKey struct{}

// CallerOf returns the caller that the guard admitted; the zero Caller on an open route.
func CallerOf(r *http.Request) Caller {
	c, _ := r.Context().Value(callerKey{}).(Caller)
	return c
}

// Protect runs next only for callers who have the permission.
func (g Guard) Protect(needs authz.Permission, next handlers.Endpoint) handlers.Endpoint {
	return func(w http.ResponseWriter, r *http.Request) error {
		r, err := g.admit(r, needs)
		if err == nil {
			err = next(w, r)
		}
		return g.challenge(needs, err)
	}
}

// admit returns the request with its Caller. On an open route it ignores the token: a
// stale one must not keep anybody from signing in.
func (g Guard) admit(r *http.Request, needs authz.Permission) (*http.Request, error) {
	if needs.Open() {
		return r, nil
	}
	raw, err := bearer(r.Header)
	if err != nil {
		return nil, err
	}
	actor, person, err := g.Sessions.Authenticate(r.Context(), raw)
	if errors.Is(err, session.ErrInvalid) {
		return nil, badAccessToken(err)
	}
	if err != nil {
		return nil, err
	}
	if actor.ClientID == session.AccountsID {
		// The built-in app may do whatever the person's current role allows, so that a
		// promotion takes effect at once, as a demotion does.
		actor.Scope = authz.ForRole(actor.Role)
	}
	reqctx.From(r.Context()).Actor = actor.String()
	if err := needs.Allow(actor); err != nil {
		return nil, err
	}
	return r.WithContext(context.WithValue(r.Context(), callerKey{}, Caller{actor, person})), nil
}

// bearer returns the token of the Authorization header, the only place where a token is
// accepted.
func bearer(h http.Header) (string, error) {
	raw, err := handlers.Bearer(h)
	switch {
	case errors.Is(err, handlers.ErrNoBearer):
		return "", noCredentials()
	case err != nil:
		return "", malformedHeader()
	}
	return raw, nil
}
