package protocol_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/grant"
	"gatehouse/internal/oauth"
	"gatehouse/internal/oauth/authorize"
	"gatehouse/internal/test/testkit"
	"gatehouse/store"
)

// mutations are addresses that some parser may take for https://web.example/cb.
var mutations = []string{
	"https://web.example.evil.test/cb", "https://evilweb.example/cb", "https://evil-web.example/cb", "https://sub.web.example/cb",
	"https://web.example:443/cb", "https://web.example:8443/cb", "http://web.example/cb", "HTTPS://web.example/cb", "https://WEB.example/cb",
	"https://web.example/CB", "https://web.example/cb/", "https://web.example/cb/x", "https://web.example/cbx", "https://web.example/", "https://web.example",
	"https://web.example./cb", "https://web.example/cb?x=1", "https://web.example/cb?", "https://web.example/cb?fixed=2", "https://web.example/cb?fixed=1&x=1",
	"https://web.example/cb#", "https://web.example/cb#x", "https://web.example/%63b", "https://web.example/cb%00", "https://web.example/cb%0a", "https://web.example/cb%20",
	"https://web.example/x/../cb", "https://web.example/./cb", "https://web.example//cb", "https://web.example/%2e/cb", "https://web.example/x/%2e%2e/cb",
	"https://web.example/x/%252e%252e/cb", "https://web.example/x/..;/cb", "https://web.example/..%2fcb", "https://web.example\\@evil.test/cb", "https://web.example\\cb",
	"https://web.example@evil.test/cb", "https://web.example:443@evil.test/cb", "https://a@web.example@evil.test/cb", "https://evil.test\\@web.example/cb", "https://user:pass@web.example/cb",
	"https://evil.test/https://web.example/cb", "https://evil.test#https://web.example/cb", "https://evil.test?https://web.example/cb",
	"//web.example/cb", "/cb", "cb", "https:web.example/cb", "https:/web.example/cb", "https:///web.example/cb", "https://web%2eexample/cb",
	"https://wеb.example/cb", "https://xn--wb-qla.example/cb", "https://web。example/cb", " https://web.example/cb", "https://web.example/cb ", "https://web.example/cb\t",
	"https://webxexample/cb", "https://*/cb", "javascript:alert(1)//https://web.example/cb", "JaVaScRiPt:alert(1)", "data:text/html,x", "vbscript:x", "file:///cb", "about:blank", "*",
	"https://web.example/cb\r\nLocation: https://evil.test", "https://evil.test", "https://localhost.evil.test/cb",
}

// loopbacks are addresses that some parser may take for http://127.0.0.1/cb.
var loopbacks = []string{
	"http://127.0.0.1.nip.io/cb", "http://127.0.0.1.evil.test:80/cb", "http://localhost/cb", "http://localhost.evil.test/cb", "http://127.0.0.1:80@evil.test/cb",
	"http://127.0.0.1@evil.test/cb", "http://127.0.0.2/cb", "http://127.1/cb", "http://0x7f.1/cb", "http://2130706433/cb", "https://127.0.0.1/cb", "http://127.0.0.1:51004/CB",
	"http://127.0.0.1:51004/cb?x=1", "http://127.0.0.1:51004/cb/", "http://127.0.0.1:51004", "http://127.0.0.1:0/cb", "http://127.0.0.1:65536/cb", "http://127.0.0.1:99999999999999999999/cb",
	"http://127.0.0.1:/cb", "http://127.0.0.1:+80/cb", "http://127.0.0.1:080/cb", "http://127.0.0.1:8x/cb", "http://127.0.0.1:51004\\@evil.test/cb", "http://127.0.0.1:51004#/cb",
	"HTTP://127.0.0.1:51004/cb", "http://[::1]:51004/cb", "http://[::1]:51004/cb?x=2", "http://[::2]:8080/cb?x=1", "http://[0:0:0:0:0:0:0:1]:8080/cb?x=1", "http://[::1%25lo]:8080/cb?x=1",
	"com.example.app:/CB", "com.example.app://cb", "com.example.app.evil:/cb", "com.example.app:/cb?x",
}

