package protocol_test

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse/handlers"
	"gatehouse/handlers/pages/signin"
	"gatehouse/handlers/protocol"
	"gatehouse/internal/apis"
	"gatehouse/internal/authz"
	"gatehouse/internal/client"
	"gatehouse/internal/cursor"
	"gatehouse/internal/grant"
	"gatehouse/internal/oauth"
	"gatehouse/internal/oauth/authorize"
	"gatehouse/internal/oauth/clientauth"
	"gatehouse/internal/oauth/device"
	"gatehouse/internal/reqctx"
	"gatehouse/internal/throttle"
	"gatehouse/store"
)

const (
	callback = "https://web.example/cb"
	// verifier and s256Of are the example of RFC 7636, Appendix B.
	verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	s256Of   = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

// wireOpenID adds the endpoints for browsers.
func (s *site) wireOpenID(clients *client.Cache, catalog *apis.Catalog, auth *clientauth.Authenticator) {
	s.requests = &authorize.Endpoint{
		Clients: clients, APIs: catalog, DB: s.db, Hints: s.verifier, Objects: auth.Assertions, Issuer: issuer, Now: s.clock,
		Continuations: authorize.Continuations{Sealer: cursor.Sealer{Keys: cursor.Fixed([32]byte{1})}, Now: s.clock},
	}
	memory := throttle.NewMemory(s.clock)
	tries := &throttle.Limiter{Store: memory, Fallback: memory, Rules: throttle.DefaultRules(), Now: s.clock, Log: slog.New(slog.DiscardHandler)}
	s.devices = &device.Endpoint{DB: s.db, Clients: clients, APIs: catalog, Limits: tries, Page: issuer + "/device", Now: s.clock}
	s.page("/oauth/authorize", signin.Authorize{
		Requests: s.requests,
		Browser:  func(http.ResponseWriter, *http.Request) (oauth.Browser, error) { return s.browser, nil },
	}.Serve)
	userinfo := protocol.Userinfo{Sessions: s.sessions}.Serve
	s.mux.HandleFunc("/oauth/userinfo", func(w http.ResponseWriter, r *http.Request) {
		if err := userinfo(w, r); err != nil {
			protocol.RefuseBearer(w, r, err)
		}
	})
	s.handle("/oauth/par", protocol.PAR{Clients: auth, Requests: s.requests}.Serve)
	s.handle("/oauth/device_authorization", protocol.DeviceAuthorization{Clients: auth, Devices: s.devices}.Serve)
}

// page shows refusals like the real pages, as far as these tests need: an error page has
// a status and words, and no Location.
func (s *site) page(path string, e handlers.Endpoint) {
	s.mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
		err := e(w, r)
		if err == nil {
			return
		}
		reqctx.From(r.Context()).Err = err
		shown, ok := errors.AsType[*oauth.UserError](err)
		if !ok {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		http.Error(w, "Authorization error: "+string(shown.Message), http.StatusBadRequest)
	})
}

// openWeb returns a site with clients for the browser: web (confidential), own (first
// party), spa and cli (public). ann is signed in.
func openWeb(t testing.TB) *site {
	t.Helper()
	s := open(t)
	s.addWebApps(t)
	s.signedIn(t)
	return s
}

func (s *site) addWebApps(t testing.TB) {
	t.Helper()
	base := store.Client{
		AuthMethod: store.SecretBasic, Scope: string(authz.OpenIDScopes), RedirectURIs: []string{callback, callback + "?fixed=1"},
		GrantTypes: []string{grant.AuthorizationCode, grant.RefreshToken, grant.DeviceCode}, CreatedAt: s.clock(), UpdatedAt: s.clock(),
	}
	apps := map[string]func(*store.Client){
		"web":  func(*store.Client) {},
		"own":  func(c *store.Client) { c.FirstParty = true },
		"web2": func(c *store.Client) {},
		"spa":  func(c *store.Client) { c.AuthMethod = store.NoSecret },
		"cli": func(c *store.Client) {
			c.AuthMethod = store.NoSecret
			c.RedirectURIs = []string{"http://127.0.0.1/cb", "http://[::1]:8080/cb?x=1", "com.example.app:/cb"}
		},
		"bare": func(c *store.Client) { c.RedirectURIs = nil },
	}
	s.write(t, func(tx store.Tx) (err error) {
		for id, change := range apps {
			c := base
			c.ID, c.Name = id, id
			c.Secrets = []store.ClientSecret{{Digest: store.DigestOf(id + "-secret"), CreatedAt: s.clock()}}
			change(&c)
			if c.AuthMethod == store.NoSecret {
				c.Secrets = nil
			}
			err = errors.Join(err, tx.CreateClient(c))
		}
		return err
	})
}

func (s *site) write(t testing.TB, f func(store.Tx) error) {
	t.Helper()
	if err := s.db.Write(t.Context(), f); err != nil {
		t.Fatalf("writing to the database: %v", err)
	}
}

// signedIn signs ann in with a new browser, at the current time.
func (s *site) signedIn(t testing.TB) {
	t.Helper()
	ann, err := s.db.UserBySub(t.Context(), annsSub)
	if err != nil {
		t.Fatalf("looking up the user by subject: %v", err)
	}
	b := store.BrowserSession{
		ID: rand.Text(), Cookie: store.DigestOf(rand.Text()), UserID: ann.ID, SignIn: store.SignIn{At: s.clock(), ACR: "urn:gatehouse:pwd", AMR: []string{"pwd"}},
		CreatedAt: s.clock(), LastSeenAt: s.clock(), ExpiresAt: s.clock().Add(30 * 24 * time.Hour),
	}
	s.write(t, func(tx store.Tx) error { return tx.CreateBrowser(b) })
	pre := s.browser.Pre
	if pre == "" {
		pre = rand.Text()
	}
	s.browser = oauth.Browser{Pre: pre, Session: b, User: ann}
}

