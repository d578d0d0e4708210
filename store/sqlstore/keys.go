package sqlstore

import (
	"context"
	"errors"
	"slices"
	"time"

	"gorm.io/gorm"

	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

// keyColumns are the columns of a signing key.
var keyColumns = []column[store.SigningKey]{
	col("id", func(k *store.SigningKey) any { return &k.ID }),
	col("generation", func(k *store.SigningKey) any { return &k.Generation }),
	col("algorithm", func(k *store.SigningKey) any { return &k.Algorithm }),
	col("public_key", func(k *store.SigningKey) any { return &k.Public }),
	col("sealed", func(k *store.SigningKey) any { return &k.Sealed }),
	col("master_key_id", func(k *store.SigningKey) any { return &k.MasterKeyID }),
	col("created_at", func(k *store.SigningKey) any { return (*moment)(&k.CreatedAt) }),
	col("sign_from", func(k *store.SigningKey) any { return (*moment)(&k.SignFrom) }),
	col("retired_at", func(k *store.SigningKey) any { return (*moment)(&k.RetiredAt) }),
}

var (
	keyTable    = tableOf("signing_keys", "", keyColumns)
	signingKeys = "SELECT " + keyTable.selected + " FROM signing_keys ORDER BY generation"
)

// SigningKeys implements store.Keys.
func (d *DB) SigningKeys(ctx context.Context) (keys []store.SigningKey, err error) {
	err = d.Read(ctx, func(db *gorm.DB) error {
		keys, err = keyTable.all(db, signingKeys)
		return err
	})
	return append([]store.SigningKey{}, keys...), err
}

// AddSigningKey implements store.Keys.
func (d *DB) AddSigningKey(ctx context.Context, k store.SigningKey, e store.AuditEvent) error {
	return d.write(ctx, func(t *tx) error {
		if err := t.Do(func(db *gorm.DB) error {
			if err := t.sameMasterKey(db, k); err != nil {
				return err
			}
			return keyTable.add(db, k)
		}); err != nil {
			return err
		}
		return t.Audit(e)
	})
}

// sameMasterKey returns store.ErrConflict if the previous key is sealed with another
// master key than k, as it is if all keys were just rewrapped. The lock on the previous
// key keeps them from being rewrapped before k is added.
func (t *tx) sameMasterKey(db *gorm.DB, k store.SigningKey) error {
	if k.Generation <= 1 {
		return nil
	}
	var sealedUnder string
	err := engine.Row(db, "SELECT master_key_id FROM signing_keys WHERE generation = ?"+t.Dialect.ForUpdate, []any{k.Generation - 1}, &sealedUnder)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil
	case err == nil && sealedUnder != k.MasterKeyID:
		return store.ErrConflict
	}
	return err
}

// RewrapKeys implements store.Keys.
func (d *DB) RewrapKeys(ctx context.Context, keys []store.SigningKey, data []store.DataKey, e store.AuditEvent) error {
	return d.write(ctx, func(t *tx) error {
		if err := t.Do(func(db *gorm.DB) error {
			if err := rewrap(db, keys, t.Dialect.ForUpdate); err != nil {
				return err
			}
			return rewrapData(db, data)
		}); err != nil {
			return err
		}
		return t.Audit(e)
	})
}

// rewrap locks the rows and then reads them again: the locking read may already have
// passed the place of a key that was added while it waited for a lock.
func rewrap(db *gorm.DB, keys []store.SigningKey, forUpdate string) error {
	const all = "SELECT id FROM signing_keys ORDER BY generation"
	var ids []string
	for _, query := range []string{all + forUpdate, all} {
		ids = nil
		if err := db.Raw(query).Scan(&ids).Error; err != nil {
			return err
		}
	}
	if !slices.EqualFunc(ids, keys, func(id string, k store.SigningKey) bool { return id == k.ID }) {
		return store.ErrConflict
	}
	for _, k := range keys {
		if err := db.Exec("UPDATE signing_keys SET sealed = ?, master_key_id = ? WHERE id = ?", k.Sealed, k.MasterKeyID, k.ID).Error; err != nil {
			return err
		}
	}
	return nil
}

// RetireSigningKey implements store.Keys.
func (d *DB) RetireSigningKey(ctx context.Context, id string, at time.Time, e store.AuditEvent) error {
	return d.write(ctx, func(t *tx) error {
		if err := t.Do(func(db *gorm.DB) error { return retire(db, id, millis(at)) }); err != nil {
			return err
		}
		return t.Audit(e)
	})
}

// retire withdraws a key. A key that was withdrawn earlier keeps its time.
func retire(db *gorm.DB, id string, at int64) error {
	var generation int64
	if err := engine.Row(db, "SELECT generation FROM signing_keys WHERE id = ?", []any{id}, &generation); err != nil {
		return err
	}
	if err := db.Exec("UPDATE signing_keys SET retired_at = ? WHERE id = ? AND retired_at = 0", at, id).Error; err != nil {
		return err
	}
	return db.Exec("UPDATE signing_keys SET sign_from = ? WHERE generation = ? AND sign_from > ?", at, generation+1, at).Error
}

// DeleteSigningKey implements store.Keys.
func (d *DB) DeleteSigningKey(ctx context.Context, id string) error {
	return d.Change(ctx, func(db *gorm.DB) error {
		return db.Exec("DELETE FROM signing_keys WHERE id = ?", id).Error
	})
}
