package account_test

import (
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/handlers/api"
	"gatehouse/handlers/pages"
	ownaccount "gatehouse/handlers/pages/account"
	"gatehouse/handlers/pages/signin"
	"gatehouse/internal/account"
	"gatehouse/internal/apis"
	"gatehouse/internal/authz"
	"gatehouse/internal/browser"
	"gatehouse/internal/client"
	"gatehouse/internal/cursor"
	"gatehouse/internal/ending"
	"gatehouse/internal/fields"
	"gatehouse/internal/metrics"
	"gatehouse/internal/oauth/authorize"
	"gatehouse/internal/oauth/logout"
	"gatehouse/internal/password"
	"gatehouse/internal/session"
	"gatehouse/internal/test/testdb"
	"gatehouse/internal/test/testkit"
	"gatehouse/internal/throttle"
	"gatehouse/internal/token"
	"gatehouse/keys"
	"gatehouse/server"
	"gatehouse/store"
	"gatehouse/store/sqlstore"
)

const annsPassword = "seven grey herons"

// A site has the pages of the account and of the sign-in behind a real server, on real
// services and a SQLite file, with the user ann.
type site struct {
	t        testing.TB
	door     *httptest.Server
	db       *sqlstore.DB
	people   *account.Service
	sessions *session.Service
	ann      store.User
	now      func() time.Time
	later    atomic.Int64 // how far the server's clock is ahead, as a time.Duration
}

func open(t testing.TB) *site {
	t.Helper()
	s := &site{t: t}
	clock := testkit.Clock()
	s.now = func() time.Time { return clock().Add(time.Duration(s.later.Load())) }
	log := slog.New(slog.DiscardHandler)
	db, err := sqlstore.Open(t.Context(), sqlstore.Options{DSN: testdb.Ready(t), Now: s.now, Log: log})
	s.must("opening the database", err)
	t.Cleanup(func() { _ = db.Close() })
	s.must("migrating the database", db.Migrate(t.Context()))
	ring, err := keys.Open(t.Context(), keys.Options{
		Store: db, Masters: keys.MasterKeys{keys.NewMasterKey()}, Now: time.Now, Log: log, PublishLead: time.Minute, VerifyFor: time.Hour,
	})
	s.must("opening the keys", err)
	t.Cleanup(ring.Close)
	s.db = db
	s.door = httptest.NewUnstartedServer(nil)
	s.door.Start()
	t.Cleanup(s.door.Close)
	s.wire(ring, log)
	s.ann = s.person("ann", "user")
	return s
}

// wire builds the services and the pages.
func (s *site) wire(ring *keys.Ring, log *slog.Logger) {
	issuer := s.door.URL
	registry := &client.Cache{Store: s.db, Now: s.now}
	sealer := cursor.Sealer{Keys: cursor.Fixed([32]byte{1})}
	ends := &ending.Service{DB: s.db, Rotations: s.db.Rotations(), Now: s.now, Log: log}
	limits := &throttle.Limiter{Store: s.db.Throttles(), Fallback: throttle.NewMemory(s.now), Rules: throttle.DefaultRules(), Now: s.now, Log: log}
	s.people = &account.Service{
		DB: s.db, Ends: ends, Policy: password.Policy{MinLength: 8}, Limits: limits, Now: s.now, Log: log, Cursors: sealer,
		Passwords: password.New(password.Options{MemoryKiB: 64, Iterations: 1, Parallelism: 1, BudgetMiB: 8}),
	}
	browsers := &browser.Service{DB: s.db, Ends: ends, Idle: time.Hour, Lifetime: 24 * time.Hour, Now: s.now, Log: log}
	visitors := pages.Visitors{Browsers: browsers}
	catalog := &apis.Catalog{Store: s.db, Audience: issuer, Now: s.now}
	hints := &token.Verifier{Keys: ring, Issuer: issuer, Audience: issuer, Now: s.now}
	minter := &token.Minter{Keys: ring, Issuer: issuer, Audience: issuer, Now: s.now}
	s.sessions = &session.Service{
		DB: s.db, Ends: ends, Rotations: s.db.Rotations(), Clients: registry, APIs: catalog, Keys: ring, Verifier: hints, Minter: minter, Now: s.now, Log: log,
		Lifetimes: session.Lifetimes{Access: time.Minute, RefreshIdle: time.Hour, RefreshAbsolute: time.Hour},
	}
	requests := &authorize.Endpoint{
		Clients: registry, APIs: catalog, DB: s.db, Hints: hints, Issuer: issuer, Now: s.now, Continuations: authorize.Continuations{Sealer: sealer, Now: s.now},
	}
	tables := append(signin.Endpoints{
		Authorize: signin.Authorize{Browser: visitors.Read, Requests: requests},
		Login:     signin.Login{Visitors: visitors, Requests: requests, People: s.people, Browsers: browsers, Known: browser.Known{Sealer: sealer, Now: s.now}},
		Logout:    signin.Logout{Visitors: visitors, Requests: &logout.Endpoint{Clients: registry, Hints: hints, Sealer: sealer, Now: s.now}, Browsers: browsers},
		Issuer:    issuer,
	}.Tables(), pages.Endpoints{Home: pages.Home{Visitors: visitors, Issuer: issuer}}.Table(), ownaccount.Endpoints{
		Site:   ownaccount.Site{Visitors: visitors, Flash: pages.Flash{Sealer: sealer}, Apps: registry, Now: s.now},
		People: s.people, Browsers: browsers, Sessions: s.sessions, Consents: s.db, Scopes: catalog, Evidence: s.db, Factors: s.db, Cursors: sealer, Issuer: issuer, Has: func(path string) bool { return path == ownaccount.PasskeysPath },
	}.Table())
	s.door.Config.Handler = server.New(server.Options{
		Programs: api.Refuse, People: pages.Refuse, Proxies: server.Proxies{netip.MustParsePrefix("127.0.0.0/8")}, Metrics: metrics.New("test"), Log: log,
	}, tables...)
}

