package storetest

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"gatehouse/store"
)

// rewrapped returns the keys as sealed with the master key "two".
func rewrapped(keys ...store.SigningKey) []store.SigningKey {
	keys = slices.Clone(keys)
	for i := range keys {
		keys[i].Sealed, keys[i].MasterKeyID = append([]byte("two"), keys[i].Sealed...), "two"
	}
	return keys
}

func keysRewrapped(t *testing.T, db store.DB) {
	first, second := addKey(t, db, newKey(1)), addKey(t, db, newKey(2))
	for what, keys := range map[string][]store.SigningKey{
		"one is missing":    rewrapped(first),
		"none":              nil,
		"one is another":    rewrapped(first, newKey(2)),
		"one too many":      rewrapped(first, second, newKey(3)),
		"in another order ": rewrapped(second, first),
	} {
		wantError(t, what, db.RewrapKeys(t.Context(), keys, nil, keyEvent("key.rewrapped")), store.ErrConflict)
	}
	wantKeys(t, db, first, second)
	wantEvents(t, db, "key.rewrapped", 0)
	after := rewrapped(first, second)
	moved := slices.Clone(after)
	moved[0].SignFrom, moved[0].Generation = odd(), 7 // RewrapKeys ignores them
	if err := db.RewrapKeys(t.Context(), moved, nil, keyEvent("key.rewrapped")); err != nil {
		t.Fatalf("rewrapping the signing keys: %v", err)
	}
	wantKeys(t, db, after...)
	wantEvents(t, db, "key.rewrapped", 1)
}

func keyOfAnotherMaster(t *testing.T, db store.DB) {
	first := rewrapped(addKey(t, db, newKey(1)))
	if err := db.RewrapKeys(t.Context(), first, nil, keyEvent("key.rewrapped")); err != nil {
		t.Fatalf("rewrapping the signing keys: %v", err)
	}
	late := newKey(2)
	wantError(t, "sealed before", db.AddSigningKey(t.Context(), late, keyEvent("key.created")), store.ErrConflict)
	wantKeys(t, db, first...)
	wantKeys(t, db, first[0], addKey(t, db, rewrapped(late)[0]))
}

// keysRewrappedAndAdded: a key that a replica with the old master key adds meanwhile must
// not stay sealed with it, since that master key is about to be thrown away.
func keysRewrappedAndAdded(t *testing.T, db store.DB) {
	addKey(t, db, newKey(1))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() { addUntilRewrapped(t, db) })
	}
	wg.Go(func() {
		for {
			all, err := db.SigningKeys(t.Context())
			if err == nil {
				err = db.RewrapKeys(t.Context(), rewrapped(all...), nil, keyEvent("key.rewrapped"))
			}
			if !errors.Is(err, store.ErrConflict) {
				if err != nil {
					t.Errorf("reading the signing keys: %v", err)
				}
				return
			}
		}
	})
	wg.Wait()
	all, err := db.SigningKeys(t.Context())
	if err != nil {
		t.Fatalf("reading the signing keys: %v", err)
	}
	for i, k := range all {
		if k.MasterKeyID != "two" || k.Generation != int64(i+1) {
			t.Errorf(`key %d of %d has generation %d and master key %q, want %d and "two"`, i+1, len(all), k.Generation, k.MasterKeyID, i+1)
		}
	}
}

// addUntilRewrapped adds keys sealed with "one" until the last key is sealed with another.
func addUntilRewrapped(t *testing.T, db store.DB) {
	for t.Context().Err() == nil {
		all, err := db.SigningKeys(t.Context())
		if err != nil {
			t.Errorf("reading the signing keys: %v", err)
			return
		}
		if all[len(all)-1].MasterKeyID != "one" {
			return
		}
		k := newKey(int64(len(all) + 1))
		if err := db.AddSigningKey(t.Context(), k, keyEvent("key.created")); err != nil && !errors.Is(err, store.ErrConflict) {
			t.Errorf("adding the signing key: err = %v, want nil or ErrConflict", err)
			return
		}
	}
}
