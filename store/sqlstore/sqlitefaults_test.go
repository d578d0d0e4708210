package sqlstore_test

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/test/testdb"
	"gatehouse/internal/test/testkit"
	"gatehouse/store"
	"gatehouse/store/sqlstore"
)

// filled returns a database with some content, and its file.
func filled(t *testing.T) (*sqlstore.DB, string) {
	t.Helper()
	dsn := testdb.SQLite(t)
	db := brisk(t, dsn)
	for range 200 {
		if err := db.Audit(t.Context(), store.AuditEvent{Kind: "test", At: time.Now()}); err != nil {
			t.Fatalf("recording the audit event: %v", err)
		}
	}
	return db, strings.TrimPrefix(dsn, "sqlite:")
}

// TestSQLiteFileReplaced: we write neither to the old file, which has lost its name,
// nor to the new one.
func TestSQLiteFileReplaced(t *testing.T) {
	db, file := filled(t)
	if err := os.Rename(file, file+".old"); err != nil {
		t.Fatalf("renaming the file: %v", err)
	}
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatalf("writing the file: %v", err)
	}
	wantUnavailable(t, db, "Ping", "Audit", "Write", "Rotate", "Take")
	if info, err := os.Stat(file); err != nil || info.Size() != 0 {
		t.Errorf("it was written to: %v, %v; want an empty file", info, err)
	}
}

// TestSQLiteFileSpoiled: damage is noticed while the file is in use, and at the next
// start.
func TestSQLiteFileSpoiled(t *testing.T) {
	for name, spoil := range map[string]func(file string) error{
		"truncated":   func(file string) error { return os.Truncate(file, 5000) },
		"overwritten": func(file string) error { return os.WriteFile(file, bytes.Repeat([]byte("spoiled "), 4096), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			db, file := filled(t)
			if err := db.Close(); err != nil { // the log is in the file now
				t.Fatalf("closing the store: %v", err)
			}
			running, err := sqlstore.Open(t.Context(), sqlstore.Options{DSN: "sqlite:" + file, Timeout: time.Second})
			if err != nil {
				t.Fatalf("opening the store: %v", err)
			}
			defer running.Close()
			if err := spoil(file); err != nil {
				t.Fatalf("spoiling the file: %v", err)
			}
			_, err = running.ListAudit(t.Context(), store.AuditQuery{Limit: 100})
			if !errors.Is(err, store.ErrUnavailable) {
				t.Errorf("while in use: %v, want ErrUnavailable", err)
			}
			_ = running.Close()
			again, err := sqlstore.Open(t.Context(), sqlstore.Options{DSN: "sqlite:" + file, Timeout: time.Second})
			if err == nil {
				err = again.Migrate(t.Context())
				_ = again.Close()
			}
			if !errors.Is(err, sqlstore.ErrRefused) || strings.Contains(err.Error(), "\n") {
				t.Errorf("opening the store: %v, want one clear line", err)
			}
		})
	}
}

// TestSQLiteDiskFull: writes are refused, and reads still work.
func TestSQLiteDiskFull(t *testing.T) {
	folder := t.TempDir()
	testkit.SmallDisk(t, folder, 4)
	db := brisk(t, "sqlite:"+folder+"/gatehouse.db")
	empty := testkit.FillDisk(t, folder)
	var err error
	for range 100000 {
		err = db.Audit(t.Context(), store.AuditEvent{Kind: "test", At: time.Now(), RequestID: strings.Repeat("x", 30)})
		if err != nil {
			break
		}
	}
	if !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("err = %v, want ErrUnavailable", err)
	}
	if err := acts(db)["UserByID"](t.Context()); err != nil {
		t.Errorf("reading: %v", err)
	}
	empty()
	wantAnswers(t, db)
}
