package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/test/testdb"
	"gatehouse/store"
	"gatehouse/store/sqlstore"
)

// asRoot runs statements as the server's administrator.
func asRoot(t *testing.T, dsn string) func(statement string) {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatalf("parsing the URL: %v", err)
	}
	pool, err := sql.Open("mysql", fmt.Sprintf("root@tcp(%s)/", u.Host))
	if err != nil {
		t.Fatalf("opening the database: %v", err)
	}
	t.Cleanup(func() { pool.Close() })
	pool.SetMaxIdleConns(1)
	return func(statement string) {
		t.Helper()
		if _, err := pool.ExecContext(context.WithoutCancel(t.Context()), statement); err != nil {
			t.Fatalf("%s: executing the statement: %v", statement, err)
		}
	}
}

// TestReadOnly: the server is read-only, as after a failover to a replica. Reads
// still work.
func TestReadOnly(t *testing.T) {
	server := testdb.StartMySQL(t)
	db, tell := brisk(t, server.DSN), asRoot(t, server.DSN)
	wantAnswers(t, db)
	tell("SET GLOBAL read_only = 1")
	wantUnavailable(t, db, "Audit", "Write", "RevokeToken", "UseOnce", "Take")
	for _, name := range []string{"Ping", "UserByID", "SessionWithUser", "SigningKeys"} {
		if err := acts(db)[name](t.Context()); err != nil {
			t.Errorf("%s: reading from a read-only server: %v", name, err)
		}
	}
	tell("SET GLOBAL read_only = 0")
	wantAnswers(t, db)
}

// TestTooManyConnections: a caller that gets an open connection succeeds, and one that
// needs a new connection gets an error.
func TestTooManyConnections(t *testing.T) {
	server := testdb.StartMySQL(t)
	db, tell := brisk(t, server.DSN), asRoot(t, server.DSN)
	wantAnswers(t, db)
	tell("SET GLOBAL max_connections = 10") // the least that the server allows
	others := testdb.Raw(t, server.DSN)
	var held []*sql.Conn
	for range 20 {
		conn, err := others.Conn(t.Context())
		if err != nil {
			break
		}
		held = append(held, conn)
	}
	if err := acts(db)["UserByID"](t.Context()); err != nil {
		t.Errorf("on a connection of the pool: %v", err)
	}
	var wg sync.WaitGroup
	for range 30 {
		wg.Go(func() {
			err := db.Write(t.Context(), func(tx store.Tx) error { time.Sleep(50 * time.Millisecond); return nil })
			if err != nil && !errors.Is(err, store.ErrUnavailable) {
				t.Errorf("err = %v, want ErrUnavailable", err)
			}
		})
	}
	wg.Wait()
	if _, err := sqlstore.Open(t.Context(), sqlstore.Options{DSN: server.DSN, Timeout: time.Second}); !errors.Is(err, store.ErrUnavailable) || errors.Is(err, sqlstore.ErrRefused) {
		t.Errorf("opening the store: %v, want an error other than ErrRefused", err)
	}
	for _, conn := range held {
		_ = conn.Close()
	}
	_ = others.Close()
	wantAnswers(t, db)
}

// TestEveryConnectionIsKilled by an administrator. Callers that only read do not
// notice.
func TestEveryConnectionIsKilled(t *testing.T) {
	server := testdb.StartMySQL(t)
	db, tell := brisk(t, server.DSN), asRoot(t, server.DSN)
	wantAnswers(t, db)
	for range 5 {
		tell("KILL USER gatehouse@127.0.0.1")
		if err := acts(db)["UserByID"](t.Context()); err != nil {
			t.Errorf("reading after every connection was killed: %v", err)
		}
	}
	wantAnswers(t, db)
}

// TestALockThatIsNotGivenBack: another transaction holds a lock that ours needs. Ours
// is tried again for a while, and then returns ErrUnavailable.
func TestALockThatIsNotGivenBack(t *testing.T) {
	dsn := testdb.MySQL(t)
	db, pool := brisk(t, dsn), testdb.Raw(t, dsn)
	if err := revoke(t.Context(), db, "jti"); err != nil {
		t.Fatalf("revoking the token: %v", err)
	}
	tx, err := pool.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatalf("beginning a transaction: %v", err)
	}
	if _, err := tx.ExecContext(t.Context(), "DELETE FROM revoked_tokens"); err != nil {
		t.Fatalf("executing the statement: %v", err)
	}
	start := time.Now()
	if err := revoke(t.Context(), db, "jti"); !errors.Is(err, store.ErrUnavailable) || time.Since(start) > patience/2 {
		t.Errorf("err = %v after %s, want ErrUnavailable within %s", err, time.Since(start), patience/2)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatalf("rolling the transaction back: %v", err)
	}
	wantAnswers(t, db)
}

// TestARefusalIsNotWaitedFor at a start.
func TestARefusalIsNotWaitedFor(t *testing.T) {
	server := testdb.StartMySQL(t)
	u, err := url.Parse(server.DSN)
	if err != nil {
		t.Fatalf("parsing the URL: %v", err)
	}
	stranger, elsewhere := *u, *u
	stranger.User = url.UserPassword("gatehouse", "wrong")
	elsewhere.Path = "/gatehouse_that_is_not"
	for _, dsn := range []string{stranger.String(), elsewhere.String()} {
		if _, err := sqlstore.Open(t.Context(), sqlstore.Options{DSN: dsn, Timeout: time.Second}); !errors.Is(err, sqlstore.ErrRefused) {
			t.Errorf("err = %v, want ErrRefused", err)
		}
	}
}
