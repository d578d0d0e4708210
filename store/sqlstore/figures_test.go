package sqlstore_test

import (
	"fmt"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/sqlstore"
)

// TestCountSessionsUpTo: only living sessions count, those of one client or of all, and
// no more than asked for.
func TestCountSessionsUpTo(t *testing.T) {
	onEach(t, func(t *testing.T, open func(*testing.T) *sqlstore.DB) {
		db, now := open(t), time.Now()
		write(t, db, func(tx store.Tx) error {
			for i := range 6 {
				s := store.Session{ID: fmt.Sprint("s", i), ClientID: "shop", ExpiresAt: now.Add(time.Hour), Rotation: store.Rotation{ExpiresAt: now.Add(time.Hour)}}
				switch i {
				case 0:
					s.ClientID = "other"
				case 1:
					s.EndedAt = now
				case 2:
					s.Rotation.ExpiresAt = now.Add(-time.Minute)
				}
				if err := tx.CreateSession(s); err != nil {
					return err
				}
			}
			return nil
		})
		for _, c := range []struct {
			client string
			most   int
			want   int64
		}{{"", 10, 4}, {"shop", 10, 3}, {"shop", 2, 2}, {"nobody", 10, 0}} {
			if got, err := db.CountSessionsUpTo(t.Context(), c.client, c.most, now); err != nil || got != c.want {
				t.Errorf("sessions of %q, at most %d: %d, %v; want %d", c.client, c.most, got, err, c.want)
			}
		}
	})
}
