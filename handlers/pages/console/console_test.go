package console_test

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse/handlers/pages"
	"gatehouse/handlers/pages/console"
	"gatehouse/internal/account"
	"gatehouse/internal/browser"
	"gatehouse/internal/client"
	"gatehouse/internal/fields"
	"gatehouse/store"
)

// one stands in for the browser sessions, with the same answer for every cookie.
type one struct{ user store.User }

func (o one) Of(context.Context, string) (store.BrowserSession, store.User, error) {
	if o.user.ID == 0 {
		return store.BrowserSession{}, store.User{}, browser.ErrNone
	}
	return store.BrowserSession{ID: "b", UserID: o.user.ID}, o.user, nil
}

// lists stands in for the services: it keeps what it was asked for.
type lists struct {
	asked url.Values
	total int64
	err   error
	limit int
}

var now = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

func (l *lists) List(_ context.Context, parameters url.Values) (account.Page, error) {
	l.asked = parameters
	return account.Page{Total: cmp.Or(l.total, 2318), Next: "mark", Users: []store.User{
		{ID: 2, Username: "lin", Email: "lin@people.example", FirstName: "Annika", LastName: "<Lindgren>", Role: store.RoleStaff, Active: true, LastLoginAt: now.Add(-2 * time.Minute)},
		{ID: 3, Username: "gone", Email: "gone@people.example", Role: store.RoleUser},
	}}, l.err
}

func (l *lists) Browse(ctx context.Context, parameters url.Values, limit int, _ int64) (account.Page, error) {
	l.limit = limit
	return l.List(ctx, parameters)
}

type apps struct{ lists }

func (l *apps) List(_ context.Context, parameters url.Values) (client.Page, error) {
	l.asked = parameters
	return client.Page{Total: 1, Clients: []store.Client{{ID: "shop", Name: "Photo Shop", AuthMethod: store.NoSecret}}}, l.err
}

// open asks for a page as a person with that role.
func open(t *testing.T, role store.Role, people *lists, address string) *httptest.ResponseRecorder {
	t.Helper()
	counts := []store.HourlyCount{count(store.Tokens, "Shop", "", 0, 1)}
	return openWith(t, role, people, figures{counts: counts}.overview(), address)
}

// openWith is open with an overview.
func openWith(t *testing.T, role store.Role, people *lists, overview console.Overview, address string) *httptest.ResponseRecorder {
	t.Helper()
	user := store.User{ID: 1, Sub: "s", Username: "mara", Email: "mara@people.example", Role: role, Active: true}
	if role == "" {
		user = store.User{}
	}
	e := console.Endpoints{Site: console.Site{Visitors: pages.Visitors{Browsers: one{user}}, Now: func() time.Time { return now }}, People: people, Browsing: people, Apps: &apps{}, Overview: overview}
	path, _, _ := strings.Cut(address, "?")
	table := e.Table()
	for _, rt := range table.Routes {
		if rt.Path == path {
			w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "https://id.example"+address, nil)
			if err := rt.Serve(w, r); err != nil {
				table.Refuse(w, r, err)
			}
			return w
		}
	}
	t.Fatalf("the table has no route at %s, want one", path)
	return nil
}

func TestWhoMayOpenTheConsole(t *testing.T) {
	for _, c := range []struct {
		role         store.Role
		path         string
		status       int
		says, silent string
	}{
		{"", "/console", http.StatusSeeOther, "", "lin"},
		{store.RoleUser, "/console", http.StatusForbidden, "ask an administrator", "lin@"},
		{store.RoleUser, "/console/people", http.StatusForbidden, "ask an administrator", "lin@"},
		{store.RoleStaff, "/console", http.StatusOK, "lin@", "Photo Shop"},
		{store.RoleStaff, "/console/people", http.StatusOK, "2,318 people", "/console/apps"},
		{store.RoleStaff, "/console/apps", http.StatusForbidden, "ask an administrator", "Photo Shop"},
		{store.RoleAdmin, "/console", http.StatusOK, "Photo Shop", "nothing-of-this"},
		{store.RoleAdmin, "/console/apps", http.StatusOK, "Photo Shop", "nothing-of-this"},
	} {
		w := open(t, c.role, &lists{}, c.path)
		body := strings.ReplaceAll(w.Body.String(), "<wbr>", "")
		if w.Code != c.status || !strings.Contains(body, c.says) || strings.Contains(body, c.silent) {
			t.Errorf("%s as %q: status %d, want %d, with %q and without %q:\n%s", c.path, c.role, w.Code, c.status, c.says, c.silent, body)
		}
	}
}

func TestAVisitorComesBackAfterTheSignIn(t *testing.T) {
	w := open(t, "", &lists{}, "/console/people?search=lin&role=staff")
	if got, want := w.Header().Get("Location"), "/login?to="+url.QueryEscape("/console/people?role=staff&search=lin"); got != want {
		t.Errorf("led to %s, want %s", got, want)
	}
}

func TestTheListOfPeople(t *testing.T) {
	people := &lists{}
	w := open(t, store.RoleAdmin, people, "/console/people?search=lin&role=staff&limit=1000000&ordering=password")
	if people.asked.Get("search") != "lin" || people.asked.Get("role") != "staff" || people.limit != 40 || people.asked.Has("limit") || people.asked.Has("ordering") {
		t.Errorf("asked for %v, want the search and the role of the address alone", people.asked)
	}
	body := strings.ReplaceAll(w.Body.String(), "<wbr>", "")
	for _, want := range []string{
		"2,318 people are found", "Annika &lt;<mark>Lin</mark>dgren&gt;", "2 min ago", "never", "Deactivated", `value="lin"`,
		`href="/console/people?cursor=mark&amp;role=staff&amp;search=lin"`, `href="/console/people?role=admin&amp;search=lin"`, `href="/console/people?role=staff&amp;search=lin&amp;state=active"`, `href="/console/people?search=lin"`, `href="/console/people/2?in=role%3Dstaff%26search%3Dlin"`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page has no %s, want it:\n%s", want, body)
		}
	}
}

func TestASearchThatCannotBeMadeIsTold(t *testing.T) {
	w := open(t, store.RoleAdmin, &lists{err: fields.New("search", "This search cannot be made.")}, "/console/people?search=x")
	if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "This search cannot be made.") {
		t.Errorf("status %d, want 400 and why:\n%s", w.Code, w.Body)
	}
	if w := open(t, store.RoleAdmin, &lists{err: errors.New("disk on fire")}, "/console/people"); w.Code != http.StatusInternalServerError {
		t.Errorf("status after a fault of ours %d, want 500", w.Code)
	}
}