func (s *site) person(name, role string) store.User {
	s.t.Helper()
	u, err := s.people.Create(s.t.Context(), authz.Operator, account.Input{
		Username: fields.Given(name), Email: fields.Given(name + "@example.com"), Role: fields.Given(role), Password: fields.Given(annsPassword),
	})
	s.must("creating "+name, err)
	return u
}

func (s *site) app(id string, change func(*store.Client)) store.Client {
	s.t.Helper()
	now := s.now()
	c := store.Client{
		ID: id, Name: "Photo Shop", AuthMethod: store.NoSecret, GrantTypes: []string{"authorization_code"},
		Scope: "openid profile email", RedirectURIs: []string{"https://shop.example.com/cb"}, CreatedAt: now, UpdatedAt: now,
	}
	change(&c)
	s.must("creating the app "+id, s.db.Write(s.t.Context(), func(tx store.Tx) error { return tx.CreateClient(c) }))
	return c
}

// allow puts on record that a person allowed an app a scope.
func (s *site) allow(u store.User, app, scope string) {
	s.t.Helper()
	s.must("allowing the app", s.db.Write(s.t.Context(), func(tx store.Tx) error {
		return tx.PutConsent(store.Consent{UserID: u.ID, ClientID: app, Scope: scope, GrantedAt: s.now()})
	}))
}

// orders registers an API with two scopes, one of them sensitive.
func (s *site) orders() {
	s.t.Helper()
	api := store.API{
		ID: "orders", Identifier: "https://orders.example", Name: "Orders", Clients: store.ClientsRegistered, TokenType: store.TokenTypeAccess,
		Scopes: []store.APIScope{{Name: "read", Description: "See your orders"}, {Name: "pay", Description: "Place orders that you pay for", Sensitive: true}},
	}
	s.must("creating an API", s.db.Write(s.t.Context(), func(tx store.Tx) error { return tx.CreateAPI(api) }))
}

// begin begins a session of a person in an app, without a browser.
func (s *site) begin(u store.User, app store.Client, scope string) store.Session {
	s.t.Helper()
	proof, err := s.people.CheckPassword(s.t.Context(), u.Username, annsPassword, "login")
	s.must("checking the password", err)
	set, err := s.sessions.Begin(s.t.Context(), proof, app, apis.Grant{Scope: authz.Scope(scope)}, apis.Asked{})
	s.must("beginning a session", err)
	return set.Session
}

// wait moves the server's clock.
func (s *site) wait(d time.Duration) { s.later.Add(int64(d)) }

func (s *site) must(what string, err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatalf("this step failed: %s: %v", what, err)
	}
}

// A visitor is one browser.
type visitor struct {
	*site
	client *http.Client
	agent  string
}

const firefox = "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

