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
	"testing"
)

// SQLite returns the DSN of a file that does not exist yet.
func SQLite(t testing.TB) string {
	t.Helper()
	return "sqlite:" + filepath.Join(Folder(t), "gatehouse.db")
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
