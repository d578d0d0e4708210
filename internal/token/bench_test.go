package token_test

import (
	"testing"
)

// BenchmarkMint makes the two tokens of a sign-in or refresh.
func BenchmarkMint(b *testing.B) {
	g := start(b)
	grant := g.grant()
	b.ReportAllocs()
	for b.Loop() {
		g.mint(grant)
	}
}

// BenchmarkAccess checks an access token that was checked before.
func BenchmarkAccess(b *testing.B) {
	g := start(b)
	raw := g.mint(g.grant()).AccessToken
	b.ReportAllocs()
	for b.Loop() {
		if _, err := g.verifier.Access(b.Context(), raw); err != nil {
			b.Fatalf("verifying the access token: %v", err)
		}
	}
}
