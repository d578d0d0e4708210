package sqlstore

import (
	"context"
	"time"

	"gorm.io/gorm"

	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

// HasBootstrap implements store.Bootstraps.
func (d *DB) HasBootstrap(ctx context.Context, link store.Digest, now time.Time) (found bool, err error) {
	err = d.Read(ctx, func(db *gorm.DB) error {
		found, err = engine.Exists(db, "SELECT 1 FROM bootstrap_links WHERE digest = ? AND expires_at > ?", blob(link[:]), millis(now))
		return err
	})
	return found, err
}

// AddBootstrap implements store.BootstrapTx.
func (t *tx) AddBootstrap(link store.Digest, expires time.Time) error {
	return t.Do(func(db *gorm.DB) error {
		return db.Exec("INSERT INTO bootstrap_links (digest, expires_at) VALUES (?, ?)", blob(link[:]), millis(expires)).Error
	})
}

// UseBootstrap implements store.BootstrapTx. The DELETE is the gate.
func (t *tx) UseBootstrap(link store.Digest, now time.Time) (taken bool, err error) {
	err = t.Do(func(db *gorm.DB) error {
		n, err := engine.Exec(db, "DELETE FROM bootstrap_links WHERE digest = ? AND expires_at > ?", blob(link[:]), millis(now))
		taken = n == 1
		return err
	})
	return taken, err
}

// ClearBootstrap implements store.BootstrapTx.
func (t *tx) ClearBootstrap() error {
	return t.Do(func(db *gorm.DB) error { return db.Exec("DELETE FROM bootstrap_links").Error })
}

// SweepBootstraps implements store.Bootstraps.
func (d *DB) SweepBootstraps(ctx context.Context, limit time.Time, n int) (int64, error) {
	return d.Sweep(ctx, "bootstrap_links", "digest", "expires_at < ?", n, millis(limit))
}
