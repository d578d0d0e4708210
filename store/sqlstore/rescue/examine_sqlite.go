package rescue

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"gatehouse/internal/finding"
	"gatehouse/store/sqlstore/engine"
)

// examineSQLite examines the file. It drops its findings if another process began to
// write meanwhile.
func (d examined) examineSQLite(ctx context.Context, conn *sql.Conn, found finding.List) finding.List {
	var version string
	if err := conn.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&version); err == nil {
		found.OK("database version", "SQLite %s, in this program", version)
	}
	d.logMode(&found)
	examineIntegrity(ctx, conn, &found)
	if err := d.Present(); err != nil {
		var again finding.List
		again.Warn("database", "run doctor again", "%s during the examination", err)
		return again
	}
	return found
}

// logMode reads the file's header, which says how it was last written (Database File
// Format, §1.3), because a connection that only reads has no log.
func (d examined) logMode(found *finding.List) {
	const at, wal = 18, 2
	place, err := engine.ParseDSN(d.Options().DSN)
	if err != nil {
		return
	}
	file, err := os.Open(place.File)
	if err != nil {
		return // that has been reported
	}
	defer func() { _ = file.Close() }() // opened only for reading
	var mode [1]byte
	switch _, err := file.ReadAt(mode[:], at); {
	case err != nil: // likewise
	case mode[0] == wal:
		found.OK("database log", "write-ahead log")
	default:
		found.OK("database log", "rollback journal; the next start turns the write-ahead log on")
	}
}

func examineIntegrity(ctx context.Context, conn *sql.Conn, found *finding.List) {
	var first string
	err := conn.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&first)
	switch {
	case ctx.Err() != nil:
		found.Warn("database integrity", "it is a big file; check a backup of it instead: gatehouse backup", "the check did not end in time")
	case err != nil:
		found.Fault("database integrity", "restore a backup: gatehouse restore FILE", "%s", err)
	case first != "ok":
		found.Fault("database integrity", "restore a backup: gatehouse restore FILE", "the file is damaged: %s", first)
	default:
		found.OK("database integrity", "quick_check found nothing")
	}
}

// ExamineFile examines the file and folder of an embedded database without opening it.
// For a server it finds nothing.
func ExamineFile(dsn string) (found finding.List) {
	at, err := engine.ParseDSN(dsn)
	if err != nil || at.File == "" {
		return nil
	}
	folder := filepath.Dir(at.File)
	examineMode("database folder", folder, 0o022, "users other than its owner can put another database there", "chmod go-w "+folder, &found)
	examineDisk(folder, at.File, &found)
	if _, err := os.Stat(at.File); errors.Is(err, fs.ErrNotExist) {
		found.Warn("database", "if there should be one, do not start a server, but run: gatehouse restore FILE", "%s does not exist; the first start of a server makes an empty one", at.File)
		return found
	}
	for _, end := range append([]string{""}, sides...) {
		if _, err := os.Stat(at.File + end); err == nil {
			examineMode("database file", at.File+end, 0o077, "users other than its owner can use it", "chmod 600 "+at.File+end, &found)
		}
	}
	return found
}

func examineMode(check, name string, open os.FileMode, why, do string, found *finding.List) {
	info, err := os.Stat(name)
	if err != nil {
		found.Fault(check, "check that it exists and that this user may use it", "%s", err)
		return
	}
	mode := info.Mode().Perm()
	if mode&open != 0 {
		found.Fault(check, do, "%s has mode %#o: %s", name, mode, why)
		return
	}
	found.OK(check, "%s has mode %#o", name, mode)
}
