package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"gatehouse/config"
	"gatehouse/internal/account"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/internal/test/testkit"
	"gatehouse/store"
)

// A gate is a server with a person, ann, and an app, the shop, for browsers to visit.
type gate struct {
	*app
	t    *testing.T
	door *httptest.Server
	ann  store.User
	// log is what the server logged.
	log testkit.Journal
}

const (
	shopURI    = "https://shop.example.com/cb"
	shopBye    = "https://shop.example.com/bye"
	shopSecret = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"
	verifier   = "a-verifier-of-more-than-forty-three-characters-0123"
)

// openGate starts a gate, on plain http at 127.0.0.1.
func openGate(t *testing.T, change func(*config.Config)) *gate {
	t.Helper()
	g := &gate{t: t}
	g.app = startApp(t, slog.New(slog.NewJSONHandler(&g.log, nil)), change)
	g.door = httptest.NewServer(g.handler)
	t.Cleanup(g.door.Close)
	g.ann = g.person("ann", "user")
	g.shop("shop", func(*store.Client) {})
	return g
}

func (g *gate) person(name, role string) store.User {
	g.t.Helper()
	u, err := g.people.Create(g.t.Context(), authz.Operator, account.Input{
		Username: fields.Given(name), Email: fields.Given(name + "@example.com"), Role: fields.Given(role), Password: fields.Given(secretPhrase),
	})
	if err != nil {
		g.t.Fatalf("creating the user: %v", err)
	}
	return u
}

// shop registers an app.
func (g *gate) shop(id string, change func(*store.Client)) {
	g.t.Helper()
	now := time.Now().UTC()
	c := store.Client{
		ID: id, Name: "Photo Shop", AuthMethod: "client_secret_basic", GrantTypes: []string{"authorization_code", "refresh_token"},
		Scope: "openid profile email offline_access", RedirectURIs: []string{shopURI}, PostLogoutRedirectURIs: []string{shopBye},
		Secrets: []store.ClientSecret{{Digest: store.DigestOf(shopSecret), CreatedAt: now}}, CreatedAt: now, UpdatedAt: now,
	}
	change(&c)
	if err := g.db.Write(g.t.Context(), func(tx store.Tx) error { return tx.CreateClient(c) }); err != nil {
		g.t.Fatalf("creating the client: %v", err)
	}
}

// A visitor is one browser. It keeps cookies, and follows redirects only in follow.
type visitor struct {
	*gate
	client *http.Client
	header http.Header
}

func (g *gate) visitor() *visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		g.t.Fatalf("making a cookie jar: %v", err)
	}
	return &visitor{g, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, http.Header{}}
}

// A page is an answer whose body was read.
type page struct {
	t      *testing.T
	status int
	header http.Header
	body   string
	at     string
}

