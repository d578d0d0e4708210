package api

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"gatehouse/internal/authz"
	"gatehouse/internal/session"
	"gatehouse/store"
)

// door admits one token, of an administrator with the scope, and knows no other.
type door authz.Scope

func (d door) Authenticate(_ context.Context, raw string) (authz.Actor, store.User, error) {
	if raw != "good" {
		return authz.Actor{}, store.User{}, session.ErrEnded
	}
	return authz.Actor{UserID: 1, Role: store.RoleAdmin, Scope: authz.Scope(d)}, store.User{ID: 1}, nil
}

// Every refusal for want of a token or of a scope says where a client gets one that is
// admitted, and with which scopes (RFC 9728 §5.1, RFC 6750 §3).
func TestARefusalSaysWhichTokenIsNeeded(t *testing.T) {
	const metadata = "https://id.example/.well-known/oauth-protected-resource"
	const at = `, resource_metadata="` + metadata + `"`
	g := Guard{Sessions: door("account"), Metadata: metadata}
	needs := func(p authz.Permission, inside error) func(*http.Request) error {
		serve := g.Protect(p, func(http.ResponseWriter, *http.Request) error { return inside })
		return func(r *http.Request) error { return serve(httptest.NewRecorder(), r) }
	}
	notAllowed := func(r *http.Request) error {
		return g.notAllowed(r, g.Table("x", Resource{Path: "/x", Methods: []Method{{"GET", authz.ManageClients, nil}}}).Routes[0])
	}
	for _, c := range []struct {
		call          func(*http.Request) error
		authorization string
		status        int
		challenge     string
	}{
		{needs(authz.OwnAccount, nil), "", 401, `Bearer realm="api"` + at + `, scope="account"`},
		{needs(authz.ReadPeople, nil), "Bearer a b", 401, `Bearer realm="api"` + at + `, scope="users:read"`},
		{needs(authz.ChangePeople, nil), "Bearer bad", 401, `Bearer realm="api", error="invalid_token"` + at + `, scope="users:write"`},
		{needs(authz.ChangePeople, nil), "Bearer good", 403, `Bearer realm="api", error="insufficient_scope"` + at + `, scope="users:write"`},
		{needs(authz.OwnAccount, &authz.ScopeError{Needs: "users:write"}), "Bearer good", 403, `Bearer realm="api", error="insufficient_scope"` + at + `, scope="account users:write"`},
		{needs(authz.OwnAccount, authz.ErrDenied), "Bearer good", 403, ""},
		{needs(authz.Anyone, CredentialsRefused(nil)), "", 401, `Bearer realm="api"` + at + `, scope="account"`},
		{needs(authz.Anyone, RefreshRefused(nil)), "", 401, `Bearer realm="api", error="invalid_token"` + at + `, scope="account"`},
		{notAllowed, "", 401, `Bearer realm="api"` + at + `, scope="clients"`},
		{notAllowed, "Bearer good", 403, `Bearer realm="api", error="insufficient_scope"` + at + `, scope="clients"`},
	} {
		r := httptest.NewRequest("GET", "/x", nil)
		if c.authorization != "" {
			r.Header.Set("Authorization", c.authorization)
		}
		w := httptest.NewRecorder()
		Refuse(w, r, c.call(r))
		if got := w.Header().Get("WWW-Authenticate"); w.Code != c.status || got != c.challenge {
			t.Errorf("%q: %d with the challenge %s, want %d with %s", c.authorization, w.Code, got, c.status, c.challenge)
		}
	}
}

func TestAChallengeWithoutMetadata(t *testing.T) {
	r := httptest.NewRequest("GET", "/x", nil)
	w := httptest.NewRecorder()
	Refuse(w, r, Guard{}.Protect(authz.OwnAccount, nil)(w, r))
	if got, want := w.Header().Get("WWW-Authenticate"), `Bearer realm="api", scope="account"`; got != want {
		t.Errorf("the challenge is %s, want %s", got, want)
	}
}
