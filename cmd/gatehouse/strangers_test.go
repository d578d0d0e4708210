package main

import (
	"database/sql"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gatehouse/config"
	"gatehouse/handlers"
	"gatehouse/internal/test/testdb"
	"gatehouse/store"
)

// strangersTable returns the lines of the table of docs/operations.md about strangers:
// their routes and their tests.
func strangersTable(t *testing.T) (routes, tests string) {
	t.Helper()
	text, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatalf("reading the file: %v", err)
	}
	_, section, found := strings.Cut(string(text), "\n## What a stranger can leave behind\n")
	if !found {
		t.Fatal("docs/operations.md has no section about strangers, want one")
	}
	section, _, _ = strings.Cut(section, "\n## ")
	for line := range strings.Lines(section) {
		if cells := strings.Split(line, "|"); len(cells) == 6 {
			routes += cells[1] + "\n"
			tests += cells[4] + "\n"
		}
	}
	return routes, tests
}

// openRoutes returns the routes that need no token, each with its declared methods.
func (a *app) openRoutes() (all []handlers.Route) {
	for _, rt := range handlers.Routes(a.surface) {
		if declared := surface[declaredAs(rt.Path)]; len(declared) > 0 && declared[0].callers == "open" {
			all = append(all, rt)
		}
	}
	return all
}

func TestEveryOpenRouteIsInTheTableOfStrangers(t *testing.T) {
	routes, tests := strangersTable(t)
	listed := map[string]bool{}
	for _, code := range regexp.MustCompile("`[^`]+`").FindAllString(routes, -1) {
		path := code[strings.IndexByte(code, '/')+1 : len(code)-1]
		listed["/"+strings.TrimSuffix(path, "/")] = true
	}
	a := startApp(t, slog.New(slog.DiscardHandler), registering)
	for _, rt := range a.openRoutes() {
		if path := declaredAs(rt.Path); !listed[path] {
			t.Errorf("%s %s is not in the table of docs/operations.md, want a line that says what a stranger can leave behind there", rt.Method, path)
		}
	}
	var sources strings.Builder
	err := fs.WalkDir(os.DirFS("../.."), ".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(filepath.Join("../..", path))
		sources.Write(text)
		return err
	})
	if err != nil {
		t.Fatalf("reading the tests: %v", err)
	}
	for _, name := range regexp.MustCompile(`Test\w+`).FindAllString(tests, -1) {
		if !strings.Contains(sources.String(), "func "+name+"(") {
			t.Errorf("the table names the test %s, want one that exists", name)
		}
	}
}

// A mess is how many rows one request of a stranger may leave, by table.
type mess map[string]int

// messes are the open routes that leave something to strangers who make everything up.
// The others leave nothing. Sign-up, pushed requests, device codes and apps that register
// themselves have tests of their own, with names and clients that exist.
var messes = map[string]mess{
	"POST /login":              {"throttles": 7, "audit_log": 1},
	"POST /api/accounts/login": {"throttles": 7, "audit_log": 1},
	"POST /oauth/token":        {"throttles": 2}, "POST /oauth/introspect": {"throttles": 2}, "POST /oauth/revoke": {"throttles": 2},
	"POST /login/passkey/options": {"throttles": 1, "challenges": 1}, "POST /signup/passkey/options": {"throttles": 1}, "POST /reset/passkey/options": {"throttles": 3}, "POST /oauth/challenge": {"throttles": 2},
	"POST /oauth/par": {"throttles": 2}, "POST /oauth/device_authorization": {"throttles": 2},
	"POST /api/accounts/token/refresh": {"throttles": 2}, "POST /api/accounts/logout": {"throttles": 2},
	"GET /reset": {"throttles": 2}, "POST /reset": {"throttles": 2}, "GET /invite": {"throttles": 2}, "POST /invite": {"throttles": 2},
	"GET /verify": {"throttles": 2}, "POST /verify": {"throttles": 2}, "GET /signup": {"throttles": 2}, "POST /signup": {"throttles": 3},
	"POST /api/accounts/password/reset": {"throttles": 2}, "POST /api/accounts/email/verify": {"throttles": 2},
}

