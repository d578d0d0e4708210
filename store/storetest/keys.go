package storetest

import (
	"crypto/rand"
	"testing"
	"time"

	"gatehouse/store"
)

func keys() []promise {
	return []promise{
		{"keys come back as they were, by generation", "SigningKeys AddSigningKey", keyRoundTrip},
		{"a generation and an ID are given once", "AddSigningKey", keyConflict},
		{"keys of other algorithms are numbered by themselves", "SigningKeys AddSigningKey RetireSigningKey DeleteSigningKey", ringKeys},
		{"retiring", "RetireSigningKey", keyRetired},
		{"deleting", "DeleteSigningKey", keyDeleted},
		{"rewrapping", "RewrapKeys", keysRewrapped},
		{"a key must be sealed with the master key of the previous one", "AddSigningKey", keyOfAnotherMaster},
		{"keys added and rewrapped at once end up with one master key", "AddSigningKey RewrapKeys", keysRewrappedAndAdded},
		{"keys of other algorithms are rewrapped with those of RS256 or not at all", "AddSigningKey RewrapKeys", ringKeysRewrapped},
		{"data keys come back as they were, by ID", "DataKeys AddDataKey", dataKeyRoundTrip},
		{"data keys are rewrapped with the signing keys or not at all", "RewrapKeys", dataKeysRewrapped},
		{"a data key must be sealed with the master key of the signing keys", "AddDataKey", dataKeyOfAnotherMaster},
	}
}

// newKey returns a key with every field filled but RetiredAt.
func newKey(generation int64) store.SigningKey {
	blob := make([]byte, 1200)
	_, _ = rand.Read(blob) // it never fails
	return store.SigningKey{
		ID: rand.Text(), Generation: generation, Algorithm: "RS256", Public: blob[:294], Sealed: append(blob, 0, '\'', '\\', 0xff),
		MasterKeyID: "one", CreatedAt: odd(), SignFrom: odd().Add(time.Duration(generation) * time.Hour),
	}
}

func addKey(t *testing.T, db store.DB, k store.SigningKey) store.SigningKey {
	t.Helper()
	if err := db.AddSigningKey(t.Context(), k, keyEvent("key.created")); err != nil {
		t.Fatalf("adding the signing key: %v", err)
	}
	return k
}

func keyEvent(kind string) store.AuditEvent {
	return store.AuditEvent{At: odd(), Kind: kind, Actor: "system"}
}

func wantKeys(t *testing.T, db store.DB, want ...store.SigningKey) {
	t.Helper()
	got, err := db.SigningKeys(t.Context())
	if err != nil {
		t.Fatalf("reading the signing keys: %v", err)
	}
	same(t, "keys", got, append([]store.SigningKey{}, want...))
}

// wantEvents wants that many events of a kind.
func wantEvents(t *testing.T, db store.DB, kind string, want int) {
	t.Helper()
	got, err := db.ListAudit(t.Context(), store.AuditQuery{Kind: kind, Limit: 100})
	if err != nil || len(got) != want {
		t.Errorf("%d events %s, %v; want %d", len(got), kind, err, want)
	}
}

func keyRoundTrip(t *testing.T, db store.DB) {
	wantKeys(t, db)
	second, first, third := newKey(2), newKey(1), newKey(3)
	third.RetiredAt = odd().Add(time.Second)
	filled(t, third)
	for _, k := range []store.SigningKey{second, first, third} {
		addKey(t, db, k)
	}
	wantKeys(t, db, first, second, third)
	wantEvents(t, db, "key.created", 3)
}

func keyConflict(t *testing.T, db store.DB) {
	first := addKey(t, db, newKey(1))
	sameGeneration, sameID := newKey(1), newKey(2)
	sameID.ID = first.ID
	for what, k := range map[string]store.SigningKey{"generation": sameGeneration, "ID": sameID} {
		wantError(t, what, db.AddSigningKey(t.Context(), k, keyEvent("key.created")), store.ErrConflict)
	}
	wantKeys(t, db, first)
	wantEvents(t, db, "key.created", 1) // a refused key leaves no event
}

func keyRetired(t *testing.T, db store.DB) {
	first, second, third := addKey(t, db, newKey(1)), addKey(t, db, newKey(2)), addKey(t, db, newKey(3))
	retire := func(id string, at time.Time) error {
		return db.RetireSigningKey(t.Context(), id, at, keyEvent("key.retired"))
	}
	wantError(t, "no key", retire("none", odd()), store.ErrNotFound)
	wantEvents(t, db, "key.retired", 0)
	at := odd().Add(90 * time.Minute) // between the first and the second
	if err := retire(first.ID, at); err != nil {
		t.Fatalf("retiring the first key: %v", err)
	}
	first.RetiredAt, second.SignFrom = at, at
	wantKeys(t, db, first, second, third)
	wantEvents(t, db, "key.retired", 1)
	late := odd().Add(100 * time.Hour) // the third signs by then
	if err := retire(second.ID, late); err != nil {
		t.Fatalf("retiring the second key: %v", err)
	}
	second.RetiredAt = late
	if err := retire(third.ID, late); err != nil { // the last key
		t.Fatalf("retiring the third key: %v", err)
	}
	third.RetiredAt = late
	wantKeys(t, db, first, second, third)
}

func keyDeleted(t *testing.T, db store.DB) {
	first, second := addKey(t, db, newKey(1)), addKey(t, db, newKey(2))
	for _, id := range []string{first.ID, first.ID, "none"} {
		if err := db.DeleteSigningKey(t.Context(), id); err != nil {
			t.Errorf("deleting the key %s: %v", id, err)
		}
	}
	wantKeys(t, db, second)
}
