package signin_test

import (
	"crypto/sha256"
	"encoding/base64"
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
	"gatehouse/internal/oauth/device"
	"gatehouse/internal/oauth/logout"
	"gatehouse/internal/password"
	"gatehouse/internal/test/testdb"
	"gatehouse/internal/test/testkit"
	"gatehouse/internal/throttle"
	"gatehouse/internal/token"
	"gatehouse/keys"
	"gatehouse/server"
	"gatehouse/store"
	"gatehouse/store/sqlstore"
)

const (
	annsPassword = "seven grey herons"
	shopURI      = "https://shop.example.com/cb"
	shopBye      = "https://shop.example.com/bye"
	verifier     = "a-verifier-of-more-than-forty-three-characters-0123"
)

// A site has the pages behind a real server, on real services and a SQLite file, with
// the user ann and the client shop.
type site struct {
	t       testing.TB
	door    *httptest.Server
	db      *sqlstore.DB
	people  *account.Service
	devices *device.Endpoint
	minter  *token.Minter
	limits  *throttle.Limiter
	shop    store.Client
	ann     store.User
	now     func() time.Time
	later   atomic.Int64 // how far the server's clock is ahead, as a time.Duration
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
	s.populate()
	return s
}

// wire builds the services and the pages.
func (s *site) wire(ring *keys.Ring, log *slog.Logger) {
	issuer := s.door.URL
	registry := &client.Cache{Store: s.db, Now: s.now}
	s.minter = &token.Minter{Keys: ring, Issuer: issuer, Audience: issuer, Now: s.now}
	hints := &token.Verifier{Keys: ring, Issuer: issuer, Audience: issuer, Now: s.now}
	sealer := cursor.Sealer{Keys: cursor.Fixed([32]byte{1})}
	ends := &ending.Service{DB: s.db, Rotations: s.db.Rotations(), Now: s.now, Log: log}
	s.limits = &throttle.Limiter{Store: s.db.Throttles(), Fallback: throttle.NewMemory(s.now), Rules: throttle.DefaultRules(), Now: s.now, Log: log}
	s.people = &account.Service{
		DB: s.db, Ends: ends, Policy: password.Policy{MinLength: 8}, Limits: s.limits, Now: s.now, Log: log,
		Passwords: password.New(password.Options{MemoryKiB: 64, Iterations: 1, Parallelism: 1, BudgetMiB: 8}),
	}
	browsers := &browser.Service{DB: s.db, Ends: ends, Idle: time.Hour, Lifetime: time.Hour, Now: s.now, Log: log}
	visitors := pages.Visitors{Browsers: browsers}
	catalog := &apis.Catalog{Store: s.db, Audience: issuer, Now: s.now}
	requests := &authorize.Endpoint{
		Clients: registry, APIs: catalog, DB: s.db, Hints: hints, Issuer: issuer, Now: s.now, Continuations: authorize.Continuations{Sealer: sealer, Now: s.now},
	}
	s.devices = &device.Endpoint{DB: s.db, Clients: registry, APIs: catalog, Limits: s.limits, Page: issuer + signin.DevicePath, Now: s.now}
	logouts := &logout.Endpoint{Clients: registry, Hints: hints, Sealer: sealer, Now: s.now}
	tables := append(signin.Endpoints{
		Authorize: signin.Authorize{Browser: visitors.Read, Requests: requests},
		Login:     signin.Login{Visitors: visitors, Requests: requests, People: s.people, Browsers: browsers, Known: browser.Known{Sealer: sealer, Now: s.now}, Lifetime: time.Hour},
		Consent:   signin.Consent{Visitors: visitors, Requests: requests},
		Logout:    signin.Logout{Visitors: visitors, Requests: logouts, Browsers: browsers},
		Device:    signin.Device{Visitors: visitors, Requests: s.devices, Now: s.now},
		Issuer:    issuer,
	}.Tables(), pages.Endpoints{Home: pages.Home{Visitors: visitors, Issuer: issuer}}.Table())
	s.door.Config.Handler = server.New(server.Options{
		Programs: api.Refuse, People: pages.Refuse, Proxies: server.Proxies{netip.MustParsePrefix("127.0.0.0/8")}, Metrics: metrics.New("test"), Log: log,
	}, tables...)
}

func (s *site) populate() {
	s.t.Helper()
	s.ann = s.person("ann")
	s.shop = s.app("shop", func(*store.Client) {})
}

