// Package testdb gives tests real databases: SQLite files, and MariaDB and Redis
// servers.
//
// GATEHOUSE_TEST_MYSQL and GATEHOUSE_TEST_REDIS name servers to use; scripts/services.sh
// starts them for all packages. Without the variables, the servers are started from the
// installed binaries. Without binaries, the test is skipped and says so, or fails if
// CI=true.
package testdb

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// SQLite returns the DSN of a file that does not exist yet.
func SQLite(t testing.TB) string {
	t.Helper()
	return "sqlite:" + filepath.Join(Folder(t), "gatehouse.db")
}

// Ready is SQLite for a test that begins by migrating the database, whatever it finds. If
// GATEHOUSE_TEST_SQLITE names a file with the current schema and nothing in it, the DSN is
// that of a copy: under the race detector, making the schema takes longer than most tests.
func Ready(t testing.TB) string {
	t.Helper()
	dsn, empty := SQLite(t), os.Getenv("GATEHOUSE_TEST_SQLITE")
	if empty == "" {
		return dsn
	}
	content, err := os.ReadFile(empty)
	if err == nil {
		err = os.WriteFile(strings.TrimPrefix(dsn, "sqlite:"), content, 0o600)
	}
	if err != nil {
		t.Fatalf("copying the empty database: %v", err)
	}
	return dsn
}

// Folder returns an empty folder for a database, in memory if possible, because flushing
// every write to a disk takes longer than everything else in the tests. It is removed
// after the test.
func Folder(t testing.TB) string {
	t.Helper()
	made, err := folder()
	if err != nil {
		t.Fatalf("making the folder: %v", err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(made); err != nil {
			t.Errorf("removing the folder: %v", err)
		}
	})
	return made
}