func (v *visitor) do(method, path string, form url.Values) page {
	v.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	if !strings.HasPrefix(path, "http") {
		path = v.door.URL + path
	}
	r, err := http.NewRequestWithContext(v.t.Context(), method, path, body)
	if err != nil {
		v.t.Fatalf("making the request: %v", err)
	}
	r.Header = v.header.Clone()
	if form != nil && r.Header.Get("Content-Type") == "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := v.client.Do(r)
	if err != nil {
		v.t.Fatalf("sending the request: %v", err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		v.t.Fatalf("reading the body: %v", err)
	}
	return page{v.t, resp.StatusCode, resp.Header, string(text), path}
}

func (v *visitor) get(path string) page { v.t.Helper(); return v.follow(v.do("GET", path, nil)) }

func (v *visitor) post(path string, pairs ...string) page {
	v.t.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return v.follow(v.do("POST", path, form))
}

// follow follows redirects as long as they lead to the server itself.
func (v *visitor) follow(p page) page {
	v.t.Helper()
	for range 10 {
		to := p.to()
		if !strings.HasPrefix(to, "/") {
			return p
		}
		p = v.do("GET", to, nil)
	}
	v.t.Fatalf("%s: more than ten redirects, want an end", p.at)
	return p
}

var hidden = regexp.MustCompile(`<input type="hidden" name="([a-z_]+)" value="([^"]*)">`)

// fields returns the names and values of the hidden fields in the page's form.
func (p page) fields() []string {
	var all []string
	seen := map[string]bool{} // a page may have two forms that carry the same
	for _, m := range hidden.FindAllStringSubmatch(p.body, -1) {
		if !seen[m[1]] {
			all = append(all, m[1], html.UnescapeString(m[2]))
		}
		seen[m[1]] = true
	}
	return all
}

// shows fails unless the page has the status and contains the words.
func (p page) shows(status int, words ...string) page {
	p.t.Helper()
	if p.status != status {
		p.t.Fatalf("%s: %d, want %d; Location %q\n%s", p.at, p.status, status, p.header.Get("Location"), p.body)
	}
	for _, w := range words {
		if !strings.Contains(html.UnescapeString(p.body), w) {
			p.t.Errorf("%s does not say %q, want it to:\n%s", p.at, w, p.body)
		}
	}
	return p
}

// to returns where the page leads by itself. A redirect must be one that makes a GET
// (RFC 9700 §4.12).
func (p page) to() string {
	p.t.Helper()
	if to := p.header.Get("Location"); to != "" && p.status != http.StatusSeeOther {
		p.t.Errorf("%s: redirected to %s with status %d, want 303", p.at, to, p.status)
	}
	return testkit.GoesOn(p.header, p.body)
}

// leads fails unless the page leads to the address, and returns its parameters.
func (p page) leads(to string) url.Values {
	p.t.Helper()
	u, err := url.Parse(p.to())
	if err != nil || u.Host == "" {
		p.t.Fatalf("%s: status %d to %q, %v; want it to lead to %s\n%s", p.at, p.status, p.to(), err, to, p.body)
	}
	query := u.Query()
	u.RawQuery = ""
	if u.String() != to {
		p.t.Fatalf("%s: leads to %s, want %s", p.at, p.to(), to)
	}
	return query
}

// ask returns an authorization request of the shop. The pairs set its parameters; ""
// removes one.
func ask(pairs ...string) string {
	sum := sha256.Sum256([]byte(verifier))
	query := url.Values{
		"response_type": {"code"}, "client_id": {"shop"}, "redirect_uri": {shopURI}, "scope": {"openid profile email offline_access"},
		"state": {"a state"}, "nonce": {"a nonce"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}
	for i := 0; i < len(pairs); i += 2 {
		query.Set(pairs[i], pairs[i+1])
		if pairs[i+1] == "" {
			query.Del(pairs[i])
		}
	}
	return "/oauth/authorize?" + query.Encode()
}

// signIn fills in the form of a login page.
func (v *visitor) signIn(at page, name string) page {
	v.t.Helper()
	return v.post("/login", append(at.fields(), "username", name, "password", secretPhrase)...)
}

// code signs in and consents as needed, and returns the code.
func (v *visitor) code(pairs ...string) string {
	v.t.Helper()
	p := v.get(ask(pairs...))
	if strings.Contains(p.body, "<h1>Sign in</h1>") {
		p = v.signIn(p, "ann")
	}
	if strings.Contains(p.body, `action="/consent"`) {
		p = v.post("/consent", append(p.fields(), "answer", "allow")...)
	}
	code := p.leads(shopURI).Get("code")
	if code == "" {
		v.t.Fatalf("no code in %s, want one", p.to())
	}
	return code
}

// tokens posts to the token endpoint as the shop. The answer must have the status.
func (g *gate) tokens(status int, pairs ...string) object {
	g.t.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	r, err := http.NewRequestWithContext(g.t.Context(), "POST", g.door.URL+"/oauth/token", strings.NewReader(form.Encode()))
	if err != nil {
		g.t.Fatalf("making the request: %v", err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth("shop", shopSecret)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		g.t.Fatalf("sending the request: %v", err)
	}
	defer resp.Body.Close()
	var answer object
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || resp.StatusCode != status {
		g.t.Fatalf("%v: %d %v, want %d; %v", pairs, resp.StatusCode, answer, status, err)
	}
	return answer
}

func (g *gate) redeem(code string) object {
	g.t.Helper()
	return g.tokens(http.StatusOK, "grant_type", "authorization_code", "code", code, "redirect_uri", shopURI, "code_verifier", verifier)
}

// cookie returns the value of a cookie of the visitor, or "".
func (v *visitor) cookie(name string) string {
	u, err := url.Parse(v.door.URL)
	if err != nil {
		v.t.Fatalf("parsing the URL: %v", err)
	}
	for _, c := range v.client.Jar.Cookies(u) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}
