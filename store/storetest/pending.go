package storetest

import (
	"crypto/rand"
	"testing"
	"time"

	"gatehouse/store"
)

func pending(t *testing.T, open func(t *testing.T) store.DB) {
	run(t, open, []promise{
		{"a pushed request comes back as it was, until it is deleted", pushedRoundTrip},
		{"the digest of a pushed request is given once", pushedConflict},
		{"what may be used once is used once", usedOnce},
		{"sweeping takes what expired of each", sweptPending},
	})
}

func newPushed() store.PushedRequest {
	return store.PushedRequest{
		Digest: store.DigestOf(rand.Text()), ClientID: "shop", Parameters: "scope=openid+email&state=%C3%A9%00&nonce=%27%22%5C", ExpiresAt: odd().Add(time.Minute),
	}
}

func push(t *testing.T, db store.DB, p store.PushedRequest) {
	t.Helper()
	if err := db.AddPushed(t.Context(), p); err != nil {
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
	p, other := newPushed(), newPushed()
	bare := store.PushedRequest{Digest: store.DigestOf("bare")}
	for _, want := range []store.PushedRequest{p, other, bare} {
		push(t, db, want)
		wantPushed(t, db, want)
	}
	_, err := db.PushedByDigest(t.Context(), store.DigestOf("guess"))
	wantError(t, "a guess", err, store.ErrNotFound)
	for range 2 { // what is gone already is no error
		if err := db.DeletePushed(t.Context(), p.Digest); err != nil {
			t.Errorf("deleting the pushed request: %v", err)
		}
	}
	_, err = db.PushedByDigest(t.Context(), p.Digest)
	wantError(t, "deleted", err, store.ErrNotFound)
	wantPushed(t, db, other)
}

func pushedConflict(t *testing.T, db store.DB) {
	p, other := newPushed(), newPushed()
	push(t, db, p)
	other.Digest, other.ClientID = p.Digest, "other"
	wantError(t, "AddPushed", db.AddPushed(t.Context(), other), store.ErrConflict)
	wantPushed(t, db, p)
}

func useOnce(t *testing.T, db store.DB, key string, expires time.Time) bool {
	t.Helper()
	first, err := db.UseOnce(t.Context(), store.DigestOf(key), expires)
	if err != nil {
		t.Fatalf("using the digest once: %v", err)
	}
	return first
}

func usedOnce(t *testing.T, db store.DB) {
	if !useOnce(t, db, "key", odd()) {
		t.Error("the first was refused")
	}
	for _, expires := range []time.Time{odd(), odd().Add(time.Hour)} {
		if useOnce(t, db, "key", expires) {
			t.Error("used again")
		}
	}
	if !useOnce(t, db, "other", odd()) {
		t.Error("another was refused")
	}
}

func sweptPending(t *testing.T, db store.DB) {
	keptPushed, keptDevice := newPushed(), newDevice()
	keptPushed.ExpiresAt, keptDevice.ExpiresAt = odd(), odd()
	push(t, db, keptPushed)
	addDevice(t, db, keptDevice)
	useOnce(t, db, "kept", odd())
	old := odd().Add(-time.Millisecond)
	for i := range 3 {
		p, g := newPushed(), decide(newDevice(), store.DeviceApproved)
		p.ExpiresAt, g.ExpiresAt = old, old
		push(t, db, p)
		addDevice(t, db, g)
		useOnce(t, db, string(rune('a'+i)), old)
	}
	wantSwept(t, func(n int) (int64, error) { return db.SweepPending(t.Context(), odd(), n) }, 6, 3, 0)
	wantPushed(t, db, keptPushed)
	same(t, "device", device(t, db, keptDevice.Device), keptDevice)
	if useOnce(t, db, "kept", odd()) || !useOnce(t, db, "a", odd()) {
		t.Error("the wrong marks were swept")
	}
}
