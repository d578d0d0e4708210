package sqlstore

import (
	"context"
	"time"

	"gorm.io/gorm"

	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

// HasRecoveryCode implements store.RecoveryCodes.
func (d *DB) HasRecoveryCode(ctx context.Context, userID int64, code store.Digest) (found bool, err error) {
	err = d.Read(ctx, func(db *gorm.DB) error {
		found, err = engine.Exists(db, "SELECT 1 FROM recovery_codes WHERE user_id = ? AND digest = ?", userID, blob(code[:]))
		return err
	})
	return found, err
}

// ListRecoveryCodes implements store.RecoveryCodes.
func (d *DB) ListRecoveryCodes(ctx context.Context, userID int64) (all []store.Digest, err error) {
	err = d.Read(ctx, func(db *gorm.DB) error {
		all = nil
		return engine.Rows(db, "SELECT digest FROM recovery_codes WHERE user_id = ?", []any{userID}, func(row engine.Scanner) error {
			var digest []byte
			err := row.Scan(&digest)
			all = append(all, store.Digest(digest))
			return err
		})
	})
	return all, err
}

// ReplaceRecoveryCodes implements store.RecoveryCodesTx.
func (t *tx) ReplaceRecoveryCodes(userID int64, codes []store.Digest, at time.Time) error {
	return t.Do(func(db *gorm.DB) error {
		if _, err := engine.Update(db, "DELETE FROM recovery_codes WHERE user_id = ?", userID); err != nil {
			return err
		}
		for _, c := range codes {
			_, err := engine.Update(db, "INSERT INTO recovery_codes (user_id, digest, created_at) VALUES (?, ?, ?)", userID, blob(c[:]), millis(at))
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// UseRecoveryCode implements store.RecoveryCodesTx. The DELETE is the gate.
func (t *tx) UseRecoveryCode(userID int64, code store.Digest) (used bool, left int, err error) {
	err = t.Do(func(db *gorm.DB) error {
		n, err := engine.Update(db, "DELETE FROM recovery_codes WHERE user_id = ? AND digest = ?", userID, blob(code[:]))
		if used = n == 1; err != nil {
			return err
		}
		left = 0 // the statement may run again
		return engine.Rows(db, "SELECT 1 FROM recovery_codes WHERE user_id = ?"+t.Dialect.ForUpdate, []any{userID}, func(engine.Scanner) error {
			left++
			return nil
		})
	})
	return used, left, err
}
