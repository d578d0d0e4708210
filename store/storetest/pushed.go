package storetest

import (
	"crypto/rand"
	"testing"
	"time"

	"gatehouse/store"
)

func pushedRequests() []promise {
	return []promise{
		{"a pushed request comes back as it was, until it is used", "AddPushed PushedByDigest UsePushed", pushedRoundTrip},
		{"a pushed request is not used without its code", "UsePushed", pushedWithoutCode},
		{"the digest of a pushed request is given once", "AddPushed", pushedConflict},
		{"sweeping pushed requests", "SweepPushed", sweptPushed},
	}
}

func newPushed() store.PushedRequest {
	return store.PushedRequest{
		Digest: store.DigestOf(rand.Text()), ClientID: "shop", Network: "2001:db8::/48", Parameters: "scope=openid+email&state=%C3%A9%00&nonce=%27%22%5C", ExpiresAt: odd().Add(time.Minute),
	}
}

func push(t *testing.T, db store.DB, p store.PushedRequest) {
	t.Helper()
	if err := db.AddPushed(t.Context(), p, store.Room{}); err != nil {
		t.Fatalf("adding the pushed request: %v", err)
	}
}

func wantPushed(t *testing.T, db store.DB, want store.PushedRequest) {
	t.Helper()
	got, err := db.PushedByDigest(t.Context(), want.Digest)
	if err != nil {
		t.Errorf("looking up the pushed request: %v", err)
	}
	same(t, "pushed request", got, want)
}

func pushedRoundTrip(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	p, other := newPushed(), newPushed()
	filled(t, p, "Client")
	bare := store.PushedRequest{Digest: store.DigestOf("bare")}
	for _, want := range []store.PushedRequest{p, other, bare} {
		push(t, db, want)
		wantPushed(t, db, want)
	}
	_, err := db.PushedByDigest(t.Context(), store.DigestOf("guess"))
	wantError(t, "a guess", err, store.ErrNotFound)
	for _, want := range []bool{true, false} {
		c := newCode(ann.ID)
		if used, err := db.UsePushed(t.Context(), p.Digest, c); err != nil || used != want {
			t.Errorf("using the pushed request: %t, %v; want %t", used, err, want)
		}
		if _, err := db.CodeByDigest(t.Context(), c.Digest); (err == nil) != want {
			t.Errorf("looking up the code: %v; want it only after the first use", err)
		}
	}
	_, err = db.PushedByDigest(t.Context(), p.Digest)
	wantError(t, "used", err, store.ErrNotFound)
	wantPushed(t, db, other)
}

func pushedWithoutCode(t *testing.T, db store.DB) {
	p, c := newPushed(), newCode(7)
	push(t, db, p)
	addCode(t, db, c)
	used, err := db.UsePushed(t.Context(), p.Digest, c)
	if wantError(t, "a code that exists", err, store.ErrConflict); used {
		t.Error("the pushed request was used without its code, want false")
	}
	wantPushed(t, db, p)
}

func pushedConflict(t *testing.T, db store.DB) {
	p, other := newPushed(), newPushed()
	push(t, db, p)
	other.Digest, other.ClientID = p.Digest, "other"
	wantError(t, "AddPushed", db.AddPushed(t.Context(), other, store.Room{}), store.ErrConflict)
	wantPushed(t, db, p)
}

func sweptPushed(t *testing.T, db store.DB) {
	kept := newPushed()
	kept.ExpiresAt = odd()
	push(t, db, kept)
	for range 3 {
		p := newPushed()
		p.ExpiresAt = odd().Add(-time.Millisecond)
		push(t, db, p)
	}
	wantSwept(t, func(n int) (int64, error) { return db.SweepPushed(t.Context(), odd(), n) }, 2, 1, 0)
	wantPushed(t, db, kept)
}
