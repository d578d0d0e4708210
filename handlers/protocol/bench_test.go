package protocol_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// The programs in bench/ measure the server as a whole; these benchmarks show which
// endpoint a change affects.

func serve(b *testing.B, s *site, r *http.Request) *httptest.ResponseRecorder {
	b.Helper()
	w := httptest.NewRecorder()
	s.mux.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		b.Fatalf("status = %d %s, want 200", w.Code, w.Body)
	}
	return w
}

func BenchmarkIntrospect(b *testing.B) {
	s := open(b)
	raw := granted(b, s.signIn(b, "shop")).text("access_token")
	b.ReportAllocs()
	for b.Loop() {
		serve(b, s, form("/oauth/introspect", as("shop"), "token", raw))
	}
}

func BenchmarkClientCredentials(b *testing.B) {
	s := open(b)
	b.ReportAllocs()
	for b.Loop() {
		serve(b, s, form("/oauth/token", as("robot"), "grant_type", "client_credentials"))
	}
}

func BenchmarkRefresh(b *testing.B) {
	s := open(b)
	raw := granted(b, s.signIn(b, "shop")).text("refresh_token")
	b.ReportAllocs()
	for b.Loop() {
		a := s.refresh(b, "shop", raw)
		raw = granted(b, a).text("refresh_token")
	}
}
