package console_test

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
	"strconv"
	"strings"
	"testing"
	"time"

	"gatehouse/handlers/api"
	"gatehouse/handlers/pages"
	"gatehouse/handlers/pages/console"
	"gatehouse/handlers/pages/events"
	"gatehouse/handlers/pages/signin"
	"gatehouse/internal/account"
	"gatehouse/internal/apis"
	"gatehouse/internal/authz"
	"gatehouse/internal/browser"
	"gatehouse/internal/client"
	"gatehouse/internal/cursor"
	"gatehouse/internal/ending"
	"gatehouse/internal/fields"
	"gatehouse/internal/link"
	"gatehouse/internal/mail"
	"gatehouse/internal/metrics"
	"gatehouse/internal/oauth/authorize"
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

const everybodysPassword = "seven grey herons"

// A personSite has the console and the sign-in behind a real server, on real services and a
// SQLite file, with the administrators root and mara, stan of the staff, and ann.
type personSite struct {
	testing.TB
	door     *httptest.Server
	db       *sqlstore.DB
	people   *account.Service
	sessions *session.Service
	now      func() time.Time

	root, mara, stan, ann store.User
}

func openPeople(t testing.TB, outbox *mail.Outbox) *personSite {
	t.Helper()
	s := &personSite{TB: t, now: testkit.Clock()}
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
	s.wire(ring, outbox, log)
	s.root, s.mara, s.stan, s.ann = s.person("root", "admin"), s.person("mara", "admin"), s.person("stan", "staff"), s.person("ann", "user")
	return s
}

// wire builds the services and the pages.
func (s *personSite) wire(ring *keys.Ring, outbox *mail.Outbox, log *slog.Logger) {
	issuer := s.door.URL
	registry := &client.Cache{Store: s.db, Now: s.now}
	sealer := cursor.Sealer{Keys: cursor.Fixed([32]byte{1})}
	ends := &ending.Service{DB: s.db, Rotations: s.db.Rotations(), Now: s.now, Log: log}
	limits := &throttle.Limiter{Store: s.db.Throttles(), Fallback: throttle.NewMemory(s.now), Rules: throttle.DefaultRules(), Now: s.now, Log: log}
	s.people = &account.Service{
		DB: s.db, Ends: ends, Policy: password.Policy{MinLength: 8}, Limits: limits, Now: s.now, Log: log, Cursors: sealer, Mail: outbox, Links: &link.Service{DB: s.db, Issuer: issuer, Now: s.now},
		Passwords: password.New(password.Options{MemoryKiB: 64, Iterations: 1, Parallelism: 1, BudgetMiB: 8}),
	}
	browsers := &browser.Service{DB: s.db, Ends: ends, Idle: time.Hour, Lifetime: 24 * time.Hour, Now: s.now, Log: log}
	visitors := pages.Visitors{Browsers: browsers}
	catalog := &apis.Catalog{Store: s.db, Audience: issuer, Now: s.now}
	hints := &token.Verifier{Keys: ring, Issuer: issuer, Audience: issuer, Now: s.now}
	s.sessions = &session.Service{
		DB: s.db, Ends: ends, Rotations: s.db.Rotations(), Clients: registry, APIs: catalog, Keys: ring, Verifier: hints,
		Minter: &token.Minter{Keys: ring, Issuer: issuer, Audience: issuer, Now: s.now}, Now: s.now, Log: log,
		Lifetimes: session.Lifetimes{Access: time.Minute, RefreshIdle: time.Hour, RefreshAbsolute: time.Hour},
	}
	requests := &authorize.Endpoint{
		Clients: registry, APIs: catalog, DB: s.db, Hints: hints, Issuer: issuer, Now: s.now, Continuations: authorize.Continuations{Sealer: sealer, Now: s.now},
	}
	tables := append(signin.Endpoints{
		Authorize: signin.Authorize{Browser: visitors.Read, Requests: requests},
		Login:     signin.Login{Visitors: visitors, Requests: requests, People: s.people, Browsers: browsers, Known: browser.Known{Sealer: sealer, Now: s.now}},
		Issuer:    issuer,
	}.Tables(), pages.Endpoints{Home: pages.Home{Visitors: visitors, Issuer: issuer}, Issuer: issuer}.Table(), console.Endpoints{
		Site:   console.Site{Visitors: visitors, Flash: pages.Flash{Sealer: sealer}, Issuer: issuer, Now: s.now},
		People: s.people, Browsing: s.people, Apps: &apps{}, Records: s.db, Scopes: catalog, Person: console.PersonServices{
			Accounts: s.people, Browsers: browsers, Sessions: s.sessions, Passkeys: s.db, Scopes: catalog, Clients: registry, Evidence: s.db, Directory: events.Directory{People: s.db, Apps: registry, APIs: s.db}, Mails: outbox.On(), MinLength: 8,
		},
	}.Table())
	s.door.Config.Handler = server.New(server.Options{
		Programs: api.Refuse, People: pages.Refuse, Proxies: server.Proxies{netip.MustParsePrefix("127.0.0.0/8")}, Metrics: metrics.New("test"), Log: log,
	}, tables...)
}

