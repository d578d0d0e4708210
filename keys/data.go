package keys

import (
	"context"
	"errors"
	"fmt"

	"gatehouse/store"
)

// dataKeyID names the data key in the record. There is one.
const dataKeyID = "1"

// A DataKey seals at rest what is secret and has to be read again, such as the secrets of
// authenticator apps. It is kept in the record, sealed by the master key, so that a new
// master key changes one row and none of what the data key has sealed. Like a MasterKey,
// it hides its bytes from fmt, slog and JSON.
type DataKey struct{ secret MasterKey }

// NewDataKey makes a random data key.
func NewDataKey() DataKey { return DataKey{NewMasterKey()} }

// Seal encrypts plain. Open needs the same aad, so bytes that were sealed for one place
// are useless in another.
func (d DataKey) Seal(plain, aad []byte) ([]byte, error) { return d.secret.Seal(plain, aad) }

// Open decrypts what Seal returned.
func (d DataKey) Open(sealed, aad []byte) ([]byte, error) { return d.secret.Open(sealed, aad) }

// Derive returns a key for one purpose, as MasterKey.Derive does. It stays the same when the
// master key is replaced.
func (d DataKey) Derive(label string) [32]byte { return d.secret.Derive(label) }

// IsZero reports whether d is the zero value rather than a key.
func (d DataKey) IsZero() bool { return d.secret.IsZero() }

// DataKey returns the data key of the record, and makes it if there is none. If several
// replicas make it at once, one wins and all return that one.
func (r *Ring) DataKey(ctx context.Context) (DataKey, error) {
	for {
		known, err := r.options.Store.DataKeys(ctx)
		if err != nil {
			return DataKey{}, fmt.Errorf("reading the data key: %w", err)
		}
		if len(known) > 0 {
			return r.options.Masters.OpenData(known[0])
		}
		made, err := r.addData(ctx)
		if err == nil || !errors.Is(err, store.ErrConflict) {
			return made, err
		}
		// Another replica made one, or the signing keys were just rewrapped.
		if err := r.reload(ctx); err != nil {
			return DataKey{}, fmt.Errorf("making the data key: %w", err)
		}
	}
}

// addData makes a data key and adds it to the record, under the master key in force.
func (r *Ring) addData(ctx context.Context) (DataKey, error) {
	master, err := r.options.Masters.find(r.current.Load().masterID)
	if err != nil {
		return DataKey{}, fmt.Errorf("making the data key: %w", err)
	}
	made := NewDataKey()
	k := store.DataKey{ID: dataKeyID, CreatedAt: r.recordNow()}
	if k, err = master.sealData(made, k); err != nil {
		return DataKey{}, fmt.Errorf("making the data key: %w", err)
	}
	if err := r.options.Store.AddDataKey(ctx, k); err != nil {
		return DataKey{}, fmt.Errorf("adding the data key: %w", err)
	}
	return made, nil
}

// sealedDataFor binds a sealed data key to its place.
func sealedDataFor(id string) []byte { return []byte("data key\x00" + id) }

// sealData returns k with the data key d, sealed under m.
func (m MasterKey) sealData(d DataKey, k store.DataKey) (_ store.DataKey, err error) {
	secret := d.secret.bytes()
	k.Sealed, err = m.Seal(secret[:], sealedDataFor(k.ID))
	k.MasterKeyID = m.ID()
	return k, err
}

// OpenData opens the record of a data key. The error for a master key that is missing
// here is a *WrongMasterKey.
func (m MasterKeys) OpenData(k store.DataKey) (DataKey, error) {
	master, err := m.find(k.MasterKeyID)
	if err != nil {
		return DataKey{}, err
	}
	secret, err := master.Open(k.Sealed, sealedDataFor(k.ID))
	if err == nil && len(secret) != masterKeyBytes {
		err = fmt.Errorf("it has %d bytes, want %d", len(secret), masterKeyBytes)
	}
	if err != nil {
		return DataKey{}, fmt.Errorf("data key %s is damaged: %w", k.ID, err)
	}
	return DataKey{masterKey([masterKeyBytes]byte(secret))}, nil
}

// ResealData returns k sealed under the master key with the ID under.
func (m MasterKeys) ResealData(k store.DataKey, under string) (store.DataKey, error) {
	if k.MasterKeyID == under {
		return k, nil
	}
	to, err := m.find(under)
	if err != nil {
		return k, err
	}
	d, err := m.OpenData(k)
	if err != nil {
		return k, err
	}
	return to.sealData(d, k)
}

// CheckData reports why masters do not open the data keys, as Check does for signing keys.
func CheckData(masters MasterKeys, records []store.DataKey) error {
	for _, k := range records {
		if _, err := masters.OpenData(k); err != nil {
			return err
		}
	}
	return nil
}
