package storetest

import (
	"testing"
	"time"

	"gatehouse/store"
)

func newRingKey(algorithm string, generation int64) store.SigningKey {
	k := newKey(generation)
	k.Algorithm = algorithm
	return k
}

func ringKeys(t *testing.T, db store.DB) {
	edge, curve, rsa := newRingKey(store.Ed25519, 1), newRingKey(store.ES256, 1), newKey(1)
	later, next := newRingKey(store.ES256, 2), newKey(2)
	for _, k := range []store.SigningKey{rsa, later, edge, next, curve} {
		addKey(t, db, k)
	}
	wantKeys(t, db, rsa, next, curve, later, edge)
	same := newRingKey(store.ES256, 2)
	wantError(t, "generation", db.AddSigningKey(t.Context(), same, keyEvent("key.created")), store.ErrConflict)
	wantKeys(t, db, rsa, next, curve, later, edge)

	at := odd().Add(90 * time.Minute) // between the first and the second
	if err := db.RetireSigningKey(t.Context(), curve.ID, at, keyEvent("key.retired")); err != nil {
		t.Fatalf("retiring a key: %v", err)
	}
	curve.RetiredAt, later.SignFrom = at, at
	wantKeys(t, db, rsa, next, curve, later, edge)

	if err := db.DeleteSigningKey(t.Context(), curve.ID); err != nil {
		t.Errorf("deleting a key: %v", err)
	}
	wantKeys(t, db, rsa, next, later, edge)
}

func ringKeysRewrapped(t *testing.T, db store.DB) {
	rsa, edge := addKey(t, db, newKey(1)), addKey(t, db, newRingKey(store.Ed25519, 1))
	under := func(k store.SigningKey, master string) store.SigningKey {
		k.Sealed, k.MasterKeyID = append([]byte(master), k.Sealed...), master
		return k
	}
	rewrap := func(keys ...store.SigningKey) error {
		return db.RewrapKeys(t.Context(), keys, nil, keyEvent("key.rewrapped"))
	}
	wantError(t, "without the key of another algorithm", rewrap(under(rsa, "two")), store.ErrConflict)
	wantKeys(t, db, rsa, edge)
	rsa, edge = under(rsa, "two"), under(edge, "two")
	if err := rewrap(rsa, edge); err != nil {
		t.Fatalf("rewrapping the keys: %v", err)
	}
	wantKeys(t, db, rsa, edge)
	for _, k := range []store.SigningKey{newRingKey(store.Ed25519, 2), newRingKey(store.ES256, 1)} {
		wantError(t, "another master key than that of RS256", db.AddSigningKey(t.Context(), k, keyEvent("key.created")), store.ErrConflict)
	}
	next := newRingKey(store.ES256, 1)
	next.MasterKeyID = "two"
	addKey(t, db, next)
	wantKeys(t, db, rsa, next, edge)
}
