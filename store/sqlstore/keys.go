package sqlstore

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
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

// keyTables hold the keys of RS256 and those of all other algorithms. The release before
// knows only the first table, and takes a key of another algorithm for a damaged one.
var (
	keyTable    = tableOf("signing_keys", "", keyColumns)
	ringTable   = tableOf("ring_keys", "", keyColumns)
	signingKeys = "SELECT " + keyTable.selected + " FROM signing_keys UNION ALL SELECT " + ringTable.selected + " FROM ring_keys"
	keyTables   = []string{"signing_keys", "ring_keys"}
)

// keyOrder compares keys by the order in which they are listed.
func keyOrder(a, b store.SigningKey) int {
	first := func(k store.SigningKey) string { return strings.TrimPrefix(k.Algorithm, store.RS256) } // nothing comes before ""
	return cmp.Or(cmp.Compare(first(a), first(b)), cmp.Compare(a.Generation, b.Generation))
}

// allKeys reads the keys of all algorithms, in their order.
func allKeys(db *gorm.DB) ([]store.SigningKey, error) {
	keys, err := keyTable.all(db, signingKeys)
	slices.SortFunc(keys, keyOrder)
	return keys, err
}

// keyTableOf returns the table of an algorithm's keys.
func keyTableOf(algorithm string) (*table[store.SigningKey], string) {
	if algorithm == store.RS256 {
		return keyTable, keyTables[0]
	}
	return ringTable, keyTables[1]
}

// SigningKeys implements store.Keys.
func (d *DB) SigningKeys(ctx context.Context) (keys []store.SigningKey, err error) {
	err = d.Read(ctx, func(db *gorm.DB) error {
		keys, err = allKeys(db)
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
			into, _ := keyTableOf(k.Algorithm)
			return into.add(db, k)
		}); err != nil {
			return err
		}
		return t.Audit(e)
	})
}

// sameMasterKey returns store.ErrConflict if the previous key is sealed with another
// master key than k, as it is if all keys were just rewrapped. The lock on the previous
// key keeps them from being rewrapped before k is added. The last key of RS256 stands for
// the keys of all other algorithms.
func (t *tx) sameMasterKey(db *gorm.DB, k store.SigningKey) error {
	if k.Algorithm != store.RS256 {
		return t.underLastMasterKey(db, k.MasterKeyID)
	}
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
// passed the place of a key that was added while it waited for a lock. The lock on the keys
// of RS256 also keeps those of other algorithms from being added.
func rewrap(db *gorm.DB, keys []store.SigningKey, forUpdate string) error {
	if err := db.Raw("SELECT id FROM signing_keys ORDER BY generation" + forUpdate).Scan(new([]string)).Error; err != nil {
		return err
	}
	now, err := allKeys(db)
	if err != nil {
		return err
	}
	if !slices.EqualFunc(now, keys, func(a, b store.SigningKey) bool { return a.ID == b.ID }) {
		return store.ErrConflict
	}
	for _, k := range keys {
		_, name := keyTableOf(k.Algorithm)
		if err := db.Exec("UPDATE "+name+" SET sealed = ?, master_key_id = ? WHERE id = ?", k.Sealed, k.MasterKeyID, k.ID).Error; err != nil {
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
	var k store.SigningKey
	if err := engine.Row(db, "SELECT "+keyTable.selected+" FROM ("+signingKeys+") AS k WHERE id = ?", []any{id}, keyTable.dest(&k)...); err != nil {
		return err
	}
	_, name := keyTableOf(k.Algorithm)
	if err := db.Exec("UPDATE "+name+" SET retired_at = ? WHERE id = ? AND retired_at = 0", at, id).Error; err != nil {
		return err
	}
	return db.Exec("UPDATE "+name+" SET sign_from = ? WHERE algorithm = ? AND generation = ? AND sign_from > ?", at, k.Algorithm, k.Generation+1, at).Error
}

// DeleteSigningKey implements store.Keys.
func (d *DB) DeleteSigningKey(ctx context.Context, id string) error {
	return d.Change(ctx, func(db *gorm.DB) error {
		for _, name := range keyTables {
			if err := db.Exec("DELETE FROM "+name+" WHERE id = ?", id).Error; err != nil {
				return err
			}
		}
		return nil
	})
}
