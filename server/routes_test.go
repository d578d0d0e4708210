package server

import (
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gatehouse/handlers"
	"gatehouse/handlers/api"
	"gatehouse/handlers/pages"
	"gatehouse/internal/metrics"
)

// open lists the routes for front ends and operators that require no permission, not
// even a token. Adding one here declares that anybody may use it.
var open = []string{
	"POST /api/accounts/token/refresh", "OPTIONS /api/accounts/token/refresh",
	"POST /api/accounts/login", "OPTIONS /api/accounts/login",
	"POST /api/accounts/logout", "OPTIONS /api/accounts/logout",
	"POST /api/accounts/signup", "OPTIONS /api/accounts/signup",
	"POST /api/accounts/password/forgot", "OPTIONS /api/accounts/password/forgot",
	"POST /api/accounts/password/reset", "OPTIONS /api/accounts/password/reset",
	"POST /api/accounts/email/verify", "OPTIONS /api/accounts/email/verify",
}

func TestEveryRouteNeedsAPermissionOrIsDeclaredOpen(t *testing.T) {
	var found []string
	for _, rt := range handlers.Routes(guardedTables()) {
		if rt.Needs.Open() {
			found = append(found, rt.Method+" "+rt.Path)
		}
	}
	slices.Sort(found)
	want := slices.Sorted(slices.Values(open))
	if !slices.Equal(found, want) {
		t.Errorf("the routes that are open to everybody differ from those declared (-want +got):\n%s", cmp.Diff(want, found))
	}
}

// Only the guarded tables may serve paths below /api/.
func TestTheAPIIsServedByGuardedTablesAlone(t *testing.T) {
	guarded := map[string]handlers.Route{}
	for _, rt := range handlers.Routes(guardedTables()) {
		guarded[rt.Method+" "+rt.Path] = rt
	}
	for _, rt := range handlers.Routes(realTables()) {
		if _, known := guarded[rt.Method+" "+rt.Path]; strings.HasPrefix(rt.Path, "/api/") != known {
			t.Errorf("%s %s: want paths below /api/ to be guarded, and no others", rt.Method, rt.Path)
		}
	}
}

// public lists the paths that every web page may read.
var public = []string{
	"/.well-known/jwks.json", "/.well-known/oauth-authorization-server", "/.well-known/oauth-protected-resource", "/.well-known/openid-configuration", "/openapi.json",
}

// A page that may read an answer may also ask for it with headers of its own, such as
// authorization, for which the browser asks first.
func TestWhatEveryPageMayReadAnswersThePreflight(t *testing.T) {
	var found []string
	for _, table := range realTables() {
		for _, rt := range table.Routes {
			r := httptest.NewRequest("OPTIONS", "http://x"+rt.Path, nil)
			r.Header.Set("Origin", "https://anybody.example")
			r.Header.Set("Access-Control-Request-Method", "GET")
			r.Header.Set("Access-Control-Request-Headers", "authorization,x-app")
			if rt.Method == "OPTIONS" || !rt.Needs.Open() {
				continue // a guarded path; it has OPTIONS of its own
			}
			h := serveOne(table.Audience, rt, r).Header()
			if h.Get("Access-Control-Allow-Origin") == "*" && h.Get("Access-Control-Allow-Headers") == "Authorization, Content-Type, x-app" {
				found = append(found, rt.Path)
			}
		}
	}
	slices.Sort(found)
	if diff := cmp.Diff(public, found); diff != "" {
		t.Errorf("the paths that answer anybody's preflight differ (-want +got):\n%s", diff)
	}
}

