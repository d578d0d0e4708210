package protocol_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/apis"
	"gatehouse/internal/grant"
	"gatehouse/internal/password"
	"gatehouse/internal/session"
	"gatehouse/internal/signin"
	"gatehouse/internal/throttle"
	"gatehouse/store"
)

func TestIntrospectionIsForClientsWithASecret(t *testing.T) {
	s := open(t)
	set := granted(t, s.signIn(t, "shop"))
	for _, who := range []string{"page", session.AccountsID, "nobody", ""} {
		refused(t, s.post(t, "/oauth/introspect", as(who), "token", set.text("access_token")), 401, "invalid_client")
	}
	refused(t, s.post(t, "/oauth/introspect", as("shop")), 400, "invalid_request")

	// Any of them may be the resource server that received the access token.
	a := s.post(t, "/oauth/introspect", as("robot"), "token", set.text("access_token"))
	for member, want := range map[string]any{
		"active": true, "token_type": "Bearer", "client_id": "shop", "sub": annsSub, "username": "ann",
		"scope": "openid account users:read", "iss": issuer, "aud": issuer, "role": "user",
	} {
		if a.members[member] != want {
			t.Errorf("%s is %v, want %v", member, a.members[member], want)
		}
	}
	if a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("header %v, want no-store", a.header)
	}
}

func TestInactiveTokensRevealNothing(t *testing.T) {
	s := open(t)
	set := granted(t, s.signIn(t, "shop"))
	ended := granted(t, s.signIn(t, "shop"))
	s.post(t, "/oauth/revoke", as("shop"), "token", ended.text("refresh_token"))
	tests := map[string]struct{ who, token string }{
		"another's refresh token": {"mail", set.text("refresh_token")},
		"revoked access token":    {"shop", ended.text("access_token")},
		"revoked refresh token":   {"shop", ended.text("refresh_token")},
		"forged":                  {"shop", set.text("access_token")[:len(set.text("access_token"))-4] + "AAAA"},
		"unsigned":                {"shop", "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.e30."},
		"garbage":                 {"shop", "garbage"},
		"a million dots":          {"shop", strings.Repeat(".", 60_000)},
	}
	for name, tt := range tests {
		a := s.post(t, "/oauth/introspect", as(tt.who), "token", tt.token)
		if a.status != http.StatusOK || strings.TrimSpace(a.body) != `{"active":false}` {
			t.Errorf(`%s: status %d %s, want 200 and {"active":false}`, name, a.status, a.body)
		}
	}
	if !s.active(t, "shop", set.text("refresh_token")) {
		t.Error("the client's own refresh token is inactive, want it active")
	}
}

// A token of one kind is refused where the other is required.
func TestTokensOfTheWrongKind(t *testing.T) {
	s := open(t)
	set := granted(t, s.signIn(t, "shop"))
	own := granted(t, s.post(t, "/oauth/token", as("shop"), "grant_type", "client_credentials")).text("access_token")
	for _, raw := range []string{set.text("access_token"), own} {
		refused(t, s.refresh(t, "shop", raw), 400, "invalid_grant")
	}
	if _, _, err := s.sessions.Authenticate(t.Context(), set.text("refresh_token")); err == nil {
		t.Error("a refresh token was accepted as an access token, want an error")
	}
}

func TestTokensOfTheBuiltInClientAreRefusedHere(t *testing.T) {
	s := open(t)
	ann, err := s.db.UserByName(t.Context(), "ann")
	if err != nil {
		t.Fatalf("looking up the user by name: %v", err)
	}
	set, err := s.sessions.Begin(t.Context(), signin.Password(ann, signin.ByLogin, s.clock()), session.Accounts(store.RotationStrict), apis.Grant{Scope: "account"}, apis.Asked{})
	if err != nil {
		t.Fatalf("starting the session: %v", err)
	}
	refused(t, s.refresh(t, "shop", set.RefreshToken), 400, "invalid_grant")
	refused(t, s.refresh(t, "page", set.RefreshToken), 400, "invalid_grant")
	refused(t, s.refresh(t, session.AccountsID, set.RefreshToken), 400, "unauthorized_client")
	if _, err := s.sessions.Refresh(t.Context(), session.Accounts(store.RotationStrict), set.RefreshToken, apis.Asked{}); err != nil {
		t.Errorf("refreshing as the built-in client: %v", err)
	}
}

func TestAFaultOfOursIsNotARefusal(t *testing.T) {
	s := open(t)
	set := granted(t, s.signIn(t, "shop"))
	s.active(t, "shop", set.text("access_token")) // caches the client, so that the requests below fail later
	if err := s.db.Close(); err != nil {
		t.Fatalf("closing the store: %v", err)
	}
	answers := map[string]answer{
		"refresh":         s.refresh(t, "shop", set.text("refresh_token")),
		"password":        s.signIn(t, "shop"),
		"revoke":          s.post(t, "/oauth/revoke", as("shop"), "token", set.text("refresh_token")),
		"introspect":      s.post(t, "/oauth/introspect", as("shop"), "token", set.text("access_token")),
		"authenticate":    s.post(t, "/oauth/token", as("mail"), "grant_type", "client_credentials"),
		"unknown clients": s.post(t, "/oauth/token", as("nobody"), "grant_type", "client_credentials"),
	}
	for what, a := range answers {
		t.Run(what, func(t *testing.T) {
			refused(t, a, 503, "temporarily_unavailable")
			if a.header.Get("Retry-After") == "" {
				t.Error("the refusal has no Retry-After, want one")
			}
		})
	}
	// Endpoints that need no back end keep working.
	if a := s.do(t, httptest.NewRequest(http.MethodGet, "/.well-known/jwks.json", nil)); a.status != 200 {
		t.Errorf("JWKS: %d, want 200", a.status)
	}
	granted(t, s.post(t, "/oauth/token", as("shop"), "grant_type", "client_credentials"))
}

