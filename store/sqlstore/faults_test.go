package sqlstore_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/test/testdb"
	"gatehouse/internal/test/testkit"
	"gatehouse/store"
	"gatehouse/store/sqlstore"
)

// brisk opens a database with a time-out short enough to wait for.
func brisk(t *testing.T, dsn string) *sqlstore.DB {
	t.Helper()
	db, err := sqlstore.Open(t.Context(), sqlstore.Options{DSN: dsn, Timeout: time.Second})
	if err != nil {
		t.Fatalf("opening the store: %v", err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatalf("migrating the database: %v", err)
	}
	return db
}

// acts returns calls of every kind: reads, writes, transactions, rotations.
func acts(db *sqlstore.DB) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"Ping":            db.Ping,
		"UserByID":        func(ctx context.Context) error { _, err := db.UserByID(ctx, 1); return found(err) },
		"SessionWithUser": func(ctx context.Context) error { _, _, err := db.SessionWithUser(ctx, "none"); return found(err) },
		"SigningKeys":     func(ctx context.Context) error { _, err := db.SigningKeys(ctx); return err },
		"Audit":           func(ctx context.Context) error { return db.Audit(ctx, store.AuditEvent{Kind: "test", At: time.Now()}) },
		"RevokeToken":     func(ctx context.Context) error { return revoke(ctx, db, "jti") },
		"Write": func(ctx context.Context) error {
			return db.Write(ctx, func(tx store.Tx) error { return tx.Audit(store.AuditEvent{Kind: "test", At: time.Now()}) })
		},
		"Rotate": func(ctx context.Context) error {
			_, _, err := db.Rotations().Rotate(ctx, "none", store.Step{Gen: 1})
			return err
		},
		"CodeByDigest": func(ctx context.Context) error {
			_, err := db.CodeByDigest(ctx, store.DigestOf("none"))
			return found(err)
		},
		"UseOnce": func(ctx context.Context) error {
			_, err := db.UseOnce(ctx, store.DigestOf("key"), time.Now())
			return err
		},
		"ClientNamed":    func(ctx context.Context) error { _, err := db.ClientNamed(ctx, "shop"); return err },
		"NoticedClients": func(ctx context.Context) error { _, err := db.NoticedClients(ctx, time.Now()); return err },
		"ClaimNotices": func(ctx context.Context) error {
			_, err := db.ClaimNotices(ctx, "shop", time.Now(), time.Now(), 1)
			return err
		},
		"Take": func(ctx context.Context) error {
			_, err := db.Throttles().Take(ctx, store.DigestOf("key"), store.Rule{Free: 1, Forget: time.Hour})
			return err
		},
	}
}

