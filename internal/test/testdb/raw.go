package testdb

import (
	"database/sql"
	"strings"
	"testing"
)

// Raw opens the database of a DSN past the packages that keep records in it, waiting
// for other writers of a file as they do. The program of the test must have the driver.
func Raw(t testing.TB, dsn string) *sql.DB {
	t.Helper()
	driver, source := "sqlite", strings.TrimPrefix(dsn, "sqlite:")+"?_pragma=busy_timeout(10000)"
	if rest, ok := strings.CutPrefix(dsn, "mysql://"); ok {
		login, place, _ := strings.Cut(rest, "@")
		host, database, _ := strings.Cut(place, "/")
		driver, source = "mysql", login+"@tcp("+host+")/"+database+unguarded
	}
	pool, err := sql.Open(driver, source)
	if err != nil {
		t.Fatalf("opening the database: %v", err)
	}
	t.Cleanup(func() { _ = pool.Close() })
	return pool
}