func (s *site) signedOut() { s.browser = oauth.Browser{Pre: rand.Text()} }

// asWeb authenticates like as in site_test.go; the public clients here send only their ID.
func asWeb(id string) func(*http.Request, url.Values) {
	if id == "spa" || id == "cli" {
		return func(_ *http.Request, form url.Values) { form.Set("client_id", id) }
	}
	return as(id)
}

// asking returns a valid request of a client. The pairs change its parameters; an empty
// value removes one.
func asking(client string, pairs ...string) url.Values {
	v := url.Values{
		"client_id": {client}, "redirect_uri": {callback}, "response_type": {"code"}, "scope": {"openid"},
		"state": {"st/ate +&="}, "nonce": {"n-1"}, "code_challenge": {s256Of}, "code_challenge_method": {"S256"},
	}
	if client == "cli" {
		v.Set("redirect_uri", "http://127.0.0.1:51004/cb")
	}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
		if pairs[i+1] == "" {
			v.Del(pairs[i])
		}
	}
	return v
}

func (s *site) authorize(t testing.TB, values url.Values) answer {
	t.Helper()
	return s.get(t, "/oauth/authorize?"+values.Encode())
}

func (s *site) get(t testing.TB, path string) answer {
	t.Helper()
	return s.do(t, httptest.NewRequest(http.MethodGet, path, nil))
}

// sentTo fails unless a redirects to the page, and returns the sealed request.
func sentTo(t testing.TB, a answer, page string) string {
	t.Helper()
	location, err := url.Parse(a.header.Get("Location"))
	if err != nil || a.status != http.StatusSeeOther || location.Host != "" || location.Path != page {
		t.Fatalf("status = %d to %q, want %s\n%s", a.status, a.header.Get("Location"), page, a.body)
	}
	return location.Query().Get("request")
}

// returned fails unless a redirects back to the client, and returns the parameters.
func returned(t testing.TB, a answer) url.Values {
	t.Helper()
	location, err := url.Parse(a.header.Get("Location"))
	if err != nil || a.status != http.StatusSeeOther || location.Host == "" && location.Scheme == "" {
		t.Fatalf("status %d to %s %s, want the browser sent back to the client", a.status, a.header.Get("Location"), a.body)
	}
	q := location.Query()
	if q.Get("iss") != issuer {
		t.Errorf("iss %q, want %q", q.Get("iss"), issuer)
	}
	for name, values := range q {
		if len(values) != 1 {
			t.Errorf("%s is there %d times, want once", name, len(values))
		}
	}
	return q
}

// toldNo fails unless the client gets the error code, with the state and nothing else.
func toldNo(t testing.TB, a answer, code string) {
	t.Helper()
	q := returned(t, a)
	if q.Get("error") != code || q.Get("state") != "st/ate +&=" || q.Has("code") || len(q) != 4 {
		t.Errorf("told %v, want %s", q, code)
	}
	for _, c := range q.Get("error_description") {
		if c < 0x20 || c > 0x7e || c == '"' || c == '\\' {
			t.Errorf("%q in the description, want printable ASCII without quotes", c)
		}
	}
}

// allow consents on the consent page.
func (s *site) allow(t testing.TB, sealed string) answer {
	t.Helper()
	step, err := s.requests.Allow(t.Context(), sealed, s.browser)
	if err != nil {
		t.Fatalf("allowing the request: %v", err)
	}
	return toldBy(step)
}

// toldBy returns the redirect by which the client learns of a step that concludes a request.
func toldBy(step authorize.Step) answer {
	return answer{status: http.StatusSeeOther, header: http.Header{"Location": {step.Answer.Location()}}}
}

// code goes through the authorization and returns the code.
func (s *site) code(t testing.TB, values url.Values) string {
	t.Helper()
	a := s.authorize(t, values)
	if strings.HasPrefix(a.header.Get("Location"), "/consent") {
		a = s.allow(t, sentTo(t, a, "/consent"))
	}
	code := returned(t, a).Get("code")
	if code == "" {
		t.Fatalf("no code in %s, want one", a.header.Get("Location"))
	}
	return code
}

// exchange redeems a code. The pairs in more change its parameters; an empty value
// removes one.
func (s *site) exchange(t testing.TB, client, code string, more ...string) answer {
	t.Helper()
	return s.do(t, exchanging(client, code, more...))
}

func exchanging(client, code string, more ...string) *http.Request {
	v := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback}, "code_verifier": {verifier}}
	for i := 0; i < len(more); i += 2 {
		v.Set(more[i], more[i+1])
		if more[i+1] == "" {
			v.Del(more[i])
		}
	}
	var pairs []string
	for name, values := range v {
		pairs = append(pairs, name, values[0])
	}
	return form("/oauth/token", asWeb(client), pairs...)
}

// idToken verifies the signature and the type of an ID token, and returns its claims.
func (s *site) idToken(t testing.TB, a answer) map[string]any {
	t.Helper()
	verified, err := s.ring.Verify(t.Context(), granted(t, a).text("id_token"))
	if err != nil || verified.Type != "JWT" {
		t.Fatalf(`typ %q, %v; want "JWT"`, verified.Type, err)
	}
	var members map[string]any
	if err := json.Unmarshal(verified.Payload, &members); err != nil {
		t.Fatalf("unmarshalling the JSON: %v", err)
	}
	return members
}

func (s *site) userinfo(t testing.TB, access string) answer {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/oauth/userinfo", nil)
	r.Header.Set("Authorization", "bearer "+access)
	return s.do(t, r)
}