// found drops ErrNotFound, which is an answer.
func found(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// wantUnavailable wants every act to return ErrUnavailable, in time.
func wantUnavailable(t *testing.T, db *sqlstore.DB, which ...string) {
	t.Helper()
	var wg sync.WaitGroup
	for name, act := range acts(db) {
		if len(which) > 0 && !slices.Contains(which, name) {
			continue
		}
		wg.Go(func() {
			start := time.Now()
			err := act(t.Context())
			if !errors.Is(err, store.ErrUnavailable) {
				t.Errorf("%s: err = %v, want ErrUnavailable", name, err)
			}
			if took := time.Since(start); took > patience/2 {
				t.Errorf("%s took %s, want at most %s", name, took, patience/2)
			}
		})
	}
	wg.Wait()
}

// wantAnswers wants every act to succeed within a while.
func wantAnswers(t *testing.T, db *sqlstore.DB) {
	t.Helper()
	for name, act := range acts(db) {
		var err error
		for range 50 {
			if err = act(t.Context()); err == nil {
				break
			}
			time.Sleep(100 * time.Millisecond)
		}
		if err != nil {
			t.Errorf("%s: err = %v after repeated tries, want success", name, err)
		}
	}
}

// TestServerKilled kills the server and starts it again. We recover without a restart.
func TestServerKilled(t *testing.T) {
	server := testdb.StartMySQL(t)
	db := brisk(t, server.DSN)
	wantAnswers(t, db)
	server.Stop()
	wantUnavailable(t, db)
	server.Start()
	wantAnswers(t, db)
}

func TestServerHangs(t *testing.T) {
	server := testdb.StartMySQL(t)
	db := brisk(t, server.DSN)
	wantAnswers(t, db)
	server.Pause()
	wantUnavailable(t, db)
	server.Resume()
	wantAnswers(t, db)
}

// TestTableLocked: another connection's long statement holds a table that we need.
func TestTableLocked(t *testing.T) {
	dsn := testdb.MySQL(t)
	db, pool := brisk(t, dsn), testdb.Raw(t, dsn)
	conn, err := pool.Conn(t.Context())
	if err != nil {
		t.Fatalf("opening a connection: %v", err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(t.Context(), "LOCK TABLES audit_log WRITE"); err != nil {
		t.Fatalf("executing the statement: %v", err)
	}
	wantUnavailable(t, db, "Audit", "Write")
	if _, err := conn.ExecContext(t.Context(), "UNLOCK TABLES"); err != nil {
		t.Fatalf("executing the statement: %v", err)
	}
	wantAnswers(t, db)
}

// TestPoolExhausted: a caller that finds no free connection gets an error in time.
func TestPoolExhausted(t *testing.T) {
	for name, dsn := range backends {
		t.Run(name, func(t *testing.T) {
			db, err := sqlstore.Open(t.Context(), sqlstore.Options{DSN: dsn(t), Timeout: 300 * time.Millisecond, MaxConns: 1})
			if err != nil {
				t.Fatalf("opening the store: %v", err)
			}
			t.Cleanup(func() { _ = db.Close() })
			if err := db.Migrate(t.Context()); err != nil {
				t.Fatalf("migrating the database: %v", err)
			}
			inside, leave := make(chan bool), make(chan bool)
			done := make(chan error, 1)
			go func() {
				done <- db.Write(context.Background(), func(store.Tx) error { close(inside); <-leave; return nil })
			}()
			<-inside
			err = db.Audit(t.Context(), store.AuditEvent{Kind: "test"})
			if !errors.Is(err, store.ErrUnavailable) {
				t.Errorf("err = %v, want ErrUnavailable", err)
			}
			close(leave)
			<-done
		})
	}
}

func TestSQLiteLockedByAnotherProcess(t *testing.T) {
	testkit.Long(t)
	dsn := testdb.SQLite(t)
	db, pool := brisk(t, dsn), testdb.Raw(t, dsn)
	conn, err := pool.Conn(t.Context())
	if err != nil {
		t.Fatalf("opening a connection: %v", err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(t.Context(), "BEGIN EXCLUSIVE"); err != nil {
		t.Fatalf("executing the statement: %v", err)
	}
	wantUnavailable(t, db, "Audit", "Write", "Rotate", "RevokeToken")
	if err := acts(db)["SessionWithUser"](t.Context()); err != nil {
		t.Errorf("reading beside a writer: %v", err)
	}
	if _, err := conn.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Fatalf("executing the statement: %v", err)
	}
	wantAnswers(t, db)
}

// TestSQLiteFileRemoved: we acknowledge nothing that would be lost, and do not put an
// empty database in the place of the old one.
func TestSQLiteFileRemoved(t *testing.T) {
	dsn := testdb.SQLite(t)
	db := brisk(t, dsn)
	file := strings.TrimPrefix(dsn, "sqlite:")
	if err := os.Remove(file); err != nil {
		t.Fatalf("removing the file: %v", err)
	}
	wantUnavailable(t, db, "Ping", "Audit", "Write", "Rotate", "Take")
	if _, err := os.Stat(file); err == nil {
		t.Error("the file came back empty, want it to stay away")
	}
}

func TestSQLiteIsForItsOwner(t *testing.T) {
	dsn := testdb.SQLite(t)
	db := brisk(t, dsn)
	wantAnswers(t, db)
	files, err := filepath.Glob(strings.TrimPrefix(dsn, "sqlite:") + "*")
	if err != nil || len(files) < 2 {
		t.Fatalf("files: %v, %v; want at least two", files, err)
	}
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil {
			t.Fatalf("reading the file's mode: %v", err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %o, want 600", filepath.Base(file), info.Mode().Perm())
		}
	}
}

func TestFileThatIsNotADatabase(t *testing.T) {
	file := filepath.Join(t.TempDir(), "letter.db")
	if err := os.WriteFile(file, []byte(strings.Repeat("Dear Sir or Madam, ", 300)), 0o600); err != nil {
		t.Fatalf("writing the file: %v", err)
	}
	if _, err := sqlstore.Open(t.Context(), sqlstore.Options{DSN: "sqlite:" + file}); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("err = %v, want ErrUnavailable", err)
	}
	if _, err := sqlstore.Open(t.Context(), sqlstore.Options{DSN: "sqlite:" + filepath.Join(t.TempDir(), "no", "folder.db")}); err == nil {
		t.Error("a file in a missing folder was opened, want an error")
	}
}

func TestBadDSN(t *testing.T) {
	for dsn, want := range map[string]string{
		"":                                 "sqlite:path",
		"gatehouse.db":                     "sqlite:path",
		"sqlite:":                          "path of a file",
		"sqlite::memory:":                  "path of a file",
		"postgres://a:hunter2@h/d":         "not \"postgres\"",
		"mysql://h/d":                      "user and a database",
		"mysql://a:hunter2@h":              "user and a database",
		"mysql://a:hunter2@h:port/d":       "cannot be parsed",
		"mysql://a:hunter2@h/d%zz":         "written as %XX",
		"mysql://a:hunter2@h/d?x=1":        "parameters are socket, tls",
		"mysql://a:hunter2@h/d?tls=maybe":  "must be true, false",
		"mysql://a:hunter2@h/d?tls-ca=/no": "no such file",
		"mysql://a:hunter2@127.0.0.1:1/d":  "refused",
	} {
		_, err := sqlstore.Open(t.Context(), sqlstore.Options{DSN: dsn, Timeout: time.Second})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: err = %v, want one that contains %q", dsn, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: the error shows the password: %v", dsn, err)
		}
	}
}

func revoke(ctx context.Context, db *sqlstore.DB, jti string) error {
	_, err := db.RevokeToken(ctx, jti, time.Now().Add(time.Hour), store.AuditEvent{Kind: "test", At: time.Now()})
	return err
}
