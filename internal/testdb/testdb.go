// Package testdb gives tests real databases: SQLite files, and MariaDB and Redis
// servers.
//
// GATEHOUSE_TEST_MYSQL and GATEHOUSE_TEST_REDIS name servers to use
// (scripts/services.sh starts them for a whole run). Without them servers are
// started from the installed binaries; without those the test is skipped with a
// sentence that says so, or fails where CI=true.
package testdb

import (
	"path/filepath"
	"testing"
)

// SQLite returns the DSN of a file that is not there yet.
func SQLite(t testing.TB) string {
	t.Helper()
	return "sqlite:" + filepath.Join(t.TempDir(), "gatehouse.db")
}
