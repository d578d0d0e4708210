package server

import (
	"net/http/httptest"
	"net/netip"
	"testing"

	"gatehouse/internal/reqctx"
)

// BenchmarkGate measures what a place costs when no request waits for one.
func BenchmarkGate(b *testing.B) {
	g := newGate(128, func() {})
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		r := httptest.NewRequest("GET", "http://x/", nil)
		r = r.WithContext(reqctx.With(r.Context(), &reqctx.Info{IP: netip.MustParseAddr("192.0.2.1")}))
		for pb.Next() {
			leave, err := g.enter(r)
			if err != nil {
				b.Fatalf("entering the gate: %v", err)
			}
			leave()
		}
	})
}
