package server

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// everyHeader holds the headers that every answer has, whichever part wrote it.
var everyHeader = map[string]string{
	"X-Frame-Options":            "DENY",
	"X-Content-Type-Options":     "nosniff",
	"Referrer-Policy":            "no-referrer",
	"Cross-Origin-Opener-Policy": "same-origin",
	"Cache-Control":              "no-store",
}

func TestEveryAnswerIsSecured(t *testing.T) {
	door := watch(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("panic") {
			panic("here")
		}
	})
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/api/thing", 200},
		{"HEAD", "/api/thing/", 200},
		{"GET", "/api/thing?panic", 500},
		{"POST", "/api/thing", 405},
		{"BREW", "/api/thing", 405},
		{"GET", "/nowhere", 404},
		{"GET", "/api/nowhere", 404},
		{"GET", "//api/thing", 404},
		{"GET", "/api/x/../thing", 404},
	} {
		got := ask(door, c.method, c.path)
		if got.Code != c.status {
			t.Errorf("%s %s: %d, want %d", c.method, c.path, got.Code, c.status)
		}
		for name, want := range everyHeader {
			if value := got.Header().Get(name); value != want {
				t.Errorf("%s %s: %s %q, want %q", c.method, c.path, name, value, want)
			}
		}
		if policy := got.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "frame-ancestors 'none'") || !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s %s: Content-Security-Policy %q, want default-src and frame-ancestors 'none' and nothing unsafe", c.method, c.path, policy)
		}
		if got.Header().Get("X-Request-Id") == "" || got.Header().Get("Location") != "" {
			t.Errorf("%s %s: header %v, want an X-Request-Id and no Location", c.method, c.path, got.Header())
		}
	}
}

func TestAPersonWhoIsLostGetsAPage(t *testing.T) {
	door := watch(func(http.ResponseWriter, *http.Request) {})
	for _, c := range []struct{ path, accept, kind string }{
		{"/nowhere", "text/html,*/*", "text/html; charset=utf-8"},
		{"/nowhere", "", "application/json"},
		{"/api/nowhere", "text/html,*/*", "application/json"},
	} {
		r := httptest.NewRequest("GET", "http://x"+c.path, nil)
		r.Header.Set("Accept", c.accept)
		w := httptest.NewRecorder()
		door.ServeHTTP(w, r)
		if w.Code != http.StatusNotFound || w.Header().Get("Content-Type") != c.kind {
			t.Errorf("%s for %q: %d %s, want 404 and %s", c.path, c.accept, w.Code, w.Header().Get("Content-Type"), c.kind)
		}
	}
}

func TestOnlyHTTPSIsToldToStay(t *testing.T) {
	for _, https := range []bool{true, false} {
		door := watch(func(http.ResponseWriter, *http.Request) {}, func(o *Options) { o.HSTS = https })
		if told := ask(door, "GET", "/nowhere").Header().Get("Strict-Transport-Security"); (told == "max-age=63072000; includeSubDomains") != https {
			t.Errorf("https %v: Strict-Transport-Security = %q, want it only with https", https, told)
		}
	}
}

func TestAListedOriginGetsTheHeadersThatItAsksFor(t *testing.T) {
	const usual = "Authorization, Content-Type"
	door := watch(func(http.ResponseWriter, *http.Request) {}, func(o *Options) { o.CORSOrigins = []string{"https://app.example.com"} })
	many := strings.TrimSuffix(strings.Repeat("x-a,", 3), ",")
	for i := range 40 {
		many += ",x-" + strings.Repeat("b", i+1)
	}
	for _, c := range []struct{ asked, want string }{
		{"", usual},
		{"authorization,content-type", usual},
		{"traceparent,baggage,sentry-trace", usual + ", traceparent, baggage, sentry-trace"},
		{" traceparent , Content-Type ,TraceParent", usual + ", traceparent"},
		{"x-!#$%&'*+-.^_`|~9", usual + ", x-!#$%&'*+-.^_`|~9"},
		{"traceparent,x y", usual},
		{"traceparent,x:y", usual},
		{"traceparent,<script>", usual},
		{"traceparent,é", usual},
		{strings.Repeat("x", 65), usual},
		{many, usual},
	} {
		r := httptest.NewRequest("OPTIONS", "http://x/oauth/token", nil)
		r.Header.Set("Origin", "https://app.example.com")
		r.Header.Set("Access-Control-Request-Method", "POST")
		r.Header.Set("Access-Control-Request-Headers", c.asked)
		w := httptest.NewRecorder()
		door.ServeHTTP(w, r)
		if got := w.Header().Get("Access-Control-Allow-Headers"); w.Code != 204 || got != c.want {
			t.Errorf("asked for %q: status %d, allowed %q; want 204, %q", c.asked, w.Code, got, c.want)
		}
	}
}

func TestOtherOriginsInABrowser(t *testing.T) {
	const ours, theirs = "https://app.example.com", "https://evil.example.com"
	for _, c := range []struct {
		name         string
		configured   []string
		method, path string
		origin       string
		preflight    string
		status       int
		allowed      string
	}{
		{"an origin of ours", []string{ours}, "GET", "/api/thing", ours, "", 200, ours},
		{"an origin of ours asks first", []string{ours}, "OPTIONS", "/api/thing", ours, "DELETE", 204, ours},
		{"another", []string{ours}, "GET", "/api/thing", theirs, "", 200, ""},
		{"another asks first", []string{ours}, "OPTIONS", "/api/thing", theirs, "DELETE", 405, ""},
		{"one that begins alike", []string{ours}, "GET", "/api/thing", ours + ".evil.com", "", 200, ""},
		{"null, as of a file or a sandbox", []string{ours}, "GET", "/api/thing", "null", "", 200, ""},
		{"not a browser", []string{ours}, "GET", "/api/thing", "", "", 200, ""},
		{"a refusal can be read as well", []string{ours}, "GET", "/api/nowhere", ours, "", 404, ours},
		{"the endpoints for apps", []string{ours}, "OPTIONS", "/oauth/token", ours, "POST", 204, ours},
		{"pages are only ours", []string{ours}, "OPTIONS", "/setup", ours, "POST", 404, ""},
		{"none configured", nil, "GET", "/api/thing", ours, "", 200, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			door := watch(func(http.ResponseWriter, *http.Request) {}, func(o *Options) { o.CORSOrigins = c.configured })
			r := httptest.NewRequest(c.method, "http://x"+c.path, nil)
			if c.origin != "" {
				r.Header.Set("Origin", c.origin)
			}
			if c.preflight != "" {
				r.Header.Set("Access-Control-Request-Method", c.preflight)
			}
			w := httptest.NewRecorder()
			door.ServeHTTP(w, r)
			h := w.Header()
			if w.Code != c.status || h.Get("Access-Control-Allow-Origin") != c.allowed {
				t.Errorf("%d, allowed %q; want %d, %q", w.Code, h.Get("Access-Control-Allow-Origin"), c.status, c.allowed)
			}
			if h.Get("Access-Control-Allow-Credentials") != "" {
				t.Error("cookies are allowed, want no Access-Control-Allow-Credentials")
			}
			if varies := slices.Contains(h.Values("Vary"), "Origin"); varies != (c.configured != nil && c.path != "/setup") {
				t.Errorf("Vary names Origin: %t, want %t", varies, c.configured != nil && c.path != "/setup")
			}
			if methods := h.Get("Access-Control-Allow-Methods"); (methods != "") != (c.status == 204) {
				t.Errorf("Access-Control-Allow-Methods %q with status %d, want methods with 204 only", methods, c.status)
			}
		})
	}
}