func TestMutatedRedirectURIsAreRefused(t *testing.T) {
	s := openWeb(t)
	for client, uris := range map[string][]string{"own": mutations, "spa": mutations, "cli": loopbacks, "web": {"http://127.0.0.1:51004/cb"}, "bare": {callback, "https://evil.test/"}} {
		for _, uri := range uris {
			for _, more := range [][]string{nil, {"prompt", "none"}, {"response_mode", "form_post"}, {"scope", "bad\"scope"}, {"response_type", ""}} {
				a := s.authorize(t, asking(client, append(more, "redirect_uri", uri)...))
				if a.status != http.StatusBadRequest || a.header.Get("Location") != "" || !strings.Contains(a.body, "Authorization error") {
					t.Errorf("%s, %q, %v: status %d, sent to %q, want 400 and a page of ours", client, uri, more, a.status, a.header.Get("Location"))
				}
				if strings.Contains(a.body, "evil") || s.info.Err == nil {
					t.Errorf("%s, %q: page %q, log %v, want nothing of the address on the page and a reason in the log", client, uri, a.body, s.info.Err)
				}
			}
		}
	}
	for _, good := range []string{"http://127.0.0.1/cb", "http://127.0.0.1:1/cb", "http://127.0.0.1:65535/cb", "http://[::1]:9/cb?x=1", "http://[::1]/cb?x=1", "com.example.app:/cb"} {
		sentTo(t, s.authorize(t, asking("cli", "redirect_uri", good)), "/consent")
	}
}

// Nothing that a client or a stranger sends makes the server redirect a browser to
// another site before the address is known to be the client's.
func TestNoOpenRedirector(t *testing.T) {
	s := openWeb(t)
	off := store.Client{ID: "off", Name: "off", AuthMethod: store.NoSecret, Disabled: true, RedirectURIs: []string{callback}, GrantTypes: []string{grant.AuthorizationCode}, CreatedAt: s.clock(), UpdatedAt: s.clock()}
	s.write(t, func(tx store.Tx) error { return tx.CreateClient(off) })
	twice := asking("own")
	twice.Add("client_id", "own")
	twoAddresses := asking("own")
	twoAddresses.Add("redirect_uri", callback)
	for name, values := range map[string]url.Values{
		"unknown client": asking("nobody"), "disabled client": asking("off"), "no client": asking("own", "client_id", ""), "two clients": twice,
		"no redirect URI": asking("own", "redirect_uri", ""), "two redirect URIs": twoAddresses, "long client": asking(strings.Repeat("x", 300)),
		"foreign request_uri": asking("own", "redirect_uri", "", "request_uri", "https://evil.test/"), "pushed by nobody": asking("own", "request_uri", "urn:ietf:params:oauth:request_uri:x"),
		"forged resume": {"request": {"AAAA"}}, "resume elsewhere": {"request": {"https://evil.test/"}}, "garbled client": asking("\xff"), "built-in app": asking("accounts"),
	} {
		a := s.authorize(t, values)
		if a.status != http.StatusBadRequest || a.header.Get("Location") != "" {
			t.Errorf("%s: status %d, sent to %q, want 400 and no redirect", name, a.status, a.header.Get("Location"))
		}
	}
}

