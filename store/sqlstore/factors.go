package sqlstore

import (
	"context"
	"time"

	"gorm.io/gorm"

	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

// totpColumns are the columns of an authenticator app.
var totpColumns = []column[store.TOTPFactor]{
	col("user_id", func(f *store.TOTPFactor) any { return &f.UserID }),
	col("secret", func(f *store.TOTPFactor) any { return &f.Secret }),
	col("last_step", func(f *store.TOTPFactor) any { return &f.LastStep }),
	col("created_at", func(f *store.TOTPFactor) any { return (*moment)(&f.CreatedAt) }),
	col("confirmed_at", func(f *store.TOTPFactor) any { return (*moment)(&f.ConfirmedAt) }),
	col("last_used_at", func(f *store.TOTPFactor) any { return (*moment)(&f.LastUsedAt) }),
}

var (
	totpTable = tableOf("totp_factors", "f.", totpColumns)
	totpOf    = "SELECT " + totpTable.selected + " FROM totp_factors f WHERE f.user_id = ?"
)

// TOTPOf implements store.TOTPFactors.
func (d *DB) TOTPOf(ctx context.Context, userID int64) (store.TOTPFactor, error) {
	var f store.TOTPFactor
	err := d.Read(ctx, func(db *gorm.DB) error {
		return engine.Row(db, totpOf, []any{userID}, totpTable.dest(&f)...)
	})
	if err != nil {
		return store.TOTPFactor{}, err
	}
	return f, nil
}

// PutTOTP implements store.TOTPFactorsTx.
func (t *tx) PutTOTP(f store.TOTPFactor) error {
	return t.Nested(func(db *gorm.DB) error {
		if _, err := engine.Update(db, "DELETE FROM totp_factors WHERE user_id = ? AND confirmed_at = 0", f.UserID); err != nil {
			return err
		}
		return totpTable.add(db, f)
	})
}

// ConfirmTOTP implements store.TOTPFactorsTx. The UPDATE is the gate.
func (t *tx) ConfirmTOTP(userID int64, secret []byte, step int64, at time.Time) (bool, error) {
	return t.changesOne("UPDATE totp_factors SET confirmed_at = ?, last_step = ?, last_used_at = ? WHERE user_id = ? AND confirmed_at = 0 AND secret = ?",
		millis(at), step, millis(at), userID, blob(secret))
}

// UseTOTP implements store.TOTPFactorsTx. The UPDATE is the gate.
func (t *tx) UseTOTP(userID int64, step int64, at time.Time) (bool, error) {
	return t.changesOne("UPDATE totp_factors SET last_step = ?, last_used_at = ? WHERE user_id = ? AND last_step < ? AND confirmed_at > 0",
		step, millis(at), userID, step)
}

// DeleteTOTP implements store.TOTPFactorsTx.
func (t *tx) DeleteTOTP(userID int64) (bool, error) {
	return t.changesOne("DELETE FROM totp_factors WHERE user_id = ?", userID)
}

// DropFactors implements store.TOTPFactorsTx.
func (t *tx) DropFactors(userID int64) error {
	return t.Do(func(db *gorm.DB) error {
		for _, table := range []string{"totp_factors", "recovery_codes", "passkeys"} {
			if _, err := engine.Update(db, "DELETE FROM "+table+" WHERE user_id = ?", userID); err != nil {
				return err
			}
		}
		return nil
	})
}

// changesOne runs a statement, and reports whether it matched one row.
func (t *tx) changesOne(statement string, args ...any) (one bool, err error) {
	err = t.Do(func(db *gorm.DB) error {
		n, err := engine.Update(db, statement, args...)
		one = n == 1
		return err
	})
	return one, err
}
