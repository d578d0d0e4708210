package sqlstore

import (
	"context"

	"gorm.io/gorm"

	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

// passkeyColumns are the columns of a passkey. The key is a digest of the credential's
// ID, which is too long for an index of some databases.
var passkeyColumns = []column[store.Passkey]{
	col("digest", func(p *store.Passkey) any { return passkeyKey(p.ID) }).written(),
	col("credential_id", func(p *store.Passkey) any { return &p.ID }),
	col("user_id", func(p *store.Passkey) any { return &p.UserID }),
	col("name", func(p *store.Passkey) any { return &p.Name }).upTo(255),
	col("credential", func(p *store.Passkey) any { return &p.Credential }),
	col("sign_count", func(p *store.Passkey) any { return &p.SignCount }),
	col("created_at", func(p *store.Passkey) any { return (*moment)(&p.CreatedAt) }),
	col("last_used_at", func(p *store.Passkey) any { return (*moment)(&p.LastUsedAt) }),
}

var (
	passkeyTable   = tableOf("passkeys", "p.", passkeyColumns)
	selectPasskeys = "SELECT " + passkeyTable.selected + " FROM passkeys p WHERE "
	passkeyUse     = part(passkeyColumns, "credential", "sign_count", "last_used_at")
	usePasskey     = "UPDATE passkeys SET " + passkeyUse.set + " WHERE digest = ? AND user_id = ? AND (sign_count < ? OR (sign_count = 0 AND ? = 0))"
)

func passkeyKey(id []byte) blob {
	digest := store.DigestOf(string(id))
	return digest[:]
}

// PasskeyByID implements store.Passkeys.
func (d *DB) PasskeyByID(ctx context.Context, id []byte) (p store.Passkey, err error) {
	err = d.Read(ctx, func(db *gorm.DB) error {
		p = store.Passkey{}
		return engine.Row(db, selectPasskeys+"p.digest = ?", []any{passkeyKey(id)}, passkeyTable.dest(&p)...)
	})
	return p, err
}

// ListPasskeys implements store.Passkeys.
func (d *DB) ListPasskeys(ctx context.Context, userID int64) (all []store.Passkey, err error) {
	err = d.Read(ctx, func(db *gorm.DB) error {
		all, err = passkeyTable.all(db, selectPasskeys+"p.user_id = ? ORDER BY p.created_at, p.digest", userID)
		return err
	})
	return all, err
}

// AddPasskey implements store.PasskeysTx. A refusal leaves the transaction usable.
func (t *tx) AddPasskey(p store.Passkey) error {
	return t.Nested(func(db *gorm.DB) error {
		n, err := countPasskeys(db, p.UserID)
		if err != nil {
			return err
		}
		if n >= store.MaxPasskeys {
			return store.ErrFull
		}
		return passkeyTable.add(db, p)
	})
}

// UsePasskey implements store.PasskeysTx. The UPDATE is the gate.
func (t *tx) UsePasskey(p store.Passkey) (used bool, err error) {
	err = t.Do(func(db *gorm.DB) error {
		n, err := engine.Update(db, usePasskey, passkeyUse.values(&p, passkeyKey(p.ID), p.UserID, p.SignCount, p.SignCount)...)
		if used = n == 1; err != nil || used {
			return err
		}
		var count int64
		return engine.Row(db, "SELECT sign_count FROM passkeys WHERE digest = ? AND user_id = ?", []any{passkeyKey(p.ID), p.UserID}, &count)
	})
	return used, err
}

// RenamePasskey implements store.PasskeysTx.
func (t *tx) RenamePasskey(userID int64, id []byte, name string) error {
	return t.Do(func(db *gorm.DB) error {
		n, err := engine.Update(db, "UPDATE passkeys SET name = ? WHERE digest = ? AND user_id = ?", text(name, 255), passkeyKey(id), userID)
		if err == nil && n == 0 {
			return store.ErrNotFound
		}
		return err
	})
}

// RemovePasskey implements store.PasskeysTx.
func (t *tx) RemovePasskey(userID int64, id []byte) (left int, err error) {
	err = t.Do(func(db *gorm.DB) error {
		n, err := engine.Update(db, "DELETE FROM passkeys WHERE digest = ? AND user_id = ?", passkeyKey(id), userID)
		if err != nil {
			return err
		}
		if n == 0 {
			return store.ErrNotFound
		}
		left, err = countPasskeys(db, userID)
		return err
	})
	return left, err
}

func countPasskeys(db *gorm.DB, userID int64) (n int, err error) {
	err = engine.Row(db, "SELECT COUNT(*) FROM passkeys WHERE user_id = ?", []any{userID}, &n)
	return n, err
}
