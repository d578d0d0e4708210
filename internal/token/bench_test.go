package token_test

import (
	"testing"
)

// BenchmarkForSession is the two tokens of a sign-in or refresh.
func BenchmarkForSession(b *testing.B) {
	g := start(b)
	s, u, r := g.state()
	b.ReportAllocs()
	for b.Loop() {
		g.mint(s, u, r)
	}
}

// BenchmarkAccess is the check of an access token that was seen before.
func BenchmarkAccess(b *testing.B) {
	g := start(b)
	s, u, r := g.state()
	raw := g.mint(s, u, r).AccessToken
	b.ReportAllocs()
	for b.Loop() {
		if _, err := g.verifier.Access(b.Context(), raw); err != nil {
			b.Fatalf("verifying the access token: %v", err)
		}
	}
}
