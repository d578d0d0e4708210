// Package testdb gives tests real databases: SQLite files, and MariaDB and Redis
// servers.
//
// GATEHOUSE_TEST_MYSQL and GATEHOUSE_TEST_REDIS name servers to use
// (scripts/services.sh starts them for a whole run). Without them servers are
// started from the installed binaries; without those the test is skipped with a
// sentence that says so, or fails where CI=true.
package testdb

import (
	"os"
	"path/filepath"
	"testing"
)

// SQLite returns the DSN of a file that is not there yet.
func SQLite(t testing.TB) string {
	t.Helper()
	return "sqlite:" + filepath.Join(Folder(t), "gatehouse.db")
}

// Folder returns an empty folder for a database, in memory where that is to be had:
// a disk takes longer for the flush after each write than the tests for all else. It
// is removed after the test.
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
