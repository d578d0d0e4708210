package sqlstore

import (
	"context"
	"time"
)

// CountSessions counts the living sessions.
func (d *DB) CountSessions(ctx context.Context, now time.Time) (n int64, err error) {
	return d.Count(ctx, "SELECT COUNT(*) FROM sessions WHERE ended_at = 0 AND token_exp > ?", millis(now))
}

// CountSessionsUpTo counts the living sessions of a client, or of all clients if the ID is
// empty. It stops at most, so that it costs little among millions.
func (d *DB) CountSessionsUpTo(ctx context.Context, clientID string, most int, now time.Time) (int64, error) {
	s := bound("SELECT COUNT(*) FROM (SELECT 1 FROM sessions WHERE ended_at = 0 AND token_exp > ?", millis(now))
	if clientID != "" {
		s.add(" AND client_id = ?", clientID)
	}
	s.add(" LIMIT ?) AS living", most)
	return d.Count(ctx, s.String(), s.args...)
}

// CountClients implements store.Clients.
func (d *DB) CountClients(ctx context.Context) (n int64, err error) {
	return d.Count(ctx, "SELECT COUNT(*) FROM clients")
}