func TestTheTableIsInOrder(t *testing.T) {
	lines, owners := map[string]bool{}, map[string]int{}
	for i, table := range realTables() {
		if table.Refuse == nil || table.NotAllowed == nil {
			t.Errorf("the table of %s cannot refuse, want it to", table.Name)
		}
		for _, rt := range table.Routes {
			line := rt.Method + " " + rt.Path
			owner, known := owners[rt.Path]
			switch {
			case lines[line]:
				t.Errorf("%s is in the tables twice, want it once", line)
			case known && owner != i:
				t.Errorf("%s: the path is in two tables, want it in one, because it can refuse in one way only", line)
			case rt.Path != "/" && strings.HasSuffix(rt.Path, "/"):
				t.Errorf("%s ends in a slash, want none", line)
			case table.Slash != strings.HasPrefix(rt.Path, "/api/"):
				t.Errorf("%s: want an answer with a slash as well where the old application is replaced, and nowhere else", line)
			}
			lines[line], owners[rt.Path] = true, i
		}
	}
}

func TestPagesThatChangeSomethingRefuseOtherOrigins(t *testing.T) {
	asked := 0
	for _, table := range realTables() {
		for _, rt := range table.Routes {
			if table.Name != "people" || rt.Method == "GET" {
				continue
			}
			asked++
			if w := serveOne(table.Audience, rt, newCrossSite(rt.Method, rt.Path)); w.Code != 403 {
				t.Errorf("%s %s from another site: status = %d, want 403", rt.Method, rt.Path, w.Code)
			}
		}
	}
	if asked == 0 {
		t.Error("the tables have no page that changes something, want at least one")
	}
}

// An app that opens its sign-in in a popup gets no message from there once any answer on
// the way, a refusal included, has a Cross-Origin-Opener-Policy.
func TestAPopupKeepsItsOpenerWhereAppsLeadBrowsers(t *testing.T) {
	door := New(Options{Programs: api.Refuse, People: pages.Refuse, Metrics: metrics.New("test"), Log: slog.New(slog.DiscardHandler)}, realTables()...)
	for path, want := range map[string]string{
		"/oauth/authorize": "", "/oauth/authorize?x=%zz": "", "/oauth/logout": "", "/login": "", "/consent": "", "/logout": "", "/device": "",
		"/": "same-origin", "/setup": "same-origin", "/nowhere": "same-origin",
	} {
		for _, method := range []string{"GET", "POST", "DELETE"} {
			w := httptest.NewRecorder()
			door.ServeHTTP(w, newCrossSite(method, path))
			if got := w.Header().Get("Cross-Origin-Opener-Policy"); got != want {
				t.Errorf("%s %s: Cross-Origin-Opener-Policy = %q, want %q", method, path, got, want)
			}
		}
	}
}

func TestAMemberOfTheMetadataNamesOneEndpoint(t *testing.T) {
	paths := map[string]string{}
	for _, rt := range handlers.Routes(realTables()) {
		if rt.Discovery == "" {
			continue
		}
		if other, taken := paths[rt.Discovery]; taken {
			t.Errorf("%s names both %s and %s, want one of them", rt.Discovery, other, rt.Path)
		}
		paths[rt.Discovery] = rt.Path
	}
	if len(paths) == 0 {
		t.Error("no route is advertised, want some")
	}
}

// The templates spell out the paths of pages; this test compares them with the tables.
func TestPagesLeadToPathsThatAreServed(t *testing.T) {
	served := map[string]bool{}
	for _, rt := range handlers.Routes(realTables()) {
		served[rt.Method+" "+rt.Path] = true
	}
	files, err := filepath.Glob("../web/templates/*.html")
	if err != nil || len(files) == 0 {
		t.Fatalf("found the templates %v, %v; want some", files, err)
	}
	found := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatalf("reading a template: %v", err)
		}
		for _, m := range leads.FindAllStringSubmatch(string(text), -1) {
			found++
			method := strings.ToUpper(m[1])
			if method == "" {
				method = "GET" // a link
			}
			if line := method + " " + m[2]; !served[line] {
				t.Errorf("%s leads to %s, want a route that is served", filepath.Base(file), line)
			}
		}
	}
	if found == 0 {
		t.Error("the templates lead to no fixed path, want some")
	}
}

// leads matches links, and forms with their methods, that lead to a fixed path.
var leads = regexp.MustCompile(`(?:<form method="(get|post)" action|href)="\{\{url "(/[^"?#]*)["?#]`)