// Refusals for the client use registered error codes, and return in the response mode
// that the request asked for.
func TestRefusalsForTheClient(t *testing.T) {
	s := openWeb(t)
	for _, tt := range []struct {
		name  string
		pairs []string
		code  string
	}{
		{"no response_type", []string{"response_type", ""}, "invalid_request"},
		{"implicit", []string{"response_type", "token"}, "unsupported_response_type"},
		{"hybrid", []string{"response_type", "code id_token"}, "unsupported_response_type"},
		{"response_mode unknown", []string{"response_mode", "web_message"}, "invalid_request"},
		{"scope beyond registration", []string{"scope", "openid account"}, "invalid_scope"},
		{"no scope that is known", []string{"scope", "calendar"}, "invalid_scope"},
		{"scope with quotation marks", []string{"scope", `open"id`}, "invalid_scope"},
		{"request object", []string{"request", "eyJhbGciOiJub25lIn0.e30."}, "invalid_request_object"},
		{"request_uri", []string{"request_uri", "https://web.example/r"}, "request_uri_not_supported"},
		{"registration", []string{"registration", "{}"}, "registration_not_supported"},
		{"prompt unknown", []string{"prompt", "dance"}, "invalid_request"},
		{"prompt none login", []string{"prompt", "none login"}, "invalid_request"},
		{"max_age word", []string{"max_age", "soon"}, "invalid_request"},
		{"max_age negative", []string{"max_age", "-1"}, "invalid_request"},
		{"claims not JSON", []string{"claims", "{"}, "invalid_request"},
		{"claims two values", []string{"claims", "{}{}"}, "invalid_request"},
		{"nonce endless", []string{"nonce", strings.Repeat("n", 1025)}, "invalid_request"},
		{"not UTF-8", []string{"nonce", "\xff"}, "invalid_request"},
		{"hint garbage", []string{"id_token_hint", "x"}, "invalid_request"},
		{"acr essential", []string{"claims", `{"id_token":{"acr":{"essential":true,"values":["urn:other"]}}}`}, "unmet_authentication_requirements"},
		{"challenge lost", []string{"code_challenge", ""}, "invalid_request"},
		{"challenge plain", []string{"code_challenge_method", "plain"}, "invalid_request"},
		{"challenge without method", []string{"code_challenge_method", ""}, "invalid_request"},
		{"challenge lower case", []string{"code_challenge_method", "s256"}, "invalid_request"},
		{"challenge short", []string{"code_challenge", s256Of[:42]}, "invalid_request"},
		{"challenge padded", []string{"code_challenge", s256Of[:42] + "="}, "invalid_request"},
		{"challenge long", []string{"code_challenge", strings.Repeat("a", 129)}, "invalid_request"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, client := range []string{"own", "spa"} {
				toldNo(t, s.authorize(t, asking(client, tt.pairs...)), tt.code)
			}
		})
	}
	toldNo(t, s.authorize(t, asking("spa", "code_challenge", "", "code_challenge_method", "")), "invalid_request")
	s.reregister(t, "web2", func(c *store.Client) { c.GrantTypes = []string{grant.RefreshToken} })
	toldNo(t, s.authorize(t, asking("web2")), "unauthorized_client")

	repeated := asking("own")
	repeated.Add("scope", "openid")
	toldNo(t, s.authorize(t, repeated), "invalid_request")
	repeated = asking("own")
	repeated.Add("state", "other")
	if q := returned(t, s.authorize(t, repeated)); q.Get("error") != "invalid_request" || q.Has("state") {
		t.Errorf("told %v, want invalid_request and no state", q)
	}
}

// A request that begins in one browser cannot be finished for it in another.
func TestAnAuthorizationStaysInItsBrowser(t *testing.T) {
	s := openWeb(t)
	s.signedOut()
	first := s.browser
	login := sentTo(t, s.authorize(t, asking("web")), "/login")
	s.signedOut()
	s.signedIn(t)
	if _, err := s.requests.Pending(t.Context(), login, s.browser); err == nil {
		t.Error("the page shows a request of another browser, want an error")
	}
	consent := sentTo(t, s.get(t, authorize.ResumePath(login)), "/consent") // it starts again here
	if _, err := s.requests.Allow(t.Context(), login, s.browser); err == nil {
		t.Error("a request that had not reached the consent page was allowed, want an error")
	}
	second := s.browser
	returned(t, s.allow(t, consent))
	s.browser = first
	sentTo(t, s.get(t, authorize.ResumePath(login)), "/login")
	sentTo(t, s.get(t, authorize.ResumePath(consent)), "/login")
	if _, err := s.requests.Allow(t.Context(), consent, s.browser); err == nil {
		t.Error("consent was accepted from another browser, want an error")
	}
	// A user who has signed in meanwhile may not answer the question of another either.
	s.browser = second
	consent = sentTo(t, s.authorize(t, asking("web2")), "/consent")
	s.signedIn(t)
	if _, err := s.requests.Allow(t.Context(), consent, s.browser); err == nil {
		t.Error("consent was accepted from another session, want an error")
	}
	// A question that was left open begins anew.
	s.advance(16 * time.Minute)
	sentTo(t, s.get(t, authorize.ResumePath(consent)), "/consent")
}

// A code works only with its client, its address and its verifier, and a failed attempt
// does not use it up.
func TestACodeIsItsClients(t *testing.T) {
	s := openWeb(t)
	code := s.code(t, asking("own"))
	refused(t, s.exchange(t, "web", code), 400, "invalid_grant")
	refused(t, s.exchange(t, "spa", code), 400, "invalid_grant")
	refused(t, s.do(t, form("/oauth/token", as(""), "grant_type", "authorization_code", "code", code, "redirect_uri", callback, "client_id", "own")), 401, "invalid_client")
	refused(t, s.exchange(t, "", code), 401, "invalid_client")
	refused(t, s.exchange(t, "own", code, "client_id", "web"), 400, "invalid_request")
	for _, uri := range mutations[:20] {
		refused(t, s.exchange(t, "own", code, "redirect_uri", uri), 400, "invalid_grant")
	}
	refused(t, s.exchange(t, "own", code, "redirect_uri", ""), 400, "invalid_request")
	refused(t, s.exchange(t, "own", code, "code", ""), 400, "invalid_request")
	refused(t, s.exchange(t, "own", code[:42]), 400, "invalid_grant")
	granted(t, s.exchange(t, "own", code))
}

