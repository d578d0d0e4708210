package keys

import (
	"slices"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/test/testdb"
	"gatehouse/store"
	"gatehouse/store/sqlstore"
)

// TestReplicasOnOneDatabaseAgree repeats the contention on real databases, where each
// replica has connections of its own.
func TestReplicasOnOneDatabaseAgree(t *testing.T) {
	for name, dsn := range map[string]func(testing.TB) string{"SQLite": testdb.Ready, "MySQL": testdb.MySQL} {
		t.Run(name, func(t *testing.T) {
			at := dsn(t)
			dbs := make([]*sqlstore.DB, 4)
			for i := range dbs {
				dbs[i] = openDB(t, at)
			}
			rings := openTogether(t, dbs, 8)
			if n := len(records(t, dbs[0])); n != 1 {
				t.Fatalf("%d first keys, want 1", n)
			}
			together(t, rings, func(r *Ring) error {
				_, err := r.Rotate(t.Context(), store.RS256, "cli")
				return err
			})
			rows := records(t, dbs[0])
			if len(rows) != 2 {
				t.Fatalf("%d keys after many rotations at once, want 2", len(rows))
			}
			together(t, rings, func(r *Ring) error { return r.Retire(t.Context(), rows[0].ID, "cli") })
			together(t, rings, func(r *Ring) error { return r.reload(t.Context()) })
			for _, r := range rings {
				if got := states(t, r); !slices.Equal(got, []State{Retired, Signing}) {
					t.Errorf("states %v, want %v", got, []State{Retired, Signing})
				}
			}
			events, err := dbs[0].ListAudit(t.Context(), store.AuditQuery{Kind: "key.created", Limit: 100})
			if err != nil || len(events) != 2 {
				t.Errorf("%d keys created on record, want 2 (%v)", len(events), err)
			}
		})
	}
}

func openDB(t *testing.T, dsn string) *sqlstore.DB {
	t.Helper()
	db, err := sqlstore.Open(t.Context(), sqlstore.Options{DSN: dsn, Now: time.Now, Timeout: 10 * time.Second})
	if err != nil {
		t.Fatalf("opening the store: %v", err)
	}
	t.Cleanup(func() { db.Close() })
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatalf("migrating the database: %v", err)
	}
	return db
}

func records(t *testing.T, db *sqlstore.DB) []store.SigningKey {
	t.Helper()
	rows, err := db.SigningKeys(t.Context())
	if err != nil {
		t.Fatalf("reading the signing keys: %v", err)
	}
	return rows
}

func openTogether(t *testing.T, dbs []*sqlstore.DB, n int) []*Ring {
	t.Helper()
	rings := make([]*Ring, n)
	var wg sync.WaitGroup
	for i := range rings {
		wg.Go(func() { rings[i] = openRing(t, options(dbs[i%len(dbs)], time.Now)) })
	}
	wg.Wait()
	if t.Failed() {
		t.FailNow() // a ring that failed to open is nil
	}
	return rings
}

func together(t *testing.T, rings []*Ring, do func(*Ring) error) {
	t.Helper()
	var wg sync.WaitGroup
	for _, r := range rings {
		wg.Go(func() {
			if err := do(r); err != nil {
				t.Errorf("one of the concurrent calls: %v", err)
			}
		})
	}
	wg.Wait()
}
