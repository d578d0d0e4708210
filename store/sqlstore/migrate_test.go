package sqlstore_test

import (
	"context"
	"database/sql"
	"strings"
	"sync"
	"testing"

	"gatehouse/internal/test/testdb"
	"gatehouse/store"
	"gatehouse/store/sqlstore"
)

// TestManyStartAtOnce: eight replicas start on an empty database.
func TestManyStartAtOnce(t *testing.T) {
	for name, dsn := range backends {
		t.Run(name, func(t *testing.T) {
			for range 3 {
				dsn := dsn(t)
				var wg sync.WaitGroup
				for range 8 {
					wg.Go(func() {
						db, err := sqlstore.Open(t.Context(), sqlstore.Options{DSN: dsn, Timeout: patience})
						if err != nil {
							t.Errorf("opening the store: %v", err)
							return
						}
						defer db.Close()
						if err := db.Migrate(t.Context()); err != nil {
							t.Errorf("migrating the database: %v", err)
						}
						if _, err := db.HasAdmin(t.Context()); err != nil {
							t.Errorf("looking for an administrator: %v", err)
						}
					})
				}
				wg.Wait()
				steps, err := connect(t, dsn).MigrationStatus(t.Context())
				if err != nil || len(steps) == 0 || steps[0].AppliedAt.IsZero() {
					t.Errorf("status: %+v, %v; want the first migration applied", steps, err)
				}
			}
		})
	}
}

func execute(t *testing.T, pool *sql.DB, statement string, args ...any) {
	t.Helper()
	if _, err := pool.ExecContext(t.Context(), statement, args...); err != nil {
		t.Fatalf("executing the statement: %v", err)
	}
}

// onRaw runs a test with a migrated database, and a pool that bypasses the package.
func onRaw(t *testing.T, run func(t *testing.T, dsn string, pool *sql.DB)) {
	for name, dsn := range backends {
		t.Run(name, func(t *testing.T) {
			dsn := dsn(t)
			if err := migrated(t, dsn).Close(); err != nil {
				t.Fatalf("closing the store: %v", err)
			}
			run(t, dsn, testdb.Raw(t, dsn))
		})
	}
}

func TestEditedMigrationStopsTheStart(t *testing.T) {
	onRaw(t, func(t *testing.T, dsn string, pool *sql.DB) {
		execute(t, pool, "UPDATE schema_migrations SET sha256 = 'edited' WHERE version = 1")
		err := connect(t, dsn).Migrate(t.Context())
		if err == nil || !strings.Contains(err.Error(), "0001_initial was edited") {
			t.Errorf(`migrating the database: err = %v, want "0001_initial was edited"`, err)
		}
	})
}

// TestNewerSchemaIsAccepted: a release keeps running beside the next one.
func TestNewerSchemaIsAccepted(t *testing.T) {
	onRaw(t, func(t *testing.T, dsn string, pool *sql.DB) {
		execute(t, pool, "INSERT INTO schema_migrations (version, name, sha256, applied_at) VALUES (9999, 'future', 'x', 1)")
		execute(t, pool, "ALTER TABLE users ADD COLUMN shoe_size INTEGER")
		db := connect(t, dsn)
		if err := db.Migrate(t.Context()); err != nil {
			t.Fatalf("migrating the database: %v", err)
		}
		steps, err := db.MigrationStatus(t.Context())
		if err != nil || steps[len(steps)-1].Name != "future" {
			t.Errorf(`status: %+v, %v; want the step "future" at the end`, steps, err)
		}
		write(t, db, func(tx store.Tx) error { _, err := tx.CreateUser(store.User{Role: store.RoleUser}); return err })
	})
}

// TestKilledMigrationIsRunAgain: MySQL cannot roll back a step that was killed.
func TestKilledMigrationIsRunAgain(t *testing.T) {
	dsn := backends["mysql"](t)
	pool := testdb.Raw(t, dsn)
	for range 2 {
		if err := migrated(t, dsn).Close(); err != nil {
			t.Fatalf("closing the store: %v", err)
		}
		// As if it had been killed before its last statements.
		execute(t, pool, "DELETE FROM schema_migrations")
		execute(t, pool, "DROP TABLE throttles")
		execute(t, pool, "DELETE FROM user_counts WHERE shard > 3")
	}
	db := migrated(t, dsn)
	write(t, db, func(tx store.Tx) error { _, err := tx.CreateUser(store.User{Role: store.RoleUser}); return err })
	page, err := db.ListUsers(t.Context(), store.UserQuery{Limit: 1})
	if err != nil || page.Total != 1 {
		t.Errorf("after the repair: %+v, %v; want one user", page, err)
	}
}

func TestStatusOfAnEmptyDatabase(t *testing.T) {
	for name, dsn := range backends {
		t.Run(name, func(t *testing.T) {
			db := connect(t, dsn(t))
			steps, err := db.MigrationStatus(t.Context())
			if err != nil || len(steps) == 0 || !steps[0].AppliedAt.IsZero() {
				t.Errorf("status: %+v, %v; want pending steps", steps, err)
			}
			if err := db.Migrate(t.Context()); err != nil {
				t.Errorf("migrating the database: %v", err)
			}
		})
	}
}

func TestMigrationCanBeLeft(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, dsn := range backends {
		t.Run(name, func(t *testing.T) {
			if err := connect(t, dsn(t)).Migrate(ctx); err == nil {
				t.Error("migrating with a context that had ended succeeded, want an error")
			}
		})
	}
}
