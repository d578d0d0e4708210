package sqlstore

import (
	"context"
	"time"
)

// CountSessions counts the living sessions.
func (d *DB) CountSessions(ctx context.Context, now time.Time) (n int64, err error) {
	return d.Count(ctx, "SELECT COUNT(*) FROM sessions WHERE ended_at = 0 AND token_exp > ?", millis(now))
}

// CountClients implements store.Clients.
func (d *DB) CountClients(ctx context.Context) (n int64, err error) {
	return d.Count(ctx, "SELECT COUNT(*) FROM clients")
}
