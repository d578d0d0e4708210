package server

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"gatehouse/handlers"
)

func TestAnyOrigin(t *testing.T) {
	audience := handlers.Audience{
		Refuse: func(w http.ResponseWriter, _ *http.Request, err error) {
			http.Error(w, err.Error(), http.StatusMethodNotAllowed)
		},
		NotAllowed: func(*http.Request, handlers.Route) error { return errors.New("not allowed") },
	}
	for _, c := range []struct {
		name, method  string
		asked, origin string
		status        int
		headers       string
	}{
		{"a page reads it", "GET", "", "https://a.example", 200, ""},
		{"not a browser", "GET", "", "", 200, ""},
		{"a preflight", "OPTIONS", "GET", "https://a.example", 204, "Authorization, Content-Type, x-app"},
		{"of a sandbox", "OPTIONS", "GET", "null", 204, "Authorization, Content-Type, x-app"},
		{"OPTIONS that is not a preflight", "OPTIONS", "", "https://a.example", 405, ""},
		{"another method", "POST", "", "https://a.example", 405, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest(c.method, "http://x/public", nil)
			r.Header.Set("Access-Control-Request-Headers", "authorization,x-app")
			if c.origin != "" {
				r.Header.Set("Origin", c.origin)
			}
			if c.asked != "" {
				r.Header.Set("Access-Control-Request-Method", c.asked)
			}
			serve := func(http.ResponseWriter, *http.Request) error { return nil }
			w := serveOne(audience, handlers.Route{Method: "GET", Path: "/public", AnyOrigin: true, Serve: serve}, r)
			if w.Code != c.status || w.Header().Get("Access-Control-Allow-Origin") != "*" || w.Header().Get("Access-Control-Allow-Headers") != c.headers {
				t.Errorf("status %d, headers %v; want %d, every origin, and the headers %q", w.Code, w.Header(), c.status, c.headers)
			}
		})
	}
}

func TestRouter(t *testing.T) {
	audience := handlers.Audience{
		Slash: true,
		Refuse: func(w http.ResponseWriter, _ *http.Request, err error) {
			http.Error(w, err.Error(), http.StatusTeapot)
		},
		NotAllowed: func(_ *http.Request, first handlers.Route) error {
			return errors.New("not allowed, but " + first.Method + " " + first.Path)
		},
	}
	echo := func(w http.ResponseWriter, r *http.Request) error {
		_, err := io.WriteString(w, r.Method+" "+r.PathValue("id"))
		return err
	}
	h := router([]handlers.Table{tableOf(audience,
		handlers.Route{Method: http.MethodGet, Path: "/things/{id}", Serve: echo},
		handlers.Route{Method: http.MethodDelete, Path: "/things/{id}", Serve: echo},
		handlers.Route{Method: http.MethodPost, Path: "/refuses", Serve: func(http.ResponseWriter, *http.Request) error { return errors.New("no") }},
	)}, refuse, nil)

	for _, c := range []struct {
		method, path string
		status       int
		body, allow  string
	}{
		{"GET", "/things/7", 200, "GET 7", ""},
		{"GET", "/things/7/", 200, "GET 7", ""},
		{"HEAD", "/things/7", 200, "HEAD 7", ""},
		{"GET", "/things/a%20b%C3%A9%40", 200, "GET a bé@", ""},
		{"GET", "/things/!$&'()*+,;=:@", 200, "GET !$&'()*+,;=:@", ""},
		{"GET", "/things/%256d", 200, "GET %6d", ""},
		{"DELETE", "/things/%37/", 400, "needless percent-encoding in the path\n", ""},
		{"GET", "/%74hings/7", 400, "needless percent-encoding in the path\n", ""},
		{"GET", "/%6detrics", 400, "needless percent-encoding in the path\n", ""},
		{"GET", "/%6Detrics", 400, "needless percent-encoding in the path\n", ""},
		{"GET", "/x/%2e%2e/things/7", 400, "needless percent-encoding in the path\n", ""},
		{"POST", "/things/7", 418, "not allowed, but GET /things/{id}\n", "DELETE, GET, HEAD"},
		{"FOO", "/things/7", 418, "not allowed, but GET /things/{id}\n", "DELETE, GET, HEAD"},
		{"POST", "/refuses", 418, "no\n", ""},
		{"GET", "/things//7", 404, "nothing at this path\n", ""},
		{"GET", "//things/7", 404, "nothing at this path\n", ""},
		{"GET", "/x/../things/7", 404, "nothing at this path\n", ""},
		{"GET", "/things%2f7", 400, "needless percent-encoding in the path\n", ""},
		{"GET", "/things/%2F7", 400, "needless percent-encoding in the path\n", ""},
		{"GET", "/things%5C7", 400, "needless percent-encoding in the path\n", ""},
		{"GET", "/Things/7", 404, "nothing at this path\n", ""},
	} {
		r := httptest.NewRequest(c.method, "http://x"+c.path, nil)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != c.status || w.Body.String() != c.body || w.Header().Get("Allow") != c.allow {
			t.Errorf("%s %s: %d %q Allow %q, want %d %q %q", c.method, c.path, w.Code, w.Body.String(), w.Header().Get("Allow"), c.status, c.body, c.allow)
		}
	}
}
