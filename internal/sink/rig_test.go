package sink

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/test/testdb"
	"gatehouse/internal/test/testkit"
	"gatehouse/store"
	"gatehouse/store/sqlstore"
)

const patience = 30 * time.Second

func open(t *testing.T, dsn string) *sqlstore.DB {
	t.Helper()
	db, err := sqlstore.Open(t.Context(), sqlstore.Options{DSN: dsn, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatalf("opening the store: %v", err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatalf("migrating the database: %v", err)
	}
	if err := db.BeginAuditDelivery(t.Context()); err != nil {
		t.Fatalf("beginning the delivery: %v", err)
	}
	return db
}

// A rig is a sink and what it told.
type rig struct {
	*Sink
	written, failed atomic.Int64
	behind          atomic.Int64
	log             lines
}

// rigged returns a sink whose clock runs so much faster that it waits for an ID that is
// missing for as short.
func rigged(db *sqlstore.DB, to *File) *rig {
	const faster = 20
	r, start := &rig{}, time.Now()
	r.Sink = &Sink{
		Events: db, To: to, Shape: func(e store.AuditEvent) any { return map[string]any{"id": e.ID, "kind": e.Kind} },
		Every: 5 * time.Millisecond, Patience: 50 * time.Millisecond,
		Now:     func() time.Time { return start.Add(time.Since(start) * faster) },
		Alone:   func(ctx context.Context, f func(context.Context)) error { return db.Alone(ctx, "gatehouse audit", f) },
		Written: func(n int) { r.written.Add(int64(n)) }, Failed: func() { r.failed.Add(1) },
		Behind: func(d time.Duration) { r.behind.Store(int64(d)) },
		Log:    slog.New(slog.NewTextHandler(&r.log, nil)),
	}
	return r
}

// run runs the sink, and returns a function that ends it and waits for that.
func (r *rig) run(t *testing.T) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		r.Run(ctx)
	}()
	return func() { cancel(); <-ended }
}

func record(t *testing.T, db *sqlstore.DB, n int) {
	t.Helper()
	for range n {
		if err := db.Audit(t.Context(), store.AuditEvent{At: time.Now(), Kind: "signin.ok", Detail: []byte("{}")}); err != nil {
			t.Fatalf("recording an event: %v", err)
		}
	}
}

// idsIn returns the IDs of the lines of the files, and how many lines are none of events.
func idsIn(t *testing.T, files ...string) (ids []int64, broken int) {
	t.Helper()
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil && !os.IsNotExist(err) {
			t.Fatalf("reading the file: %v", err)
		}
		for line := range strings.Lines(string(text)) {
			var e struct{ ID int64 }
			if json.Unmarshal([]byte(line), &e) != nil {
				broken++
				continue
			}
			ids = append(ids, e.ID)
		}
	}
	return ids, broken
}

// wantAll waits until the files have each event of the log.
func wantAll(t *testing.T, db *sqlstore.DB, files ...string) {
	t.Helper()
	var events []store.AuditEvent
	for _, part := range []int64{0, store.AuditSplit} {
		some, err := db.AuditAfter(t.Context(), part, 100_000)
		if err != nil {
			t.Fatalf("reading the log: %v", err)
		}
		events = append(events, some...)
	}
	testkit.Within(t, patience, "each event is written", func() error {
		ids, _ := idsIn(t, files...)
		slices.Sort(ids)
		for _, e := range events {
			if _, there := slices.BinarySearch(ids, e.ID); !there {
				return fmt.Errorf("event %d is missing among %d lines, of %d events", e.ID, len(ids), len(events))
			}
		}
		return nil
	})
}

func databases() map[string]func(testing.TB) string {
	return map[string]func(testing.TB) string{"SQLite": testdb.Ready, "MariaDB": testdb.MySQL}
}

// lines are what the sink logs.
type lines struct{ text atomic.Pointer[string] }

func (l *lines) Write(line []byte) (int, error) {
	text := l.String() + string(line)
	l.text.Store(&text)
	return len(line), nil
}

func (l *lines) String() string {
	if text := l.text.Load(); text != nil {
		return *text
	}
	return ""
}
