package sqlstore

import (
	"context"
	"time"

	"gorm.io/gorm"
)

// CountSessions counts the living sessions.
func (d *DB) CountSessions(ctx context.Context, now time.Time) (n int64, err error) {
	return d.count(ctx, "SELECT COUNT(*) FROM sessions WHERE ended_at = 0 AND token_exp > ?", millis(now))
}

// CountClients implements store.Clients.
func (d *DB) CountClients(ctx context.Context) (n int64, err error) {
	return d.count(ctx, "SELECT COUNT(*) FROM clients")
}

func (d *DB) count(ctx context.Context, query string, args ...any) (n int64, err error) {
	err = d.read(ctx, func(db *gorm.DB) error { return row(db, query, args, &n) })
	return n, err
}
