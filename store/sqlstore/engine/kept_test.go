package engine

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"

	"gatehouse/internal/test/testdb"
)

// keptPool is a pool of one connection, so that all statements meet in one keeper.
func keptPool(t *testing.T) *sql.DB {
	t.Helper()
	pool, err := openFile(filepath.Join(testdb.Folder(t), "kept.db"), nil)
	if err != nil {
		t.Fatalf("opening the file: %v", err)
	}
	t.Cleanup(func() {
		if err := pool.Close(); err != nil {
			t.Errorf("closing the file: %v", err)
		}
	})
	pool.SetMaxOpenConns(1)
	return pool
}

// TestRowsOfAKeptStatement reads the rows of a statement while the transaction runs the
// same text again, and so many others that the statement is dropped.
func TestRowsOfAKeptStatement(t *testing.T) {
	tx, err := keptPool(t).BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatalf("beginning: %v", err)
	}
	defer tx.Rollback()
	const text = "SELECT value FROM json_each('[1,2,3]')"
	outer, err := tx.QueryContext(t.Context(), text)
	if err != nil {
		t.Fatalf("running the statement: %v", err)
	}
	defer outer.Close()
	for want := 1; want <= 3; want++ {
		var got, first int
		if !outer.Next() || outer.Scan(&got) != nil || got != want {
			t.Fatalf("row = %d, %v, want %d", got, outer.Err(), want)
		}
		if err := tx.QueryRowContext(t.Context(), text).Scan(&first); err != nil || first != 1 {
			t.Fatalf("the same statement meanwhile: %d, %v, want 1", first, err)
		}
		for i := range keptMax {
			if err := tx.QueryRowContext(t.Context(), fmt.Sprintf("SELECT %d", want*keptMax+i)).Scan(&got); err != nil || got != want*keptMax+i {
				t.Fatalf("another statement: %d, %v, want %d", got, err, want*keptMax+i)
			}
		}
	}
	if outer.Next() || outer.Err() != nil {
		t.Fatalf("after the last row: %v, want the end", outer.Err())
	}
}

// TestAPragmaIsNotKept: SQLite may do the work of a PRAGMA when it prepares it.
func TestAPragmaIsNotKept(t *testing.T) {
	pool := keptPool(t)
	for i := range 4 {
		if _, err := pool.ExecContext(t.Context(), fmt.Sprintf("PRAGMA foreign_keys = %d", i%2)); err != nil {
			t.Fatalf("setting it: %v", err)
		}
		var on int
		if err := pool.QueryRowContext(t.Context(), "PRAGMA foreign_keys").Scan(&on); err != nil || on != i%2 {
			t.Errorf("time %d: %d, %v, want %d", i, on, err, i%2)
		}
	}
}

// TestAKeptStatementAfterAChangeOfTheSchema returns what the new schema holds.
func TestAKeptStatementAfterAChangeOfTheSchema(t *testing.T) {
	pool := keptPool(t)
	for _, change := range []struct {
		statement string
		columns   int
	}{
		{"CREATE TABLE t (a INTEGER NOT NULL)", 1},
		{"INSERT INTO t (a) VALUES (1)", 1},
		{"ALTER TABLE t ADD COLUMN b TEXT NOT NULL DEFAULT 'new'", 2},
	} {
		if _, err := pool.ExecContext(t.Context(), change.statement); err != nil {
			t.Fatalf("running %s: %v", change.statement, err)
		}
		if columns := columnsOf(t, pool, "SELECT * FROM t"); len(columns) != change.columns {
			t.Errorf("after %s there are the columns %v, want %d", change.statement, columns, change.columns)
		}
	}
}

func columnsOf(t *testing.T, pool *sql.DB, query string) []string {
	t.Helper()
	rows, err := pool.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatalf("running %s: %v", query, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil || rows.Err() != nil {
		t.Fatalf("reading the columns of %s: %v, %v, want no error", query, err, rows.Err())
	}
	return columns
}