func (s *site) person(name string) store.User {
	s.t.Helper()
	u, err := s.people.Create(s.t.Context(), authz.Operator, account.Input{
		Username: fields.Given(name), Email: fields.Given(name + "@example.com"), Role: fields.Given("user"), Password: fields.Given(annsPassword),
	})
	s.must("creating "+name, err)
	return u
}

func (s *site) app(id string, change func(*store.Client)) store.Client {
	s.t.Helper()
	now := s.now()
	c := store.Client{
		ID: id, Name: "Photo Shop", AuthMethod: store.NoSecret, GrantTypes: []string{"authorization_code"},
		Scope: "openid profile email", RedirectURIs: []string{shopURI}, PostLogoutRedirectURIs: []string{shopBye}, CreatedAt: now, UpdatedAt: now,
	}
	change(&c)
	s.must("creating the app "+id, s.db.Write(s.t.Context(), func(tx store.Tx) error { return tx.CreateClient(c) }))
	return c
}

// wait moves the server's clock.
// orders registers an API with two scopes, one of them sensitive.
func (s *site) orders() {
	s.t.Helper()
	api := store.API{
		ID: "orders", Identifier: "https://orders.example", Name: "Orders", Clients: store.ClientsRegistered, TokenType: store.TokenTypeAccess,
		Scopes: []store.APIScope{{Name: "read", Description: "See your orders"}, {Name: "pay", Description: "Place orders that you pay for", Sensitive: true}},
	}
	s.must("creating an API", s.db.Write(s.t.Context(), func(tx store.Tx) error { return tx.CreateAPI(api) }))
}

func (s *site) wait(d time.Duration) { s.later.Add(int64(d)) }

// hint returns an ID token that was issued to the shop for ann.
func (s *site) hint() string {
	s.t.Helper()
	now := s.now()
	set, err := s.minter.Mint(s.t.Context(), token.Grant{
		ClientID: s.shop.ID, Scope: "openid", Life: time.Minute, User: s.ann, Identity: &token.Identity{},
		Session: store.Session{ID: "sid", ClientID: s.shop.ID, UserID: s.ann.ID, SignIn: store.SignIn{At: now}, CreatedAt: now, ExpiresAt: now.Add(time.Hour)},
	})
	s.must("minting an ID token", err)
	return set.IDToken
}

func (s *site) must(what string, err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatalf("this step failed: %s: %v", what, err)
	}
}

// A visitor is one browser, which follows redirects within the site.
type visitor struct {
	*site
	client *http.Client
}

func (s *site) visitor() *visitor {
	jar, err := cookiejar.New(nil)
	s.must("making a cookie jar", err)
	return &visitor{s, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
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
	var resp *http.Response
	var err error
	if form == nil {
		resp, err = v.client.Get(v.door.URL + path)
	} else {
		resp, err = v.client.PostForm(v.door.URL+path, form)
	}
	v.must("asking for "+path, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	v.must("reading "+path, err)
	return page{v.t, path, resp.StatusCode, resp.Header, string(body)}
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

// form returns the hidden fields of the page's form and the given pairs.
func (p page) form(pairs ...string) url.Values {
	form := url.Values{}
	for _, m := range hidden.FindAllStringSubmatch(p.body, -1) {
		form.Set(m[1], html.UnescapeString(m[2]))
	}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
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
	address, query, _ := strings.Cut(p.to(), "?")
	if address != to {
		p.t.Fatalf("%s: status %d to %q, want it to lead to %s\n%s", p.at, p.status, address, to, p.body)
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		p.t.Fatalf("%s: reading the query %q: %v", p.at, query, err)
	}
	return values
}

// ask returns the path of an authorization request by the shop. The pairs change its
// parameters; an empty value removes one.
func ask(pairs ...string) string { return authorize.Path + "?" + asked(pairs...).Encode() }

func asked(pairs ...string) url.Values {
	sum := sha256.Sum256([]byte(verifier))
	query := url.Values{
		"response_type": {"code"}, "client_id": {"shop"}, "redirect_uri": {shopURI}, "scope": {"openid profile email"}, "state": {"a state"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}
	for i := 0; i < len(pairs); i += 2 {
		query.Set(pairs[i], pairs[i+1])
		if pairs[i+1] == "" {
			query.Del(pairs[i])
		}
	}
	return query
}