func TestVerifiers(t *testing.T) {
	s := openWeb(t)
	for name, bad := range map[string]string{
		"missing": "", "wrong": strings.Repeat("v", 43), "short": verifier[:42], "long": strings.Repeat("v", 129), "padded": verifier + "=", "the challenge itself": s256Of,
	} {
		code := s.code(t, asking("own"))
		refused(t, s.exchange(t, "own", code, "code_verifier", bad), 400, "invalid_grant")
		granted(t, s.exchange(t, "own", code))
		_ = name
	}
	// The challenge was removed in transit (RFC 9700 §4.8.2).
	code := s.code(t, asking("own", "code_challenge", "", "code_challenge_method", ""))
	refused(t, s.exchange(t, "own", code), 400, "invalid_grant")
	// Three wrong verifiers use up the code.
	code = s.code(t, asking("own"))
	for range 3 {
		refused(t, s.exchange(t, "own", code, "code_verifier", strings.Repeat("v", 43)), 400, "invalid_grant")
	}
	refused(t, s.exchange(t, "own", code), 400, "invalid_grant")
}

func TestACodeLivesAMinute(t *testing.T) {
	s := openWeb(t)
	code := s.code(t, asking("own"))
	s.advance(59 * time.Second)
	granted(t, s.exchange(t, "own", code))
	code = s.code(t, asking("own"))
	s.advance(time.Minute)
	refused(t, s.exchange(t, "own", code), 400, "invalid_grant")
}

// A second use ends the session of the first (RFC 6749 §4.1.2).
func TestReplayEndsTheSession(t *testing.T) {
	for _, late := range []time.Duration{0, 45 * time.Second, 90 * time.Second} {
		s := openWeb(t)
		code := s.code(t, asking("own"))
		tokens := granted(t, s.exchange(t, "own", code))
		// An attempt by another client, or with another address, ends nothing.
		refused(t, s.exchange(t, "web", code), 400, "invalid_grant")
		refused(t, s.exchange(t, "own", code, "redirect_uri", callback+"?fixed=1"), 400, "invalid_grant")
		if a := s.userinfo(t, tokens.text("access_token")); a.status != http.StatusOK {
			t.Fatalf("userinfo %d %s, want 200", a.status, a.body)
		}
		s.advance(late)
		refused(t, s.exchange(t, "own", code), 400, "invalid_grant")
		if a := s.userinfo(t, tokens.text("access_token")); a.status != http.StatusUnauthorized {
			t.Errorf("userinfo %d after a replay %s later, want 401", a.status, late)
		}
		refused(t, s.refresh(t, "own", tokens.text("refresh_token")), 400, "invalid_grant")
		events, err := s.db.ListAudit(t.Context(), store.AuditQuery{Kind: "session.ended", Limit: 10})
		if err != nil || len(events) != 1 || !strings.Contains(string(events[0].Detail), "code replayed") {
			t.Errorf(`audit events %+v, %v; want one with the reason "code replayed"`, events, err)
		}
	}
}

// Changes after the consent take effect.
func TestACodeIsCheckedAgainstTheCurrentState(t *testing.T) {
	testkit.Long(t)
	active := false
	for name, change := range map[string]func(*testing.T, *site){
		"deactivated": func(t *testing.T, s *site) {
			s.write(t, func(tx store.Tx) error {
				return tx.UpdateUser(s.browser.User.ID, store.UserChange{Active: &active})
			})
		},
		"deleted": func(t *testing.T, s *site) {
			s.write(t, func(tx store.Tx) error { return tx.DeleteUser(s.browser.User.ID) })
		},
		"signed out": func(t *testing.T, s *site) {
			s.write(t, func(tx store.Tx) error {
				_, err := tx.EndAll(store.End{BrowserID: s.browser.Session.ID, Reason: store.EndedLogout, At: s.clock()})
				return err
			})
		},
		"scope taken": func(t *testing.T, s *site) {
			s.reregister(t, "own", func(c *store.Client) { c.Scope = "email" })
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := openWeb(t)
			code := s.code(t, asking("own"))
			change(t, s)
			refused(t, s.exchange(t, "own", code), 400, "invalid_grant")
		})
	}
	for change, want := range map[string]struct {
		status int
		code   string
	}{"grant taken": {400, "unauthorized_client"}, "disabled": {401, "invalid_client"}} {
		s := openWeb(t)
		code := s.code(t, asking("own"))
		s.reregister(t, "own", func(c *store.Client) {
			if c.Disabled = change == "disabled"; !c.Disabled {
				c.GrantTypes = []string{grant.RefreshToken}
			}
		})
		refused(t, s.exchange(t, "own", code), want.status, want.code)
	}
}

