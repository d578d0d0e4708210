package console_test

import (
	"context"
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"gatehouse/handlers"
	"gatehouse/handlers/pages"
	"gatehouse/handlers/pages/console"
	"gatehouse/internal/apis"
	"gatehouse/internal/authz"
	"gatehouse/internal/client"
	"gatehouse/internal/cursor"
	"gatehouse/internal/ending"
	"gatehouse/internal/fields"
	"gatehouse/internal/grant"
	"gatehouse/internal/test/testdb"
	"gatehouse/internal/test/testkit"
	"gatehouse/store"
	"gatehouse/store/sqlstore"
)

// An appSite has the pages of the apps on the real services and a SQLite file, and root, an
// administrator.
type appSite struct {
	*testing.T
	db    *sqlstore.DB
	apps  *client.Service
	root  store.User
	table handlers.Table
	now   time.Time
}

func openApps(t *testing.T) *appSite {
	t.Helper()
	s := &appSite{T: t, now: testkit.Clock()()}
	clock := func() time.Time { return s.now }
	log := slog.New(slog.DiscardHandler)
	db, err := sqlstore.Open(t.Context(), sqlstore.Options{DSN: testdb.Ready(t), Now: clock, Log: log})
	if err == nil {
		t.Cleanup(func() { _ = db.Close() })
		err = db.Migrate(t.Context())
	}
	if err != nil {
		t.Fatalf("opening the database: %v", err)
	}
	s.db = db
	sealer := cursor.Sealer{Keys: cursor.Fixed([32]byte{1})}
	catalog := &apis.Catalog{Store: db, Audience: "https://id.example", Now: clock}
	s.apps = &client.Service{
		DB: db, Ends: &ending.Service{DB: db, Rotations: db.Rotations(), Now: clock, Log: log}, APIs: &apis.Service{DB: db, Issuer: "https://id.example", Audience: "https://id.example", Now: clock}, Cursors: sealer, Grants: grant.Types(), Now: clock, Log: log,
	}
	s.root = s.person("root", store.RoleAdmin)
	e := console.Endpoints{
		Site:   console.Site{Visitors: pages.Visitors{Browsers: one{s.root}}, Flash: pages.Flash{Sealer: sealer}, Issuer: "https://id.example", Now: clock},
		People: &lists{}, Apps: s.apps, Clients: s.apps, Records: db, Scopes: catalog,
	}
	s.table = e.Table()
	return s
}

func (s *appSite) person(name string, role store.Role) (u store.User) {
	s.Helper()
	u = store.User{Sub: "0f0e5c5e-4a5b-4f6d-9d4e-" + strings.Repeat("0", 12-len(name)) + strings.Map(func(rune) rune { return 'a' }, name), Username: name, Email: name + "@people.example", Role: role, Active: true, JoinedAt: s.now, UpdatedAt: s.now}
	err := s.db.Write(s.Context(), func(tx store.Tx) (err error) {
		u.ID, err = tx.CreateUser(u)
		return err
	})
	if err != nil {
		s.Fatalf("creating %s: %v", name, err)
	}
	return u
}

// An answer is a page that has been read.
type answer struct {
	*httptest.ResponseRecorder
	t    *testing.T
	path string
}

var route = regexp.MustCompile(`\{id\}`)

