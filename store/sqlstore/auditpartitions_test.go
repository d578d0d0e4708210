package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/test/testdb"
	"gatehouse/internal/test/testkit"
	"gatehouse/store"
	"gatehouse/store/sqlstore"

	"gorm.io/gorm"
)

const (
	day = 24 * time.Hour
	// keep has partitions of a day.
	keep = 8 * day
)

// began is a time in the morning: partitions end at noon.
var began = time.Date(2026, 11, 3, 8, 0, 0, 0, time.UTC)

// partition makes and drops partitions as of a time.
func partition(t *testing.T, db *sqlstore.DB, now time.Time) {
	t.Helper()
	if err := db.PartitionAudit(t.Context(), now, keep); err != nil {
		t.Fatalf("at %s: making and dropping partitions: %v", now, err)
	}
}

// recordAt records an event that happened at a time, and returns its ID.
func recordAt(t *testing.T, db *sqlstore.DB, at time.Time) int64 {
	t.Helper()
	if err := db.Audit(t.Context(), store.AuditEvent{At: at, Kind: "signin.ok", Actor: "user:1", Subject: "user:1", RequestID: "R", Detail: []byte("{}")}); err != nil {
		t.Fatalf("recording an event: %v", err)
	}
	newest, err := db.ListAudit(t.Context(), store.AuditQuery{Limit: 1})
	if err != nil || len(newest) != 1 {
		t.Fatalf("reading the event: %d, %v; want it", len(newest), err)
	}
	return newest[0].ID
}

// partitionsOf returns how many rows each partition has, by its name.
func partitionsOf(t *testing.T, pool *sql.DB) map[string]int {
	t.Helper()
	rows, err := pool.QueryContext(t.Context(), "SELECT partition_name FROM information_schema.partitions WHERE table_schema = DATABASE() AND table_name = 'audit_log'")
	if err != nil {
		t.Fatalf("listing the partitions: %v", err)
	}
	defer rows.Close()
	all := map[string]int{}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatalf("reading a name: %v", err)
		}
		all[name] = 0
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("listing the partitions: %v", err)
	}
	for name := range all {
		var n int
		if err := pool.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM audit_log PARTITION ("+name+")").Scan(&n); err != nil {
			t.Fatalf("counting rows: %v", err)
		}
		all[name] = n
	}
	return all
}

// TestOldEventsGoByPartition: day after day, and then after a long time in which nothing
// happened and the server was restarted.
func TestOldEventsGoByPartition(t *testing.T) {
	server := testdb.StartMySQL(t)
	db, pool := migrated(t, server.DSN), testdb.Raw(t, server.DSN)
	first := recordAt(t, db, began)
	var newest int64
	for n := range 30 {
		now := began.Add(time.Duration(n) * day)
		partition(t, db, now)
		newest = recordAt(t, db, now)
		if n%10 > 0 {
			continue
		}
		all := partitionsOf(t, pool)
		if all["later"] != 0 || len(all) > 19 || len(all) < min(n, 8)+7 {
			t.Errorf("on day %d: the partitions are %v; want 7 ahead, %d behind and nothing in later", n, all, min(n, 8))
		}
	}
	events, err := db.ListAudit(t.Context(), store.AuditQuery{Limit: 1000})
	if err != nil || len(events) < 8 || len(events) > 10 || events[len(events)-1].ID <= first {
		t.Errorf("%d events are left, %v; want those of 8 days and of what is left of another", len(events), err)
	}
	// Nothing happens for long: the IDs that were given are not given again.
	partition(t, db, began.Add(1000*day))
	if all := partitionsOf(t, pool); len(all) > 10 {
		t.Errorf("after a long time the partitions are %v, want none of before", all)
	}
	server.Stop()
	server.Start()
	testkit.Within(t, patience, "the server answers", func() error { return db.Ping(t.Context()) })
	if id := recordAt(t, db, began.Add(1000*day)); id <= newest {
		t.Errorf("after a restart an event has the ID %d, want one above %d", id, newest)
	}
}

