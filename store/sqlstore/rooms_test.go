package sqlstore_test

import (
	"crypto/rand"
	"database/sql"
	"testing"
	"time"

	"gatehouse/internal/test/testdb"
	"gatehouse/store"
)

// TestABoundReadsNoMoreThanItAllows: however many rows are open, the statement that
// compares their number with a bound stops there, and an index leads it to them.
func TestABoundReadsNoMoreThanItAllows(t *testing.T) {
	now, dsn := time.Now(), testdb.StartMySQL(t).DSN
	db, raw := migrated(t, dsn), testdb.Raw(t, dsn)
	for _, tt := range []struct {
		name  string
		fill  func(t *testing.T, db store.DB) error
		bound int64
		again func(t *testing.T, db store.DB) error
	}{
		{"pushed requests", pushes(store.Room{}, now), 20, pushes(store.Room{Now: now, Client: 10, Network: 10}, now)},
		{"devices", begins(store.Room{}, now), 20, begins(store.Room{Now: now, Client: 10, Network: 10}, now)},
		{"codes", codesOf("another", now), store.MaxOpenCodes, codesOf("browser", now)},
		{"sessions", starts(1000), 10 + 11, starts(10)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for range 500 {
				if err := tt.fill(t, db); err != nil {
					t.Fatalf("filling the table: %v", err)
				}
			}
			_ = tt.again(t, db) // the first use of a statement also reads what is known of the table
			// What is counted is read once more, from the statement's own list.
			most := 2*tt.bound + 10
			if reads := readsOf(t, raw, func() { _ = tt.again(t, db) }); reads > most {
				t.Errorf("%d rows were read of 500, want at most %d", reads, most)
			}
		})
	}
}

func pushes(room store.Room, now time.Time) func(*testing.T, store.DB) error {
	return func(t *testing.T, db store.DB) error {
		return db.AddPushed(t.Context(), store.PushedRequest{
			Digest: store.DigestOf(rand.Text()), ClientID: "spa", Network: "192.0.2.0/24", ExpiresAt: now.Add(time.Minute),
		}, room)
	}
}

func begins(room store.Room, now time.Time) func(*testing.T, store.DB) error {
	return func(t *testing.T, db store.DB) error {
		return db.AddDevice(t.Context(), store.DeviceGrant{
			Device: store.DigestOf(rand.Text()), User: store.DigestOf(rand.Text()), ClientID: "tv", Network: "192.0.2.0/24",
			Status: store.DevicePending, CreatedAt: now, ExpiresAt: now.Add(time.Minute),
		}, room)
	}
}

// codesOf adds a code that was used, of either browser session, and one that was not.
func codesOf(browserID string, now time.Time) func(*testing.T, store.DB) error {
	return func(t *testing.T, db store.DB) error {
		c := store.AuthCode{Digest: store.DigestOf(rand.Text()), BrowserID: "browser", ExpiresAt: now.Add(time.Minute), UsedAt: now}
		if browserID == "browser" {
			c.UsedAt = time.Time{}
		}
		return db.AddCode(t.Context(), c)
	}
}

// starts begins a session of one user in one client, if there are fewer than most.
func starts(most int) func(*testing.T, store.DB) error {
	return func(t *testing.T, db store.DB) error {
		return db.Write(t.Context(), func(tx store.Tx) error {
			_, err := tx.CreateSessionWithin(store.Session{ID: rand.Text(), UserID: 7, ClientID: "spa", CreatedAt: time.Now()}, most)
			if err != nil || most > 10 {
				return err
			}
			_, err = tx.SessionUses(store.Session{UserID: 7, ClientID: "spa"}, most+1)
			return err
		})
	}
}

// readsOf returns how many rows MariaDB reads while f runs, by an index or a scan. The
// test has the server to itself.
func readsOf(t *testing.T, pool *sql.DB, f func()) int64 {
	t.Helper()
	begun := handlerReads(t, pool)
	counting := handlerReads(t, pool) - begun
	f()
	return handlerReads(t, pool) - begun - 2*counting
}

func handlerReads(t *testing.T, pool *sql.DB) (sum int64) {
	t.Helper()
	err := pool.QueryRowContext(t.Context(), "SELECT SUM(VARIABLE_VALUE) FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME LIKE 'HANDLER_READ%'").Scan(&sum)
	if err != nil {
		t.Fatalf("reading the counters: %v", err)
	}
	return sum
}