// ask sends a request as a browser does; without a form, a GET.
func (s *appSite) ask(address string, form url.Values) answer {
	s.Helper()
	method, body := http.MethodGet, ""
	if form != nil {
		method, body = http.MethodPost, form.Encode()
	}
	path, _, _ := strings.Cut(address, "?")
	for _, rt := range s.table.Routes {
		pattern := regexp.MustCompile("^" + route.ReplaceAllString(regexp.QuoteMeta(rt.Path), "") + "$")
		if strings.Contains(rt.Path, "{id}") {
			pattern = regexp.MustCompile("^" + strings.ReplaceAll(rt.Path, "{id}", "([^/]+)") + "$")
		}
		found := pattern.FindStringSubmatch(path)
		if found == nil || rt.Method != method {
			continue
		}
		r := httptest.NewRequestWithContext(context.WithoutCancel(s.Context()), method, "https://id.example"+address, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		if len(found) > 1 {
			r.SetPathValue("id", found[1])
		}
		w := httptest.NewRecorder()
		if err := rt.Serve(w, r); err != nil {
			s.table.Refuse(w, r, err)
		}
		return answer{w, s.T, address}
	}
	s.Fatalf("no route for %s %s, want one", method, address)
	return answer{}
}

var (
	hiddenInputs = regexp.MustCompile(`<input type="hidden" name="([a-z_]+)" value="([^"]*)">`)
	valued       = regexp.MustCompile(`<input (?:id="[^"]*" )?name="([^"]+)" value="([^"]+)"`)
	ticked       = regexp.MustCompile(`<input type="checkbox"(?: id="[^"]*")? name="([^"]+)"(?: value="([^"]*)")? checked`)
	selected     = regexp.MustCompile(`(?s)<select id="[^"]*" name="([^"]+)"[^>]*>.*?<option value="([^"]*)" selected>`)
)

// send sends the form of a page as it is filled in, with the pairs changed; an empty value
// clears a field.
func (s *appSite) send(of answer, pairs ...string) answer {
	s.Helper()
	form := url.Values{}
	for _, fields := range []*regexp.Regexp{hiddenInputs, valued, ticked, selected} {
		for _, m := range fields.FindAllStringSubmatch(of.Body.String(), -1) {
			form.Set(html.UnescapeString(m[1]), html.UnescapeString(m[2]))
		}
	}
	for _, m := range ticked.FindAllStringSubmatch(of.Body.String(), -1) {
		if m[2] == "" {
			form.Set(html.UnescapeString(m[1]), "on")
		}
	}
	for i := 0; i < len(pairs); i += 2 {
		if form.Set(pairs[i], pairs[i+1]); pairs[i+1] == "" {
			form.Del(pairs[i])
		}
	}
	path, _, _ := strings.Cut(of.path, "?")
	return s.ask(path, form)
}

// shows fails unless the page has the status and the words.
func (a answer) shows(status int, words ...string) answer {
	a.t.Helper()
	text := html.UnescapeString(strings.ReplaceAll(a.Body.String(), "<wbr>", ""))
	if a.Code != status {
		a.t.Fatalf("%s: status %d to %q, want %d:\n%s", a.path, a.Code, a.Header().Get("Location"), status, text)
	}
	for _, word := range words {
		if !strings.Contains(text, word) {
			a.t.Errorf("%s: the page does not say %q, want it to:\n%s", a.path, word, text)
		}
	}
	return a
}

// leads fails unless the answer is a redirect to the path.
func (a answer) leads(to string) {
	a.t.Helper()
	if got := a.Header().Get("Location"); a.Code != http.StatusSeeOther || got != to {
		a.t.Fatalf("%s: status %d to %q, want 303 to %s:\n%s", a.path, a.Code, got, to, a.Body)
	}
}

// app returns an app as it is kept.
func (s *appSite) app(id string) store.Client {
	s.Helper()
	c, err := s.apps.Get(s.Context(), id)
	if err != nil {
		s.Fatalf("reading the app %s: %v", id, err)
	}
	return c
}

// register registers an app without a page.
func (s *appSite) register(in client.Input) store.Client {
	s.Helper()
	c, _, err := s.apps.Create(s.Context(), authz.Operator, in)
	if err != nil {
		s.Fatalf("registering an app: %v", err)
	}
	return c
}

func web(id string) client.Input {
	return client.Input{ID: fields.Given(id), Name: fields.Given("Photo Shop"), RedirectURIs: fields.Listed("https://shop.example/cb"), Scope: fields.Given("openid profile email")}
}