// A POST carries no cookie of ours, so it is redirected to a GET.
func TestAuthorizeByPost(t *testing.T) {
	s := openWeb(t)
	post := func(values url.Values) answer {
		r := httptest.NewRequest(http.MethodPost, "/oauth/authorize", strings.NewReader(values.Encode()))
		r.Header.Set("Content-Type", formType)
		return s.do(t, r)
	}
	browser := s.browser
	s.browser = oauth.Browser{}
	resume := "/oauth/authorize?request=" + url.QueryEscape(sentTo(t, post(asking("own")), "/oauth/authorize"))
	s.browser = browser
	if q := returned(t, s.get(t, resume)); q.Get("code") == "" || q.Get("state") != "st/ate +&=" {
		t.Errorf("answer %v, want a code and the state as it was sent", q)
	}
	twice := asking("own")
	twice.Add("scope", "openid")
	toldNo(t, s.get(t, authorize.ResumePath(sentTo(t, post(twice), "/oauth/authorize"))), "invalid_request")
	if a := post(asking("own", "login_hint", strings.Repeat("x", 7000))); a.status != http.StatusBadRequest {
		t.Errorf("status = %d for an oversized request, want 400", a.status)
	}
}

func TestFormPost(t *testing.T) {
	s := openWeb(t)
	a := s.authorize(t, asking("own", "response_mode", "form_post", "state", `"><script>alert(1)</script>`))
	if a.status != http.StatusOK || a.header.Get("Location") != "" {
		t.Fatalf("status %d, headers %v, want 200 and no redirect", a.status, a.header)
	}
	for _, want := range []string{
		`method="post" action="https://web.example/cb"`, `name="code" value="`, `name="iss" value="` + issuer + `"`,
		`name="state" value="&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"`, `<button type="submit">`,
	} {
		if !strings.Contains(a.body, want) {
			t.Errorf("body %s, want it to contain %q", a.body, want)
		}
	}
	policy := a.header.Get("Content-Security-Policy")
	if strings.Contains(policy, "form-action") || !strings.Contains(policy, "script-src 'self';") || !strings.Contains(policy, "frame-ancestors 'none'") {
		t.Errorf(`policy %s, want "script-src 'self';", "frame-ancestors 'none'", and no bound on where the app sends the form on`, policy)
	}
	a = s.authorize(t, asking("own", "response_mode", "form_post", "response_type", ""))
	if a.status != http.StatusOK || !strings.Contains(a.body, `name="error" value="invalid_request"`) || strings.Contains(a.body, `name="code"`) {
		t.Errorf("status %d %s, want 200, invalid_request and no code", a.status, a.body)
	}
	if a := s.authorize(t, asking("cli", "response_mode", "form_post", "prompt", "none", "redirect_uri", "com.example.app:/cb")); !strings.Contains(a.body, `action="com.example.app:/cb"`) {
		t.Errorf(`status = %d %s, want it to contain "action=\"com.example.app:/cb\""`, a.status, a.body)
	}
}

// The query of the redirect URI is kept, and our parameters follow it.
func TestRegisteredQueryIsKept(t *testing.T) {
	s := openWeb(t)
	a := s.authorize(t, asking("own", "redirect_uri", callback+"?fixed=1", "state", strings.Repeat("s", 384), "nonce", strings.Repeat("n", 384)))
	if !strings.HasPrefix(a.header.Get("Location"), callback+"?fixed=1&code=") {
		t.Errorf("sent to %s, want it to begin with %q", a.header.Get("Location"), callback+"?fixed=1&code=")
	}
	if q := returned(t, a); q.Get("state") != strings.Repeat("s", 384) {
		t.Errorf("state %q, want %q", q.Get("state"), strings.Repeat("s", 384))
	} else if id := s.idToken(t, s.exchange(t, "own", q.Get("code"), "redirect_uri", callback+"?fixed=1")); id["nonce"] != strings.Repeat("n", 384) {
		t.Errorf("nonce %v, want %v", id["nonce"], strings.Repeat("n", 384))
	}
}
