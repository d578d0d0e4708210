package token_test

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"testing"
	"time"

	"gatehouse/internal/token"
	"gatehouse/keys"
	"gatehouse/store"
)

// algorithmOf returns what a token says that it is signed with.
func algorithmOf(t *testing.T, raw string) string {
	t.Helper()
	claimed, err := keys.Peek(raw)
	if err != nil {
		t.Fatalf("reading the header: %v", err)
	}
	return string(claimed.Header["alg"])
}

// chosen returns a rig in which algorithms are published, and sign in an hour.
func chosen(t *testing.T, algorithms ...string) *rig {
	t.Helper()
	g := start(t)
	for _, algorithm := range algorithms {
		if _, err := g.ring.Choose(t.Context(), algorithm, "cli"); err != nil {
			t.Fatalf("choosing %s: %v", algorithm, err)
		}
	}
	return g
}

// An API's own algorithm signs its access tokens as soon as it has a key that signs. The
// refresh token stays as it is.
func TestAnAPIHasItsOwnAlgorithm(t *testing.T) {
	for _, algorithm := range store.SigningAlgorithms() {
		g := chosen(t, algorithm)
		grant := g.grant()
		grant.API = store.API{ID: "orders", Identifier: "https://orders.example", Signing: store.SigningChoice{Alg: algorithm, Before: store.RS256}}
		if set := g.mint(grant); algorithmOf(t, set.AccessToken) != `"RS256"` {
			t.Errorf("%s signs at once: %s, want RS256 until its key was published for an hour", algorithm, algorithmOf(t, set.AccessToken))
		}
		g.passes(time.Hour)
		set := g.mint(grant)
		if got := algorithmOf(t, set.AccessToken); got != `"`+algorithm+`"` {
			t.Errorf("the access token is signed with %s, want %s", got, algorithm)
		}
		if got := algorithmOf(t, set.RefreshToken); got != `"RS256"` {
			t.Errorf("%s: the refresh token is signed with %s, want RS256", algorithm, got)
		}
		if got, err := g.verifier.AccessToAny(t.Context(), set.AccessToken); err != nil || got.Audience != "https://orders.example" {
			t.Errorf("verifying a token of %s: %+v, %v; want it accepted", algorithm, got, err)
		}
		own := g.mint(token.Grant{ClientID: "robot", API: grant.API, Life: life})
		if got := algorithmOf(t, own.AccessToken); got != `"`+algorithm+`"` {
			t.Errorf("a client's own token is signed with %s, want %s", got, algorithm)
		}
	}
}

// A rotation whose key was retired is signed again as the client chose, also before that key
// signs.
func TestARefreshTokenWhoseKeyIsGone(t *testing.T) {
	g := chosen(t, store.Ed25519)
	grant := g.grant()
	grant.Rotation.KeyID = "gone"
	grant.RefreshSigning = store.SigningChoice{Alg: store.Ed25519, Before: store.RS256}
	for _, want := range []string{`"RS256"`, `"Ed25519"`} {
		set := g.mint(grant)
		if got := algorithmOf(t, set.RefreshToken); got != want {
			t.Errorf("signed with %s, want %s", got, want)
		}
		if got, err := g.verifier.Refresh(t.Context(), set.RefreshToken); err != nil || got.JTI != "JTI" {
			t.Errorf("verifying it: %+v, %v; want it accepted", got, err)
		}
		g.passes(time.Hour)
	}
}

// From one chosen algorithm to another, the former goes on until the latter signs.
func TestWhatSignedBeforeGoesOn(t *testing.T) {
	g := chosen(t, store.ES256)
	g.passes(time.Hour)
	from, err := g.ring.Choose(t.Context(), store.Ed25519, "cli")
	if err != nil || !from.Equal(g.now.Add(time.Hour)) {
		t.Fatalf("choosing Ed25519: it signs from %s, %v; want in an hour", from, err)
	}
	grant := g.grant()
	grant.API.Signing = store.SigningChoice{Alg: store.Ed25519}.Instead(store.SigningChoice{Alg: store.ES256}, from, g.now)
	for _, want := range []string{`"ES256"`, `"Ed25519"`} {
		if got := algorithmOf(t, g.mint(grant).AccessToken); got != want {
			t.Errorf("signed with %s, want %s", got, want)
		}
		g.passes(from.Sub(g.now))
	}
}

// at_hash is by the hash function of the ID token's own algorithm, whatever signs the access
// token (OIDC Core 1.0 §3.1.3.6).
func TestAClientHasItsOwnAlgorithm(t *testing.T) {
	left := func(sum []byte) string { return base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2]) }
	by256 := func(raw string) string { sum := sha256.Sum256([]byte(raw)); return left(sum[:]) }
	by512 := func(raw string) string { sum := sha512.Sum512([]byte(raw)); return left(sum[:]) }
	hashes := map[string]func(string) string{store.RS256: by256, store.PS256: by256, store.ES256: by256, store.Ed25519: by512}
	g := chosen(t, store.SigningAlgorithms()[1:]...)
	g.passes(time.Hour)
	for _, algorithm := range store.SigningAlgorithms() {
		grant := g.grant()
		signing := store.SigningChoice{Alg: algorithm}
		grant.API.Signing, grant.Identity = store.SigningChoice{Alg: store.ES256}, &token.Identity{Signing: signing}
		set := g.mint(grant)
		if got := algorithmOf(t, set.IDToken); got != `"`+algorithm+`"` {
			t.Errorf("the ID token is signed with %s, want %s", got, algorithm)
		}
		id, err := g.verifier.Hint(t.Context(), set.IDToken)
		if want := hashes[algorithm](set.AccessToken); err != nil || id.AccessHash != want {
			t.Errorf("%s: at_hash %q, %v; want %q", algorithm, id.AccessHash, err, want)
		}
		notice, err := g.minter.Logout(t.Context(), "shop", signing, "sub", "sid")
		if err != nil || algorithmOf(t, notice) != `"`+algorithm+`"` {
			t.Errorf("the logout token is signed with %s, %v; want %s", algorithmOf(t, notice), err, algorithm)
		}
	}
}