// TestNothingYoungerIsDropped has events written, young and old, by many at once, while days go by
// at each turn: of those that are younger than the limit none is lost, and none is refused.
func TestNothingYoungerIsDropped(t *testing.T) {
	dsn := testdb.MySQL(t)
	db := migrated(t, dsn)
	partition(t, db, began)
	var writers sync.WaitGroup
	ended := make(chan struct{})
	const each = 150
	for w := range 4 {
		writers.Go(func() {
			for n := range each {
				at := began.Add(time.Duration(n%50) * day)
				err := db.Write(t.Context(), func(tx store.Tx) error {
					return tx.Audit(store.AuditEvent{At: at, Kind: "signin.ok", RequestID: fmt.Sprint(w, "-", n), Detail: []byte("{}")})
				})
				if err != nil {
					t.Errorf("recording an event: %v", err)
				}
			}
		})
	}
	go func() { writers.Wait(); close(ended) }()
	for turn := 0; ; turn++ {
		now := began.Add(time.Duration(turn%45) * day)
		if err := db.PartitionAudit(t.Context(), now, keep); err != nil && !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("making and dropping partitions: %v", err)
		}
		select {
		case <-ended:
			events, err := db.ListAudit(t.Context(), store.AuditQuery{Limit: 10_000})
			const youngest = 13 // days of 50 that no turn comes to drop
			want := 4 * each / 50 * youngest
			young := slices.DeleteFunc(events, func(e store.AuditEvent) bool { return e.At.Before(began.Add((50 - youngest) * day)) })
			if err != nil || len(young) != want {
				t.Errorf("%d events are left that are young enough, %v; want %d", len(young), err, want)
			}
			return
		default:
		}
	}
}

// TestWhoMayNotDropDeletesByRow: the account of the servers has no right to change tables.
func TestWhoMayNotDropDeletesByRow(t *testing.T) {
	server := testdb.StartMySQL(t)
	owner, pool := migrated(t, server.DSN), testdb.Raw(t, server.DSN)
	partition(t, owner, began)
	name := server.DSN[strings.LastIndex(server.DSN, "/")+1:]
	root := func(statement string) {
		if err := server.Root(statement); err != nil {
			t.Fatalf("changing the account: %v", err)
		}
	}
	root("CREATE USER meek@'127.0.0.1' IDENTIFIED BY 'meek'")
	root("GRANT SELECT, INSERT, UPDATE, DELETE ON `" + name + "`.* TO meek@'127.0.0.1'")
	log := &testkit.Journal{}
	db := logging(t, strings.Replace(server.DSN, "gatehouse:gatehouse@", "meek:meek@", 1), log)
	for n := range 5 {
		recordAt(t, db, began.Add(time.Duration(n)*time.Hour))
	}
	recordAt(t, db, began.Add(60*day))
	for range 3 {
		partition(t, db, began.Add(60*day))
		partition(t, db, began.Add(60*day+time.Hour))
	}
	if n, err := db.SweepAudit(t.Context(), began.Add(30*day), 100); err != nil || n != 5 {
		t.Errorf("%d events were deleted, %v; want 5", n, err)
	}
	if n := strings.Count(log.String(), "swept row by row"); n != 1 || !strings.Contains(log.String(), "denied") {
		t.Errorf("the log has %d lines on it, want one a day, with the reason:\n%s", n, log)
	}
	partition(t, db, began.Add(62*day))
	if n := strings.Count(log.String(), "swept row by row"); n != 2 {
		t.Errorf("the log has %d lines on it, want another on another day", n)
	}
	root("GRANT ALTER, CREATE, INSERT, DROP ON `" + name + "`.audit_log TO meek@'127.0.0.1'")
	partition(t, db, began.Add(62*day))
	if all := partitionsOf(t, pool); len(all) > 11 || all["later"] != 0 {
		t.Errorf("the partitions are %v, want none of before, and nothing in later", all)
	}
}

