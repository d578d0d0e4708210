package protocol_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/oauth/authorize"
	"gatehouse/store"
)

func (s *site) push(t testing.TB, client string, values url.Values) answer {
	t.Helper()
	var pairs []string
	for name, v := range values {
		if name != "client_id" {
			pairs = append(pairs, name, v[0])
		}
	}
	return s.post(t, "/oauth/par", asWeb(client), pairs...)
}

func pushed(t testing.TB, a answer, client string) url.Values {
	t.Helper()
	if a.status != http.StatusCreated || !strings.HasPrefix(a.text("request_uri"), "urn:ietf:params:oauth:request_uri:") || a.members["expires_in"] != 90.0 {
		t.Fatalf("push: status %d %s, want 201 and a request_uri for 90 seconds", a.status, a.body)
	}
	return url.Values{"client_id": {client}, "request_uri": {a.text("request_uri")}}
}

func TestPushedRequest(t *testing.T) {
	s := openWeb(t)
	for _, client := range []string{"own", "spa"} {
		reference := pushed(t, s.push(t, client, asking(client)), client)
		// Other parameters next to the reference are ignored (RFC 9126 §4).
		reference.Set("state", "forged")
		reference.Set("redirect_uri", "https://evil.test/")
		reference.Set("scope", "openid email")
		code := s.code(t, reference)
		if tokens := granted(t, s.exchange(t, client, code)); tokens.text("scope") != "openid" {
			t.Errorf(`scope %q, want "openid"`, tokens.text("scope"))
		}
		// The reference is used up.
		if a := s.authorize(t, reference); a.status != http.StatusBadRequest || a.header.Get("Location") != "" {
			t.Errorf("status %d, sent to %q, want 400 and no redirect", a.status, a.header.Get("Location"))
		}
	}
}

// Nothing that was pushed gets into a URL. A user who begins before the reference
// expires may take longer than that, and come back.
func TestPushedParametersStayOutOfURLs(t *testing.T) {
	s := openWeb(t)
	reference := pushed(t, s.push(t, "web", asking("web", "state", "canary", "nonce", "canary", "login_hint", "canary")), "web")
	s.signedOut()
	a := s.authorize(t, reference)
	login := sentTo(t, a, "/login")
	c, err := s.requests.Continuations.Open(login)
	if err != nil || strings.Contains(c.Query, "canary") || strings.Contains(a.header.Get("Location")+a.body, "canary") {
		t.Errorf("the query kept is %q, %v; want nothing of the pushed request in it", c.Query, err)
	}
	sentTo(t, s.authorize(t, reference), "/login") // a reload before signing in
	s.advance(5 * time.Minute)
	s.signedIn(t)
	q := returned(t, s.allow(t, sentTo(t, s.get(t, authorize.ResumePath(login)), "/consent")))
	if q.Get("code") == "" || q.Get("state") != "canary" {
		t.Errorf(`answer %v, want a code and the state "canary"`, q)
	}
}

func TestInvalidReferences(t *testing.T) {
	s := openWeb(t)
	good := pushed(t, s.push(t, "own", asking("own")), "own")
	for name, reference := range map[string]url.Values{
		"of another client": {"client_id": {"web"}, "request_uri": good["request_uri"]},
		"without client":    {"request_uri": good["request_uri"]},
		"unknown":           {"client_id": {"own"}, "request_uri": {good.Get("request_uri") + "x"}},
	} {
		if a := s.authorize(t, reference); a.status != http.StatusBadRequest || a.header.Get("Location") != "" {
			t.Errorf("%s: status %d, sent to %q, want 400 and no redirect", name, a.status, a.header.Get("Location"))
		}
	}
	s.advance(90 * time.Second)
	if a := s.authorize(t, good); a.status != http.StatusBadRequest {
		t.Errorf("expired: %d, want 400", a.status)
	}
	refused(t, s.push(t, "own", asking("own", "request_uri", good.Get("request_uri"))), 400, "invalid_request")
	refused(t, s.push(t, "own", asking("own", "redirect_uri", "https://evil.test/")), 400, "invalid_request")
	refused(t, s.push(t, "own", asking("own", "redirect_uri", "")), 400, "invalid_request")
	refused(t, s.push(t, "own", asking("own", "scope", "openid account")), 400, "invalid_scope")
	refused(t, s.push(t, "own", asking("own", "response_type", "code id_token")), 400, "unsupported_response_type")
	refused(t, s.push(t, "own", asking("own", "code_challenge_method", "plain")), 400, "invalid_request")
	refused(t, s.push(t, "own", asking("own", "request", "x")), 400, "invalid_request_object")
	refused(t, s.push(t, "", asking("own")), 401, "invalid_client")
	refused(t, s.post(t, "/oauth/par", as("own"), "client_id", "web", "response_type", "code"), 400, "invalid_request")
}

// A client may be held to pushing its requests (RFC 9126 §6) and, although it has
// credentials, to PKCE.
func TestWhatARegistrationRequires(t *testing.T) {
	s := openWeb(t)
	bare := []string{"code_challenge", "", "code_challenge_method", ""}
	s.reregister(t, "own", func(c *store.Client) { c.RequirePAR = true })
	toldNo(t, s.authorize(t, asking("own")), "invalid_request")
	s.code(t, pushed(t, s.push(t, "own", asking("own", bare...)), "own"))

	s.reregister(t, "own", func(c *store.Client) { c.RequirePAR, c.RequirePKCE = false, true })
	toldNo(t, s.authorize(t, asking("own", bare...)), "invalid_request")
	refused(t, s.push(t, "own", asking("own", bare...)), 400, "invalid_request")
	s.code(t, asking("own"))
}