func (s *personSite) must(what string, err error) {
	s.Helper()
	if err != nil {
		s.Fatalf("this step failed: %s: %v", what, err)
	}
}

func (s *personSite) person(name, role string) store.User {
	s.Helper()
	u, err := s.people.Create(s.Context(), authz.Operator, account.Input{
		Username: fields.Given(name), Email: fields.Given(name + "@people.example"), Role: fields.Given(role), Password: fields.Given(everybodysPassword),
	})
	s.must("creating "+name, err)
	return u
}

// read returns a person as they are now.
func (s *personSite) read(u store.User) store.User {
	s.Helper()
	now, err := s.people.Get(s.Context(), u.ID)
	s.must("reading "+u.Username, err)
	return now
}

// begin begins a session of a person in an app, without a browser.
func (s *personSite) begin(u store.User, app store.Client) {
	s.Helper()
	proof, err := s.people.CheckPassword(s.Context(), u.Username, everybodysPassword, "login")
	s.must("checking the password", err)
	_, err = s.sessions.Begin(s.Context(), proof, app, apis.Grant{Scope: authz.Scope(app.Scope)}, apis.Asked{})
	s.must("beginning a session", err)
}

// shop registers an app.
func (s *personSite) shop() store.Client {
	s.Helper()
	c := store.Client{
		ID: "shop", Name: "Photo Shop", AuthMethod: store.NoSecret, GrantTypes: []string{"authorization_code"}, Scope: "openid profile role",
		RedirectURIs: []string{"https://shop.example.com/cb"}, CreatedAt: s.now(), UpdatedAt: s.now(),
	}
	s.must("creating the app", s.db.Write(s.Context(), func(tx store.Tx) error { return tx.CreateClient(c) }))
	return c
}

// living counts a person's sessions in apps.
func (s *personSite) living(u store.User) int {
	s.Helper()
	all, err := s.db.ListSessions(s.Context(), u.ID, s.now())
	s.must("listing sessions", err)
	return len(all)
}

// at is the path of a person's page.
func at(u store.User) string { return "/console/people/" + strconv.FormatInt(u.ID, 10) }

// A guest is one browser.
type guest struct {
	*personSite
	client *http.Client
}

// in returns a browser in which a person is signed in.
func (s *personSite) in(u store.User) *guest {
	s.Helper()
	jar, err := cookiejar.New(nil)
	s.must("making a cookie jar", err)
	g := &guest{s, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	form := g.do("/login", nil).form("username", u.Username, "password", everybodysPassword)
	if got := g.do("/login", form); got.status != http.StatusOK && got.status != http.StatusSeeOther {
		s.Fatalf("signing in as %s: status %d, want a page\n%s", u.Username, got.status, got.body)
	}
	return g
}

// A reading is an answer that has been read.
type reading struct {
	t           testing.TB
	path        string
	status      int
	header      http.Header
	body, plain string
}

// do sends one request, without following redirects. A nil form means GET.
func (g *guest) do(path string, form url.Values) reading {
	g.Helper()
	method, body := http.MethodGet, ""
	if form != nil {
		method, body = http.MethodPost, form.Encode()
	}
	r, err := http.NewRequestWithContext(g.Context(), method, g.door.URL+path, strings.NewReader(body))
	g.must("making a request", err)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	resp, err := g.client.Do(r)
	g.must("asking for "+path, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	g.must("reading "+path, err)
	plain := html.UnescapeString(tags.ReplaceAllString(string(text), ""))
	return reading{g.TB, path, resp.StatusCode, resp.Header, string(text), plain}
}

// send fills in a form of a page and follows where it leads.
func (g *guest) send(of reading, pairs ...string) reading {
	g.Helper()
	path, _, _ := strings.Cut(of.path, "?")
	got := g.do(path, of.form(pairs...))
	if to := got.header.Get("Location"); strings.HasPrefix(to, "/") {
		return g.do(to, nil)
	}
	return got
}

var (
	tags        = regexp.MustCompile(`<[^>]*>`)
	hiddenField = regexp.MustCompile(`<input type="hidden" name="(shown_to|version|to)" value="([^"]*)">`)
)

// form returns the hidden fields of the page and the given pairs.
func (p reading) form(pairs ...string) url.Values {
	form := url.Values{}
	for _, m := range hiddenField.FindAllStringSubmatch(p.body, -1) {
		form.Set(m[1], html.UnescapeString(m[2]))
	}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return form
}

// shows fails unless the page has the status and says the words.
func (p reading) shows(status int, words ...string) reading {
	p.t.Helper()
	if p.status != status {
		p.t.Fatalf("%s: status = %d to %q, want %d\n%s", p.path, p.status, p.header.Get("Location"), status, p.plain)
	}
	for _, word := range words {
		if !strings.Contains(p.plain, word) && !strings.Contains(p.body, word) {
			p.t.Errorf("%s: want the page to say %q\n%s", p.path, word, p.body)
		}
	}
	return p
}

// hides fails if the page says one of the words.
func (p reading) hides(words ...string) reading {
	p.t.Helper()
	for _, word := range words {
		if strings.Contains(p.plain, word) || strings.Contains(p.body, word) {
			p.t.Errorf("%s: the page says %q, want it not to\n%s", p.path, word, p.body)
		}
	}
	return p
}
