package server

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"gatehouse/internal/reqctx"
)

// discard is a ResponseWriter that costs nothing, so that only the router is measured.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}

// BenchmarkRouter measures what finding the endpoint costs, with the real tables.
func BenchmarkRouter(b *testing.B) {
	tables := realTables()
	for _, table := range tables {
		for i := range table.Routes {
			table.Routes[i].Serve = func(http.ResponseWriter, *http.Request) error { return nil }
		}
	}
	h := router(tables, refuse, nil)
	for _, c := range []struct{ name, method, path string }{
		{"first", "GET", "/.well-known/jwks.json"},
		{"token", "POST", "/oauth/token"},
		{"profile", "GET", "/api/accounts/profile/"},
		{"person", "GET", "/api/accounts/admin/users/7/"},
		{"revoke", "POST", "/oauth/revoke"},
		{"last", "GET", "/metrics"},
		{"nowhere", "GET", "/wp-login.php"},
	} {
		b.Run(c.name, func(b *testing.B) {
			r := httptest.NewRequest(c.method, "http://x"+c.path, nil)
			r = r.WithContext(reqctx.With(r.Context(), &reqctx.Info{}))
			w := discard{http.Header{}}
			b.ReportAllocs()
			for b.Loop() {
				h.ServeHTTP(w, r)
			}
		})
	}
}