// logging opens a database with a log.
func logging(t *testing.T, dsn string, log *testkit.Journal) *sqlstore.DB {
	t.Helper()
	db, err := sqlstore.Open(t.Context(), sqlstore.Options{DSN: dsn, Timeout: patience, Log: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatalf("opening the store: %v", err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// TestAFullPartitionIsNotSplit: nobody could write while its rows move.
func TestAFullPartitionIsNotSplit(t *testing.T) {
	dsn := testdb.MySQL(t)
	db, pool := migrated(t, dsn), testdb.Raw(t, dsn)
	old, young := began.Add(-40*day).UnixMilli(), began.UnixMilli()
	execute(t, pool, "INSERT INTO audit_log (happened_at, kind, actor, subject, session_id, client_id, ip, request_id, detail)"+
		" SELECT CASE WHEN seq <= 300 THEN ? ELSE ? END, 'old', '', '', '', '', '', '', '{}' FROM seq_1_to_10301", old, young)
	partition(t, db, began)
	if all := partitionsOf(t, pool); len(all) != 1 {
		t.Errorf("the partitions are %v, want that a full one is left alone", all)
	}
	if n, err := db.SweepAudit(t.Context(), began.Add(-keep), 1000); err != nil || n != 300 {
		t.Errorf("%d old events of it were deleted, %v; want 300", n, err)
	}
	execute(t, pool, "DELETE FROM audit_log WHERE happened_at >= ? LIMIT 1", young)
	partition(t, db, began)
	if all := partitionsOf(t, pool); len(all) != 9 || all["later"] != 0 {
		t.Errorf("the partitions are %v, want 8 besides later, which has nothing any more", all)
	}
}

// TestATransactionThatHoldsTheLogHoldsUpNobodyElse: a dump reads the log for hours. Whoever
// writes waits for the change of partitions as long as that waits for the dump: a second.
func TestATransactionThatHoldsTheLogHoldsUpNobodyElse(t *testing.T) {
	dsn := testdb.MySQL(t)
	db, pool := migrated(t, dsn), testdb.Raw(t, dsn)
	partition(t, db, began)
	dump, err := pool.BeginTx(t.Context(), &sql.TxOptions{Isolation: sql.LevelRepeatableRead})
	if err != nil {
		t.Fatalf("beginning the transaction: %v", err)
	}
	var n int
	if err := dump.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM audit_log").Scan(&n); err != nil {
		t.Fatalf("reading the log: %v", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var writer sync.WaitGroup
	slowest := time.Duration(0)
	writer.Go(func() {
		for ctx.Err() == nil {
			from := time.Now()
			if err := db.Audit(context.WithoutCancel(ctx), store.AuditEvent{At: began, Kind: "signin.ok", Detail: []byte("{}")}); err != nil {
				t.Errorf("recording an event: %v", err)
			}
			slowest = max(slowest, time.Since(from))
		}
	})
	err = db.PartitionAudit(t.Context(), began.Add(60*day), keep)
	stop()
	writer.Wait()
	if !errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), "a long transaction holds") || slowest > 10*time.Second {
		t.Errorf("err = %v, and the slowest event took %s; want that it was given up, and the event held up for no longer", err, slowest)
	}
	if err := dump.Rollback(); err != nil {
		t.Fatalf("ending the transaction: %v", err)
	}
	partition(t, db, began.Add(60*day))
	if all := partitionsOf(t, pool); len(all) > 10 {
		t.Errorf("the partitions are %v, want those of before dropped after the dump", all)
	}
}

// TestATimeReadsTheseDaysAlone: the server leaves out the partitions of other days.
func TestATimeReadsTheseDaysAlone(t *testing.T) {
	dsn := testdb.MySQL(t)
	db, pool := migrated(t, dsn), testdb.Raw(t, dsn)
	for n := range 10 {
		partition(t, db, began.Add(time.Duration(n)*day))
		recordAt(t, db, began.Add(time.Duration(n)*day))
	}
	w := &watch{}
	db.Watch(func(inner gorm.ConnPool) gorm.ConnPool { w.ConnPool = inner; return w })
	events, err := db.ListAudit(t.Context(), store.AuditQuery{Kind: "signin.ok", Since: began.Add(3 * day), Until: began.Add(5 * day), Limit: 50})
	if err != nil || len(events) != 2 {
		t.Fatalf("%d events, %v; want 2", len(events), err)
	}
	page := w.seen[slices.IndexFunc(w.seen, func(s seen) bool { return strings.Contains(s.query, "AS walk") })]
	rows, err := pool.QueryContext(t.Context(), "EXPLAIN PARTITIONS "+page.query, page.args...)
	if err != nil {
		t.Fatalf("asking for the plan: %v", err)
	}
	defer rows.Close()
	var read []string
	for rows.Next() {
		var id, kind, table, partitions, access, keys, key, length, ref, n, extra sql.NullString
		if err := rows.Scan(&id, &kind, &table, &partitions, &access, &keys, &key, &length, &ref, &n, &extra); err != nil {
			t.Fatalf("reading the plan: %v", err)
		}
		if table.String == "audit_log" {
			read = append(read, partitions.String+" by "+key.String)
		}
	}
	if err := rows.Err(); err != nil || len(read) != 1 || read[0] != "until_20261106,until_20261107,until_20261108 by audit_log_kind" {
		t.Errorf("reads %v, %v; want three partitions, by the index of kinds", read, err)
	}
}