func TestThrottledAndBusy(t *testing.T) {
	s := open(t)
	s.people.fail = &throttle.Limited{RetryAfter: 90*time.Second + time.Millisecond}
	limited := s.signIn(t, "shop")
	refused(t, limited, 429, "temporarily_unavailable")
	if got := limited.header.Get("Retry-After"); got != "91" {
		t.Errorf(`Retry-After %q, want "91"`, got)
	}
	s.people.fail = &password.Busy{RetryAfter: 2 * time.Second}
	busy := s.signIn(t, "shop")
	refused(t, busy, 503, "temporarily_unavailable")
	if got := busy.header.Get("Retry-After"); got != "2" {
		t.Errorf(`Retry-After %q, want "2"`, got)
	}
	s.limits.refuse = &throttle.Limited{RetryAfter: time.Second}
	refused(t, s.refresh(t, "shop", "garbage"), 429, "temporarily_unavailable")
	refused(t, s.post(t, "/oauth/token", as("nobody"), "grant_type", "client_credentials"), 429, "temporarily_unavailable")
	granted(t, s.post(t, "/oauth/token", as("shop"), "grant_type", "client_credentials")) // a success is not throttled
}

func TestASignInThatWasOvertakenIsRefused(t *testing.T) {
	s := open(t)
	ann, err := s.db.UserByName(t.Context(), "ann")
	if err != nil {
		t.Fatalf("looking up the user by name: %v", err)
	}
	other := "$argon2id$other"
	s.wire(t, overtaken{s.people, func() error {
		return s.db.Write(t.Context(), func(tx store.Tx) error {
			return tx.UpdateUser(ann.ID, store.UserChange{PasswordHash: &other})
		})
	}})
	refused(t, s.signIn(t, "shop"), 400, "invalid_grant")
}

// overtaken checks a password, and then lets something else happen before the sign-in
// continues.
type overtaken struct {
	*people
	first func() error
}

func (o overtaken) CheckPassword(ctx context.Context, name, given string, method signin.Method) (signin.Proof, error) {
	proof, err := o.people.CheckPassword(ctx, name, given, method)
	return proof, errors.Join(err, o.first())
}

// resourcePath is where the metadata of our own API are.
const resourcePath = "/.well-known/oauth-protected-resource"

func TestDocuments(t *testing.T) {
	s := open(t)
	for _, path := range []string{"/.well-known/jwks.json", "/.well-known/oauth-authorization-server", resourcePath} {
		a := s.do(t, httptest.NewRequest(http.MethodGet, path, nil))
		if a.status != 200 || a.header.Get("Content-Type") != "application/json" ||
			!strings.HasPrefix(a.header.Get("Cache-Control"), "public, max-age=") {
			t.Errorf("%s: status %d, headers %v, want 200 and JSON that may be cached", path, a.status, a.header)
		}
		tag := a.header.Get("ETag")
		for _, header := range []string{tag, "W/" + tag, `"other", ` + tag, "*"} {
			r := httptest.NewRequest(http.MethodGet, path, nil)
			r.Header.Set("If-None-Match", header)
			if a := s.do(t, r); a.status != http.StatusNotModified || a.body != "" || a.header.Get("ETag") != tag {
				t.Errorf("%s: If-None-Match %s: status %d, want 304 with the same tag and no body", path, header, a.status)
			}
		}
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("If-None-Match", `"other"`)
		if a := s.do(t, r); a.status != 200 {
			t.Errorf("%s: another tag: %d, want 200", path, a.status)
		}
		if a := s.do(t, httptest.NewRequest(http.MethodHead, path, nil)); a.status != 200 || a.body != "" {
			t.Errorf("%s: HEAD: status %d, body %q, want 200 and an empty body", path, a.status, a.body)
		}
	}
	jwks := s.do(t, httptest.NewRequest(http.MethodGet, "/.well-known/jwks.json", nil))
	header, _ := decoded(t, granted(t, s.signIn(t, "shop")).text("access_token"))
	if kid, _ := header["kid"].(string); !strings.Contains(jwks.body, kid) {
		t.Errorf("the JWKS is %s, want it to contain the kid %q", jwks.body, kid)
	}
	for _, private := range []string{`"d"`, `"p"`, `"q"`, `"dp"`, `"k"`} {
		if strings.Contains(jwks.body, private) {
			t.Errorf("%s is in the JWKS, want public members alone", private)
		}
	}
}

func TestGrantsInTheMetadataAreSupported(t *testing.T) {
	s := open(t)
	for _, name := range grant.Types().AnsweredAt(grant.TokenEndpoint).Names() {
		if a := s.post(t, "/oauth/token", as("shop"), "grant_type", name); a.text("error") == "unsupported_grant_type" {
			t.Errorf("answer to grant_type %s = %s, want any error other than unsupported_grant_type", name, a.body)
		}
	}
}
