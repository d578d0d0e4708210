package sqlstore

import (
	"context"
	"fmt"
	"math"
	"time"

	"gorm.io/gorm"

	"gatehouse/store/sqlstore/engine"
)

// AtLimit is a client in which users have as many sessions as they may.
type AtLimit struct {
	ClientID string
	Users    int64
}

// crowded counts by an index, but all sessions that have not ended.
const crowded = "SELECT f.client_id, COUNT(*) FROM" +
	" (SELECT user_id, client_id, COUNT(*) AS n FROM sessions WHERE ended_at = 0 GROUP BY user_id, client_id) AS f" +
	" LEFT JOIN clients c ON c.id = f.client_id" +
	" WHERE f.n >= CASE WHEN c.max_sessions > 0 THEN c.max_sessions WHEN c.max_sessions < 0 THEN ? ELSE ? END" +
	" GROUP BY f.client_id ORDER BY COUNT(*) DESC, f.client_id LIMIT ?"

// ClientsAtLimit returns at most n clients in which users have as many sessions as the
// client allows, or most where it has no limit of its own (0: any number); first those in
// which most users do.
func (d *DB) ClientsAtLimit(ctx context.Context, most, n int) (found []AtLimit, err error) {
	if most == 0 {
		most = math.MaxInt
	}
	err = d.Read(ctx, func(db *gorm.DB) error {
		return engine.Rows(db, crowded, []any{math.MaxInt, most, n}, func(s engine.Scanner) error {
			var c AtLimit
			err := s.Scan(&c.ClientID, &c.Users)
			found = append(found, c)
			return err
		})
	})
	return found, err
}

// CountSessions counts the living sessions.
func (d *DB) CountSessions(ctx context.Context, now time.Time) (n int64, err error) {
	return d.Count(ctx, "SELECT COUNT(*) FROM ("+d.livingSessions()+") AS living", millis(now))
}

// livingSessions selects the living sessions of all clients, by an index that has all it needs.
func (d *DB) livingSessions() string {
	return "SELECT 1 FROM sessions" + fmt.Sprintf(d.Dialect.UseIndex, "sessions_ended") + " WHERE ended_at = 0 AND token_exp > ?"
}

// CountSessionsUpTo counts the living sessions of a client, or of all clients if the ID is
// empty. It stops at most, so that it costs little among millions.
func (d *DB) CountSessionsUpTo(ctx context.Context, clientID string, most int, now time.Time) (int64, error) {
	s := bound("SELECT COUNT(*) FROM ("+d.livingSessions(), millis(now))
	if clientID != "" {
		s = bound("SELECT COUNT(*) FROM (SELECT 1 FROM sessions"+d.along("sessions_client")+" WHERE client_id = ? AND ended_at = 0 AND token_exp > ?", clientID, millis(now))
	}
	s.add(" LIMIT ?) AS living", most)
	return d.Count(ctx, s.String(), s.args...)
}

// CountClients implements store.Clients.
func (d *DB) CountClients(ctx context.Context) (n int64, err error) {
	return d.Count(ctx, "SELECT COUNT(*) FROM clients")
}
