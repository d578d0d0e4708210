package storetest

import (
	"crypto/rand"
	"testing"
	"time"

	"gatehouse/store"
)

func tokens() []promise {
	return []promise{
		{"a revoked token is revoked", "RevokeToken TokenRevoked", revoked},
		{"sweeping revoked tokens", "SweepRevokedTokens", sweptTokens},
		{"a link is used once", "AddBootstrap UseBootstrap", linkOnce},
		{"a link that has expired", "UseBootstrap", linkExpired},
		{"clearing links", "ClearBootstrap", linksCleared},
		{"looking up a link keeps it", "HasBootstrap", linkAsked},
		{"sweeping links", "SweepBootstraps", sweptLinks},
	}
}

func wantRevoked(t *testing.T, db store.DB, jti string, want bool) {
	t.Helper()
	if got, err := db.TokenRevoked(t.Context(), jti, odd()); err != nil || got != want {
		t.Errorf("%q revoked: %t, %v; want %t", jti, got, err, want)
	}
}

func revoke(t *testing.T, db store.DB, jti string, expires time.Time) (done bool) {
	t.Helper()
	done, err := db.RevokeToken(t.Context(), jti, expires, newEvent("token.revoked"))
	if err != nil {
		t.Fatalf("revoking the token: %v", err)
	}
	return done
}

// raceToRevoke: the evidence is written once, too.
func raceToRevoke(t *testing.T, db store.DB) {
	for round := range 3 {
		jti := rand.Text()
		wantOne(t, winners(t, func(int) (bool, error) {
			return db.RevokeToken(t.Context(), jti, odd(), newEvent("token.revoked"))
		}))
		wantRevoked(t, db, jti, true)
		if n := len(listed(t, db, store.AuditQuery{Kind: "token.revoked", Limit: 100})); n != round+1 {
			t.Errorf("%d revocations are on record after %d, want as many", n, round+1)
		}
	}
}

func revoked(t *testing.T, db store.DB) {
	jti := rand.Text()
	wantRevoked(t, db, jti, false)
	for _, want := range []bool{true, false} { // repeating it is not an error
		if got := revoke(t, db, jti, odd()); got != want {
			t.Errorf("revoked by this call: %t, want %t", got, want)
		}
		wantRevoked(t, db, jti, true)
	}
	if n := len(listed(t, db, store.AuditQuery{Kind: "token.revoked", Limit: 10})); n != 1 {
		t.Errorf("%d revocations are on record, want 1", n)
	}
	for _, other := range oddIDs(jti) {
		if other != jti {
			wantRevoked(t, db, other, false)
		}
	}
}

func sweptTokens(t *testing.T, db store.DB) {
	kept := rand.Text()
	revoke(t, db, kept, odd())
	for range 3 {
		revoke(t, db, rand.Text(), odd().Add(-time.Millisecond))
	}
	for _, want := range []int64{2, 1, 0} {
		if n, err := db.SweepRevokedTokens(t.Context(), odd(), 2); err != nil || n != want {
			t.Errorf("swept %d, %v; want %d", n, err, want)
		}
	}
	wantRevoked(t, db, kept, true)
}

func addLink(t *testing.T, db store.DB, name string, expires time.Time) store.Digest {
	t.Helper()
	link := store.DigestOf(name)
	write(t, db, func(tx store.Tx) error { return tx.AddBootstrap(link, expires) })
	return link
}

func takeLink(t *testing.T, db store.DB, link store.Digest, now time.Time) (taken bool) {
	t.Helper()
	write(t, db, func(tx store.Tx) (err error) {
		taken, err = tx.UseBootstrap(link, now)
		return err
	})
	return taken
}

func linkOnce(t *testing.T, db store.DB) {
	link, other := addLink(t, db, "link", odd()), addLink(t, db, "other", odd())
	now := odd().Add(-time.Millisecond)
	if takeLink(t, db, store.DigestOf("guess"), now) {
		t.Error("a guess was accepted as a link, want a refusal")
	}
	if !takeLink(t, db, link, now) || takeLink(t, db, link, now) {
		t.Error("the link was not used exactly once, want exactly once")
	}
	if !takeLink(t, db, other, now) {
		t.Error("another link went with it, want it left")
	}
}

func linkExpired(t *testing.T, db store.DB) {
	link := addLink(t, db, "link", odd())
	if takeLink(t, db, link, odd()) {
		t.Error("an expired link was accepted, want a refusal")
	}
}

func linksCleared(t *testing.T, db store.DB) {
	link := addLink(t, db, "link", odd())
	addLink(t, db, "other", odd())
	write(t, db, func(tx store.Tx) error { return tx.ClearBootstrap() })
	if takeLink(t, db, link, odd().Add(-time.Hour)) {
		t.Error("a link was accepted after all were cleared, want a refusal")
	}
}

func wantLink(t *testing.T, db store.DB, link store.Digest, now time.Time, want bool) {
	t.Helper()
	if got, err := db.HasBootstrap(t.Context(), link, now); err != nil || got != want {
		t.Errorf("the link exists: %t, %v; want %t", got, err, want)
	}
}

func linkAsked(t *testing.T, db store.DB) {
	link := addLink(t, db, "link", odd())
	now := odd().Add(-time.Millisecond)
	for range 2 {
		wantLink(t, db, link, now, true)
	}
	wantLink(t, db, link, odd(), false) // it has expired
	wantLink(t, db, store.DigestOf("guess"), now, false)
}

func sweptLinks(t *testing.T, db store.DB) {
	kept := addLink(t, db, "kept", odd())
	for _, name := range []string{"a", "b", "c"} {
		addLink(t, db, name, odd().Add(-time.Millisecond))
	}
	wantSwept(t, func(n int) (int64, error) { return db.SweepBootstraps(t.Context(), odd(), n) }, 2, 1, 0)
	wantLink(t, db, kept, odd().Add(-time.Millisecond), true)
}
