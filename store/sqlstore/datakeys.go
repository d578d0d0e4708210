package sqlstore

import (
	"context"
	"errors"
	"slices"

	"gorm.io/gorm"

	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

// dataKeyColumns are the columns of a data key.
var dataKeyColumns = []column[store.DataKey]{
	col("id", func(k *store.DataKey) any { return &k.ID }),
	col("sealed", func(k *store.DataKey) any { return &k.Sealed }),
	col("master_key_id", func(k *store.DataKey) any { return &k.MasterKeyID }),
	col("created_at", func(k *store.DataKey) any { return (*moment)(&k.CreatedAt) }),
}

var (
	dataKeyTable = tableOf("data_keys", "", dataKeyColumns)
	dataKeys     = "SELECT " + dataKeyTable.selected + " FROM data_keys ORDER BY id"
)

// DataKeys implements store.Keys.
func (d *DB) DataKeys(ctx context.Context) (keys []store.DataKey, err error) {
	err = d.Read(ctx, func(db *gorm.DB) error {
		keys, err = dataKeyTable.all(db, dataKeys)
		return err
	})
	return append([]store.DataKey{}, keys...), err
}

// AddDataKey implements store.Keys. The lock on the last signing key keeps all from being
// rewrapped before k is added.
func (d *DB) AddDataKey(ctx context.Context, k store.DataKey) error {
	return d.write(ctx, func(t *tx) error {
		return t.Do(func(db *gorm.DB) error {
			if err := t.underLastMasterKey(db, k.MasterKeyID); err != nil {
				return err
			}
			return dataKeyTable.add(db, k)
		})
	})
}

// underLastMasterKey returns store.ErrConflict if the last signing key is sealed with
// another master key than that one, and locks that key: every rewrapping changes it.
func (t *tx) underLastMasterKey(db *gorm.DB, masterKeyID string) error {
	var sealedUnder string
	err := engine.Row(db, "SELECT master_key_id FROM signing_keys ORDER BY generation DESC LIMIT 1"+t.Dialect.ForUpdate, nil, &sealedUnder)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil
	case err == nil && sealedUnder != masterKeyID:
		return store.ErrConflict
	}
	return err
}

// rewrapData replaces the data keys, for a caller that has locked the signing keys.
func rewrapData(db *gorm.DB, keys []store.DataKey) error {
	var ids []string
	if err := db.Raw("SELECT id FROM data_keys ORDER BY id").Scan(&ids).Error; err != nil {
		return err
	}
	if !slices.EqualFunc(ids, keys, func(id string, k store.DataKey) bool { return id == k.ID }) {
		return store.ErrConflict
	}
	for _, k := range keys {
		if err := db.Exec("UPDATE data_keys SET sealed = ?, master_key_id = ? WHERE id = ?", k.Sealed, k.MasterKeyID, k.ID).Error; err != nil {
			return err
		}
	}
	return nil
}
