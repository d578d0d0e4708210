package rescue_test

import (
	"database/sql"
	"testing"
	"time"

	"gatehouse/internal/test/testdb"
	"gatehouse/store"
	"gatehouse/store/sqlstore"
)

// backends are the databases that an operator may have.
var backends = map[string]func(testing.TB) string{"sqlite": testdb.SQLite, "mysql": testdb.MySQL}

// patience is the time-out of the tests: many tests share two cores.
const patience = 20 * time.Second

// connect opens a database without migrating it.
func connect(t *testing.T, dsn string) *sqlstore.DB {
	t.Helper()
	db, err := sqlstore.Open(t.Context(), sqlstore.Options{DSN: dsn, Timeout: patience})
	if err != nil {
		t.Fatalf("opening the database: %v", err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// migrated opens a database with the current schema.
func migrated(t *testing.T, dsn string) *sqlstore.DB {
	t.Helper()
	db := connect(t, dsn)
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatalf("migrating: %v", err)
	}
	return db
}

func write(t *testing.T, db store.DB, f func(store.Tx) error) {
	t.Helper()
	if err := db.Write(t.Context(), f); err != nil {
		t.Fatalf("writing: %v", err)
	}
}

func execute(t *testing.T, pool *sql.DB, statement string) {
	t.Helper()
	if _, err := pool.ExecContext(t.Context(), statement); err != nil {
		t.Fatalf("%s: executing the statement: %v", statement, err)
	}
}

// onRaw runs a test with a migrated database, and a pool that bypasses the packages.
func onRaw(t *testing.T, run func(t *testing.T, dsn string, pool *sql.DB)) {
	for name, dsn := range backends {
		t.Run(name, func(t *testing.T) {
			dsn := dsn(t)
			if err := migrated(t, dsn).Close(); err != nil {
				t.Fatalf("closing the database: %v", err)
			}
			run(t, dsn, testdb.Raw(t, dsn))
		})
	}
}
