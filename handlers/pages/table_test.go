package pages_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"gatehouse/handlers/pages"
	"gatehouse/store"
)

// ask sends a request to a route of the table, and returns the page.
func ask(t *testing.T, e pages.Endpoints, method, path string, change func(*http.Request)) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, "https://id.example.com"+path, nil)
	if change != nil {
		change(r)
	}
	table := e.Table()
	for _, rt := range table.Routes {
		if rt.Method == method && rt.Path == path {
			return serve(rt.Serve, r)
		}
	}
	for _, rt := range table.Routes {
		if rt.Path == path {
			return serve(func(_ http.ResponseWriter, r *http.Request) error { return table.NotAllowed(r, rt) }, r)
		}
	}
	t.Fatalf("the table has no route at %s, want one", path)
	return nil
}

// A form counts as ours if it comes from a page at the issuer, whatever Host says.
func TestOriginsOfAForm(t *testing.T) {
	const accepted = http.StatusBadRequest // the body is not a form
	for _, c := range []struct {
		name, issuer, host, site, origin string
		want                             int
	}{
		{"our page", "https://id.example.com", "id.example.com", "", "https://id.example.com", accepted},
		{"our page, behind a proxy that changes Host", "https://id.example.com", "10.0.0.7:8080", "same-origin", "https://id.example.com", accepted},
		{"an issuer with a path", "https://id.example.com/auth", "id.example.com", "", "https://id.example.com", accepted},
		{"an issuer with a port that https implies", "https://ID.example.com:443", "id.example.com", "", "https://id.example.com", accepted},
		{"an issuer with another port", "http://localhost:8080", "localhost:8080", "", "http://localhost:8080", accepted},
		{"a browser that keeps the origin to itself", "https://id.example.com", "id.example.com", "same-origin", "null", accepted},
		{"a program", "https://id.example.com", "id.example.com", "", "", accepted},
		{"a page over plain http", "https://id.example.com", "id.example.com", "", "http://id.example.com", http.StatusForbidden},
		{"the same in capitals", "https://id.example.com", "id.example.com", "", "HTTP://id.example.com", http.StatusForbidden},
		{"another site", "https://id.example.com", "id.example.com", "", "https://evil.test", http.StatusForbidden},
		{"a name that leads here", "https://id.example.com", "evil.test", "", "http://evil.test", http.StatusForbidden},
		{"a name that leads here, in a browser of today", "https://id.example.com", "evil.test", "same-origin", "https://evil.test", http.StatusForbidden},
		{"a name that leads here, without TLS", "http://localhost:8080", "evil.test", "", "http://evil.test", http.StatusForbidden},
		{"another port", "http://localhost:8080", "localhost:3000", "", "http://localhost:3000", http.StatusForbidden},
		{"a page without an origin", "https://id.example.com", "id.example.com", "", "null", http.StatusForbidden},
		{"a framed page without an origin", "https://id.example.com", "id.example.com", "cross-site", "null", http.StatusForbidden},
		{"a neighbour", "https://id.example.com", "id.example.com", "same-site", "https://id.example.com", http.StatusForbidden},
	} {
		w := ask(t, pages.Endpoints{Issuer: c.issuer}, "POST", "/setup", func(r *http.Request) {
			r.Host = c.host
			r.Header.Set("Sec-Fetch-Site", c.site)
			r.Header.Set("Origin", c.origin)
		})
		if w.Code != c.want {
			t.Errorf("%s: status = %d, want %d", c.name, w.Code, c.want)
		}
	}
}

func TestAssetsAreServed(t *testing.T) {
	kinds := map[string]bool{}
	for _, rt := range (pages.Endpoints{}).Table().Routes {
		if strings.HasPrefix(rt.Path, "/assets/") {
			w := ask(t, pages.Endpoints{}, "GET", rt.Path, nil)
			kinds[w.Header().Get("Content-Type")] = w.Code == http.StatusOK && w.Body.Len() > 0
		}
	}
	if !kinds["text/css; charset=utf-8"] || !kinds["text/javascript; charset=utf-8"] || len(kinds) != 2 {
		t.Errorf("served %v, want a style sheet and a script", kinds)
	}
}

func TestAMethodThatAPageDoesNotHave(t *testing.T) {
	if w := ask(t, pages.Endpoints{}, "DELETE", "/", nil); w.Code != http.StatusMethodNotAllowed || !strings.Contains(w.Body.String(), "cannot be used in that way") {
		t.Errorf("DELETE /: status = %d, want 405 and words\n%s", w.Code, w.Body)
	}
}

// browsers stands in for the browser sessions, with the same answer for every cookie.
type browsers struct {
	user store.User
	err  error
}

func (b browsers) Of(context.Context, string) (store.BrowserSession, store.User, error) {
	return store.BrowserSession{ID: "b", UserID: b.user.ID}, b.user, b.err
}

func TestHomeNamesThePersonWhoIsSignedIn(t *testing.T) {
	at := func(b browsers) *httptest.ResponseRecorder {
		return ask(t, pages.Endpoints{Home: pages.Home{Visitors: pages.Visitors{Browsers: b}}}, "GET", "/", nil)
	}
	w := at(browsers{user: store.User{ID: 1, Sub: "s", Username: "ann", Email: "ann@example.com"}})
	for _, want := range []string{"ann@example.com", `href="/logout"`} {
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want) {
			t.Errorf("status = %d, want 200 and %s in\n%s", w.Code, want, w.Body)
		}
	}
	if w := at(browsers{err: errors.New("disk on fire")}); w.Code != http.StatusInternalServerError {
		t.Errorf("status after a fault of ours = %d, want 500", w.Code)
	}
}

func TestInWords(t *testing.T) {
	for seconds, want := range map[int]string{1: "a second", 2: "2 seconds", 89: "89 seconds", 90: "2 minutes", 5399: "90 minutes", 5400: "2 hours"} {
		if got := pages.InWords(httptest.NewRequest("GET", "/", nil), seconds); got != want {
			t.Errorf("InWords(%d) = %q, want %q", seconds, got, want)
		}
	}
}
