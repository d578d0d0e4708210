package sqlstore_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/test/testdb"
	"gatehouse/store"
	"gatehouse/store/sqlstore"
)

// TestNobodyQueuesBehindAHungServer: at 200 requests a second, all but the first few
// are refused at once, and the store recovers on its own.
func TestNobodyQueuesBehindAHungServer(t *testing.T) {
	server := testdb.StartMySQL(t)
	db := brisk(t, server.DSN)
	wantAnswers(t, db)
	before := runtime.NumGoroutine()
	server.Pause()

	var wg sync.WaitGroup
	var waiting, most, late, refused atomic.Int64
	for start := time.Now(); time.Since(start) < 4*time.Second; time.Sleep(5 * time.Millisecond) {
		mature := time.Since(start) > 2500*time.Millisecond
		wg.Go(func() {
			most.Store(max(most.Load(), waiting.Add(1)))
			defer waiting.Add(-1)
			asked := time.Now()
			if _, err := db.UserByID(t.Context(), 1); !errors.Is(err, store.ErrUnavailable) {
				t.Errorf("err = %v, want ErrUnavailable", err)
			}
			if mature {
				refused.Add(1)
			}
			if mature && time.Since(asked) > 100*time.Millisecond {
				late.Add(1)
			}
		})
	}
	wg.Wait()
	// A machine may stall for a moment, but a caller that queues is late every time.
	if n, all := late.Load(), refused.Load(); n > all/5 || !db.Refusing() {
		t.Errorf("refusing: %v; %d of %d had to wait, want true and at most a fifth", db.Refusing(), n, all)
	}
	if n := most.Load(); n > 400 {
		t.Errorf("%d waited at once, want at most 400", n)
	}
	server.Resume()
	start := time.Now()
	for db.Refusing() && time.Since(start) < 10*time.Second {
		time.Sleep(10 * time.Millisecond)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("it refused for %s after the server resumed, want at most 5s", took)
	}
	wantAnswers(t, db)
	// each connection of the pool has one
	for end := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before+40; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines, want %d as before", runtime.NumGoroutine(), before)
		}
	}
}

// TestSlowStatementsAreNotAHungServer: a lock that many callers wait for, or a pool
// that they use up, does not open the breaker.
func TestSlowStatementsAreNotAHungServer(t *testing.T) {
	dsn := testdb.MySQL(t)
	db, err := sqlstore.Open(t.Context(), sqlstore.Options{DSN: dsn, Timeout: 400 * time.Millisecond, MaxConns: 4})
	if err != nil {
		t.Fatalf("opening the store: %v", err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatalf("migrating the database: %v", err)
	}
	conn, err := testdb.Raw(t, dsn).Conn(t.Context())
	if err != nil {
		t.Fatalf("opening a connection: %v", err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(t.Context(), "LOCK TABLES audit_log WRITE"); err != nil {
		t.Fatalf("executing the statement: %v", err)
	}
	var wg sync.WaitGroup
	for range 40 {
		wg.Go(func() {
			err := db.Audit(context.Background(), store.AuditEvent{Kind: "test", At: time.Now()})
			if !errors.Is(err, store.ErrUnavailable) {
				t.Errorf("err = %v, want ErrUnavailable", err)
			}
		})
	}
	wg.Wait()
	for end := time.Now().Add(500 * time.Millisecond); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if db.Refusing() {
			t.Fatal("the breaker opened, want it closed")
		}
	}
	if _, err := db.UserByID(t.Context(), 1); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("reading another table: %v, want ErrNotFound", err)
	}
}
