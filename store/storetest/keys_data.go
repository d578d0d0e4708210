package storetest

import (
	"testing"

	"gatehouse/store"
)

// newDataKey returns a data key with every field filled.
func newDataKey(id string) store.DataKey {
	return store.DataKey{ID: id, Sealed: []byte{1, 0, '\'', '\\', 0xff, 7}, MasterKeyID: "one", CreatedAt: odd()}
}

func addDataKey(t *testing.T, db store.DB, k store.DataKey) store.DataKey {
	t.Helper()
	if err := db.AddDataKey(t.Context(), k); err != nil {
		t.Fatalf("adding the data key: %v", err)
	}
	return k
}

func wantDataKeys(t *testing.T, db store.DB, want ...store.DataKey) {
	t.Helper()
	got, err := db.DataKeys(t.Context())
	if err != nil {
		t.Fatalf("reading the data keys: %v", err)
	}
	same(t, "data keys", got, append([]store.DataKey{}, want...))
}

func dataKeyRoundTrip(t *testing.T, db store.DB) {
	wantDataKeys(t, db)
	second, first := newDataKey("2"), newDataKey("1")
	filled(t, first)
	addDataKey(t, db, second)
	addDataKey(t, db, first)
	another := newDataKey("1")
	another.Sealed = []byte("another")
	wantError(t, "an ID that is taken", db.AddDataKey(t.Context(), another), store.ErrConflict)
	wantDataKeys(t, db, first, second)
}

func dataKeysRewrapped(t *testing.T, db store.DB) {
	signs, seals := addKey(t, db, newKey(1)), addDataKey(t, db, newDataKey("1"))
	moved := seals
	moved.Sealed, moved.MasterKeyID = []byte("two"), "two"
	for what, data := range map[string][]store.DataKey{"none": nil, "another": {newDataKey("2")}, "one too many": {moved, newDataKey("2")}} {
		wantError(t, what, db.RewrapKeys(t.Context(), rewrapped(signs), data, keyEvent("key.rewrapped")), store.ErrConflict)
	}
	wantKeys(t, db, signs)
	wantDataKeys(t, db, seals)
	if err := db.RewrapKeys(t.Context(), rewrapped(signs), []store.DataKey{moved}, keyEvent("key.rewrapped")); err != nil {
		t.Fatalf("rewrapping the keys: %v", err)
	}
	wantKeys(t, db, rewrapped(signs)...)
	wantDataKeys(t, db, moved)
}

func dataKeyOfAnotherMaster(t *testing.T, db store.DB) {
	addKey(t, db, newKey(1))
	addKey(t, db, newKey(2))
	late := newDataKey("1")
	late.MasterKeyID = "two"
	wantError(t, "sealed with another", db.AddDataKey(t.Context(), late), store.ErrConflict)
	wantDataKeys(t, db)
}

func raceForDataKey(t *testing.T, db store.DB) {
	addKey(t, db, newKey(1))
	wantOne(t, winners(t, func(int) (bool, error) {
		return true, db.AddDataKey(t.Context(), newDataKey("1"))
	}, store.ErrConflict))
}
