package protocol_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"gatehouse/store"
)

// Scopes that are not known here are ignored at every endpoint, and the answer says what
// was granted (RFC 6749 §3.3, OIDC Core 1.0 §3.1.2.1). A known scope that the client may
// not have is refused, and so is a request of which nothing is left.
func TestUnknownScopesAreIgnored(t *testing.T) {
	s := openWeb(t)
	saying := func(what string, a answer, want string) answer {
		t.Helper()
		if got := granted(t, a).text("scope"); got != want {
			t.Errorf("%s: scope = %q, want %q", what, got, want)
		}
		return a
	}
	saying("authorize", s.exchange(t, "web", s.code(t, asking("web", "scope", "openid email calendar"))), "openid email")
	reference := pushed(t, s.push(t, "own", asking("own", "scope", "openid calendar email")), "own")
	saying("pushed", s.exchange(t, "own", s.code(t, reference)), "openid email")

	a := s.device(t, "cli", "scope", "calendar openid")
	if err := s.devices.Decide(t.Context(), a.text("user_code"), s.browser, true); err != nil {
		t.Fatalf("deciding on the device: %v", err)
	}
	saying("device", s.poll(t, "cli", a), "openid")

	saying("client credentials", s.post(t, "/oauth/token", as("robot"), "grant_type", "client_credentials", "scope", "openid api.read"), "openid")
	saying("a code, which has a scope already", s.exchange(t, "web", s.code(t, asking("web", "scope", "openid email")), "scope", "calendar"), "openid email")
	first := saying("password", s.signIn(t, "shop", "scope", "openid account calendar"), "openid account")
	saying("refresh", s.refresh(t, "shop", first.text("refresh_token"), "scope", "openid calendar"), "openid")

	for _, scope := range []string{"calendar", "openid calendar phone_number account"} {
		toldNo(t, s.authorize(t, asking("web", "scope", scope)), "invalid_scope")
		refused(t, s.push(t, "own", asking("own", "scope", scope)), 400, "invalid_scope")
		refused(t, s.post(t, "/oauth/device_authorization", asWeb("cli"), "scope", scope), 400, "invalid_scope")
	}
	for _, scope := range []string{"calendar", "openid users:read calendar"} {
		refused(t, s.refresh(t, "shop", first.text("refresh_token"), "scope", scope), 400, "invalid_scope")
	}
}

// A parameter that no endpoint knows is ignored, even twice (RFC 6749 §3.1, §3.2). A known
// one twice is refused.
func TestUnknownParametersAreIgnored(t *testing.T) {
	s := openWeb(t)
	extra := []string{"foo", "1", "foo", "2", "empty", "", "empty", ""}
	values := asking("own")
	add := func(to url.Values) url.Values {
		for i := 0; i < len(extra); i += 2 {
			to.Add(extra[i], extra[i+1])
		}
		return to
	}
	code := s.code(t, add(values))
	granted(t, s.post(t, "/oauth/token", asWeb("own"), append(extra, "grant_type", "authorization_code", "code", code, "redirect_uri", callback, "code_verifier", verifier)...))

	tokens := granted(t, s.signIn(t, "shop", extra...))
	raw := tokens.text("refresh_token")
	if a := s.post(t, "/oauth/introspect", as("shop"), append(extra, "token", raw)...); a.members["active"] != true {
		t.Errorf("introspection: %d %s, want an active token", a.status, a.body)
	}
	if a := s.post(t, "/oauth/device_authorization", asWeb("cli"), extra...); a.status != http.StatusOK {
		t.Errorf("device: status = %d %s, want 200", a.status, a.body)
	}
	push := append(extra, "client_id", "spa")
	for name, v := range asking("spa") {
		if name != "client_id" {
			push = append(push, name, v[0])
		}
	}
	pushed(t, s.post(t, "/oauth/par", asWeb(""), push...), "spa")
	if a := s.post(t, "/oauth/revoke", as("shop"), append(extra, "token", raw)...); a.status != http.StatusOK {
		t.Errorf("revocation: status = %d %s, want 200", a.status, a.body)
	}

	for path, name := range map[string]string{
		"/oauth/token": "grant_type", "/oauth/introspect": "token", "/oauth/revoke": "token_type_hint", "/oauth/device_authorization": "scope", "/oauth/par": "state",
	} {
		refused(t, s.post(t, path, as("shop"), name, "x", name, "x"), 400, "invalid_request")
	}
	twice := asking("own")
	twice.Add("nonce", "n-1")
	toldNo(t, s.authorize(t, twice), "invalid_request")
}

// response_mode=fragment answers behind a "#", as keycloak-js and MSAL ask for, refusals
// included.
func TestTheAnswerInTheFragment(t *testing.T) {
	s := openWeb(t)
	for name, values := range map[string]url.Values{
		"a code":    asking("own", "response_mode", "fragment"),
		"a refusal": asking("own", "response_mode", "fragment", "scope", "account"),
		"pushed":    pushed(t, s.push(t, "own", asking("own", "response_mode", "fragment")), "own"),
	} {
		location := s.authorize(t, values).header.Get("Location")
		before, fragment, _ := strings.Cut(location, "#")
		q, err := url.ParseQuery(fragment)
		if err != nil || before != callback || q.Get("state") != "st/ate +&=" || q.Get("iss") != issuer || (q.Get("code") == "") != (name == "a refusal") {
			t.Errorf("%s: sent to %q, %v; want %s with the answer in its fragment", name, location, err, callback)
		}
	}
}

// A native app gets its port from the operating system, also under the name localhost.
func TestThePortOfLocalhost(t *testing.T) {
	s := openWeb(t)
	s.reregister(t, "cli", func(c *store.Client) { c.RedirectURIs = []string{"http://localhost:3000/cb", "com.example.app:/cb"} })
	sentTo(t, s.authorize(t, asking("cli", "redirect_uri", "http://localhost:5173/cb")), "/consent")
	for _, other := range []string{"http://127.0.0.1:3000/cb", "http://[::1]:3000/cb", "http://localhost:5173/cb/", "http://localhost.evil.test:3000/cb", "https://localhost:3000/cb"} {
		if a := s.authorize(t, asking("cli", "redirect_uri", other)); a.status != http.StatusBadRequest || a.header.Get("Location") != "" {
			t.Errorf("%s: status = %d, sent to %q, want 400 and no redirect", other, a.status, a.header.Get("Location"))
		}
	}
	s.reregister(t, "cli", func(c *store.Client) { c.RedirectURIs = []string{"http://localhost:3000/cb", callback} })
	if a := s.authorize(t, asking("cli", "redirect_uri", "http://localhost:5173/cb")); a.status != http.StatusBadRequest {
		t.Errorf("a client with an address elsewhere: status = %d, want 400", a.status)
	}
}