// madeUp returns what the i-th stranger sends: values that they made up, in a site of their
// own.
func madeUp(i int, method, path string) *http.Request {
	form := url.Values{}
	for _, name := range strings.Fields("username password client_id client_secret grant_type token refresh request request_uri state " +
		"user_code answer id_token_hint post_logout_redirect_uri code redirect_uri scope response_type") {
		form.Set(name, fmt.Sprintf("made up %s %d", name, i))
	}
	form.Set("grant_type", "client_credentials")
	target := "http://localhost:8080" + path
	if method == http.MethodGet {
		target += "?" + form.Encode()
	}
	r := httptest.NewRequest(method, target, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.RemoteAddr = fmt.Sprintf("[2001:db8:%x::1]:4711", i)
	return r
}

// TestStrangersLeaveWhatTheTableSays floods every open route from many sites, and counts
// the rows.
func TestStrangersLeaveWhatTheTableSays(t *testing.T) {
	const flood = 20
	var dsn string
	c := gather(t, startApp(t, slog.New(slog.DiscardHandler), func(cfg *config.Config) { dsn, cfg.Registration = cfg.Database.Reveal(), "open" }))
	raw := testdb.Raw(t, dsn)
	for _, rt := range c.openRoutes() {
		if rt.Path == "/api/accounts/signup" || strings.HasPrefix(rt.Path, "/assets/") && !strings.HasSuffix(rt.Path, ".css") {
			continue
		}
		before := rowsOf(t, raw)
		for i := range flood {
			w := httptest.NewRecorder()
			if c.handler.ServeHTTP(w, madeUp(i, rt.Method, rt.Path)); w.Code >= 500 && w.Code != http.StatusServiceUnavailable {
				t.Errorf("%s %s: status %d, want a refusal", rt.Method, rt.Path, w.Code)
			}
		}
		for table, rows := range rowsOf(t, raw) {
			if table == "refusals" || table == "hourly_counts" {
				continue // written meanwhile, for all routes: below, and internal/hourly
			}
			if left, most := rows-before[table], flood*messes[rt.Method+" "+rt.Path][table]; left > most {
				t.Errorf("%d strangers at %s %s left %d rows in %s, want at most %d", flood, rt.Method, rt.Path, left, table, most)
			}
		}
	}
	if kept := rowsOf(t, raw)["refusals"]; kept > 1000 {
		t.Errorf("the flood left %d rows in refusals, want at most the 1000 of an hour", kept)
	}
	if w := c.login("203.0.113.9", "user", crowdPassword, nil); w.Code != http.StatusOK {
		t.Errorf("signing in after the flood: status %d %s, want 200", w.Code, w.Body)
	}
}

// login signs in at the API from an address, with a cookie if there is one.
func (c *crowd) login(from, name, password string, cookie *http.Cookie) *httptest.ResponseRecorder {
	form := url.Values{"username": {name}, "password": {password}}
	r := httptest.NewRequest(http.MethodPost, "http://localhost:8080/api/accounts/login/", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.RemoteAddr = net.JoinHostPort(from, "4711")
	if cookie != nil {
		r.AddCookie(cookie)
	}
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	return w
}

// TestASpreadAttack guesses at one account, five times from each of many sites. An
// operator finds it on record, once, and the owner signs in: elsewhere, and among the
// guessers with their own browser.
func TestASpreadAttack(t *testing.T) {
	c := gather(t, startApp(t, slog.New(slog.DiscardHandler), nil))
	first := c.login("2001:db8::1", "user", crowdPassword, nil)
	if first.Code != http.StatusOK || len(first.Result().Cookies()) != 1 {
		t.Fatalf("the owner's first sign-in: status %d, cookies %v; want 200 and one", first.Code, first.Result().Cookies())
	}
	judged := 0
	for i := range 24 * 5 {
		switch w := c.login(fmt.Sprintf("2001:db8:%x::1", i/5), "user", "a wrong password", nil); w.Code {
		case http.StatusUnauthorized:
			judged++
		case http.StatusTooManyRequests:
		default:
			t.Fatalf("guess %d: status %d, want 401 or 429", i, w.Code)
		}
	}
	// Five from each of 20 sites, one that shows that these were enough, and then one from
	// each of four sites.
	if want := 100 + 1 + 4; judged != want {
		t.Errorf("%d of 120 guesses were judged, want %d", judged, want)
	}
	events, err := c.db.ListAudit(t.Context(), store.AuditQuery{Kind: "attack.suspected", Limit: 10})
	if err != nil || len(events) != 1 || events[0].Subject != "user:"+c.people["user"].Sub || string(events[0].Detail) != `{"what":"signin"}` {
		t.Errorf("on record: %+v, %v; want one attack.suspected at the person", events, err)
	}
	if w := c.login("203.0.113.9", "user", crowdPassword, nil); w.Code != http.StatusOK {
		t.Errorf("the owner elsewhere: status %d, want 200", w.Code)
	}
	if w := c.login("2001:db8:17::1", "user", crowdPassword, first.Result().Cookies()[0]); w.Code != http.StatusOK {
		t.Errorf("the owner's browser among the guessers: status %d, want 200", w.Code)
	}
	if w := c.login("2001:db8:17::1", "user", crowdPassword, nil); w.Code != http.StatusTooManyRequests {
		t.Errorf("another browser among the guessers: status %d, want 429", w.Code)
	}
}

// rowsOf returns how many rows each table of a SQLite file has, but those that the server
// writes to on its own.
func rowsOf(t *testing.T, raw *sql.DB) map[string]int {
	t.Helper()
	rows := map[string]int{}
	names, err := raw.QueryContext(t.Context(), "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT IN ('locks', 'signing_keys', 'user_words')")
	if err != nil {
		t.Fatalf("listing the tables: %v", err)
	}
	defer names.Close()
	for names.Next() {
		var name string
		if err := names.Scan(&name); err != nil {
			t.Fatalf("reading a name: %v", err)
		}
		rows[name] = 0
	}
	if err := names.Err(); err != nil {
		t.Fatalf("listing the tables: %v", err)
	}
	for name := range rows {
		var n int
		query := "SELECT COUNT(*) FROM " + name
		if name == "audit_log" {
			query += " WHERE actor <> 'system'"
		}
		if err := raw.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
			t.Fatalf("counting the rows of %s: %v", name, err)
		}
		rows[name] = n
	}
	return rows
}
