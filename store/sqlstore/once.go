package sqlstore

import (
	"context"
	"time"

	"gorm.io/gorm"

	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

// UseOnce implements store.Pending. The primary key is the gate.
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

// SweepPending implements store.Pending.
func (d *DB) SweepPending(ctx context.Context, limit time.Time, n int) (swept int64, err error) {
	for _, t := range []struct{ table, key string }{
		{"pushed_requests", "digest"}, {"device_grants", "device_digest"}, {"used_once", "digest"}, {"bootstrap_links", "digest"},
	} {
		some, err := d.Sweep(ctx, t.table, t.key, "expires_at < ?", n, millis(limit))
		swept += some
		if err != nil {
			return swept, err
		}
	}
	return swept, nil
}
