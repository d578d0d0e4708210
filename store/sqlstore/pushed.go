package sqlstore

import (
	"context"
	"time"

	"gorm.io/gorm"

	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

// A pushedRow is an authorization request that an app pushed.
type pushedRow struct {
	Digest     []byte `gorm:"primaryKey"`
	ClientID   string
	Parameters string
	ExpiresAt  int64
}

// TableName implements gorm's Tabler.
func (pushedRow) TableName() string { return "pushed_requests" }

// AddPushed implements store.PushedRequests.
func (d *DB) AddPushed(ctx context.Context, p store.PushedRequest) error {
	row := pushedRow{Digest: p.Digest[:], ClientID: p.ClientID, Parameters: p.Parameters, ExpiresAt: millis(p.ExpiresAt)}
	return d.Change(ctx, func(db *gorm.DB) error { return db.Create(&row).Error })
}

// PushedByDigest implements store.PushedRequests.
func (d *DB) PushedByDigest(ctx context.Context, digest store.Digest) (store.PushedRequest, error) {
	p := store.PushedRequest{Digest: digest}
	var expires int64
	err := d.Read(ctx, func(db *gorm.DB) error {
		return engine.Row(db, "SELECT client_id, parameters, expires_at FROM pushed_requests WHERE digest = ?",
			[]any{blob(digest[:])}, &p.ClientID, &p.Parameters, &expires)
	})
	if err != nil {
		return store.PushedRequest{}, err
	}
	p.ExpiresAt = instant(expires)
	return p, nil
}

// DeletePushed implements store.PushedRequests.
func (d *DB) DeletePushed(ctx context.Context, digest store.Digest) error {
	return d.Change(ctx, func(db *gorm.DB) error {
		return db.Exec("DELETE FROM pushed_requests WHERE digest = ?", blob(digest[:])).Error
	})
}

// SweepPushed implements store.PushedRequests.
func (d *DB) SweepPushed(ctx context.Context, limit time.Time, n int) (int64, error) {
	return d.Sweep(ctx, "pushed_requests", "digest", "expires_at < ?", n, millis(limit))
}