func (s *site) visitor() *visitor {
	jar, err := cookiejar.New(nil)
	s.must("making a cookie jar", err)
	return &visitor{s, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, firefox}
}

// in returns a browser in which the person is signed in.
func (s *site) in(name string) *visitor {
	s.t.Helper()
	v := s.visitor()
	v.signIn(v.get("/account"), name).shows(http.StatusOK, "Your account")
	return v
}

// A page is an answer that has been read.
type page struct {
	t      testing.TB
	at     string
	status int
	header http.Header
	body   string
}

// do sends one request, without following redirects. A nil form means GET.
func (v *visitor) do(path string, form url.Values) page {
	v.t.Helper()
	method, body := http.MethodGet, ""
	if form != nil {
		method, body = http.MethodPost, form.Encode()
	}
	r, err := http.NewRequestWithContext(v.t.Context(), method, v.door.URL+path, strings.NewReader(body))
	v.must("making a request", err)
	r.Header.Set("User-Agent", v.agent)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	resp, err := v.client.Do(r)
	v.must("asking for "+path, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	v.must("reading "+path, err)
	return page{v.t, path, resp.StatusCode, resp.Header, string(text)}
}

func (v *visitor) get(path string) page { v.t.Helper(); return v.follow(v.do(path, nil)) }

func (v *visitor) post(path string, of page, pairs ...string) page {
	v.t.Helper()
	return v.follow(v.do(path, of.form(pairs...)))
}

func (v *visitor) follow(p page) page {
	v.t.Helper()
	for range 10 {
		to := p.to()
		if !strings.HasPrefix(to, "/") {
			return p
		}
		p = v.do(to, nil)
	}
	v.t.Fatalf("%s: more than ten redirects, want a page", p.at)
	return p
}

// signIn fills in the form of a sign-in page.
func (v *visitor) signIn(at page, name string) page {
	v.t.Helper()
	return v.post("/login", at, "username", name, "password", annsPassword)
}

var hidden = regexp.MustCompile(`<input type="hidden" name="([a-z_]+)" value="([^"]*)">`)

// form returns the hidden fields of the page and the given pairs. An empty value removes a
// field.
func (p page) form(pairs ...string) url.Values {
	form := url.Values{}
	for _, m := range hidden.FindAllStringSubmatch(p.body, -1) {
		form.Set(m[1], html.UnescapeString(m[2]))
	}
	for i := 0; i < len(pairs); i += 2 {
		if form.Set(pairs[i], pairs[i+1]); pairs[i+1] == "" {
			form.Del(pairs[i])
		}
	}
	return form
}

// shows fails unless the page has the status and contains the words.
func (p page) shows(status int, words ...string) page {
	p.t.Helper()
	if p.status != status {
		p.t.Fatalf("%s: status = %d to %q, want %d\n%s", p.at, p.status, p.header.Get("Location"), status, p.body)
	}
	for _, word := range words {
		if !strings.Contains(html.UnescapeString(p.body), word) {
			p.t.Errorf("%s: want the page to say %q\n%s", p.at, word, p.body)
		}
	}
	return p
}

// hides fails if the page contains one of the words.
func (p page) hides(words ...string) page {
	p.t.Helper()
	for _, word := range words {
		if strings.Contains(html.UnescapeString(p.body), word) {
			p.t.Errorf("%s: the page says %q, want it not to\n%s", p.at, word, p.body)
		}
	}
	return p
}

// to returns where the page leads by itself.
func (p page) to() string {
	p.t.Helper()
	if to := p.header.Get("Location"); to != "" && p.status != http.StatusSeeOther {
		p.t.Errorf("%s: redirected to %s with status %d, want 303", p.at, to, p.status)
	}
	return testkit.GoesOn(p.header, p.body)
}

// between returns what stands between two texts in the page.
func (p page) between(from, to string) string {
	p.t.Helper()
	_, rest, found := strings.Cut(p.body, from)
	middle, _, ends := strings.Cut(rest, to)
	if !found || !ends {
		p.t.Fatalf("%s: nothing between %q and %q, want something\n%s", p.at, from, to, p.body)
	}
	return html.UnescapeString(middle)
}

// inOrder fails unless the text has the words in this order.
func inOrder(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, word := range words {
		_, rest, found := strings.Cut(text, word)
		if !found {
			t.Errorf("%q is not where it belongs, want the order %q", word, words)
		}
		text = rest
	}
}

func mustURL(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatalf("reading the address: %v", err)
	}
	return u
}
