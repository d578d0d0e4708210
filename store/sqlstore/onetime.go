package sqlstore

import (
	"context"
	"time"

	"gorm.io/gorm"

	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

// UseOnce implements store.OneTime. The primary key is the gate.
func (d *DB) UseOnce(ctx context.Context, key store.Digest, expires time.Time) (first bool, err error) {
	err = d.Change(ctx, func(db *gorm.DB) error {
		_, err := engine.Exec(db, "INSERT INTO used_once (digest, expires_at) VALUES (?, ?)", blob(key[:]), millis(expires))
		first = err == nil
		if engine.Duplicate(err) {
			return nil
		}
		return err
	})
	return first, err
}

// SweepUsedOnce implements store.OneTime.
func (d *DB) SweepUsedOnce(ctx context.Context, limit time.Time, n int) (int64, error) {
	return d.Sweep(ctx, "used_once", "digest", "expires_at < ?", n, millis(limit))
}
