package faults_test

import (
	"database/sql"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/test/testkit"
)

// needNoDatabase are the kinds of request that do not involve the database.
var needNoDatabase = kinds("jwks discovery live")

// needDatabase are the kinds of request that only the record can answer.
var needDatabase = kinds("token.password login token.refresh userinfo profile introspect revoke logout signup admin.name admin.role admin.deactivate admin.activate token.code")

// databaseFaults are the faults of MariaDB.
func (s *site) databaseFaults(t *testing.T) []fault {
	root := func(statements ...string) func() {
		return func() {
			for _, statement := range statements {
				if err := s.mysql.Root(statement); err != nil {
					s.errorf("%s: %v", statement, err)
				}
			}
		}
	}
	heal := each(s.toSQL, (*link).heal)
	changes := kinds("admin.name admin.role admin.deactivate token.password login signup")
	reads := append(kinds("userinfo profile introspect"), needNoDatabase...)
	return []fault{
		{id: "F13", name: "MariaDB is killed, and started again", hold: longer(4*time.Second, 10*time.Second),
			begin: s.mysql.Stop, end: s.mysql.Start, works: needNoDatabase, refused: needDatabase},
		{id: "F14", name: "MariaDB restarts at once", during: func() { s.mysql.Stop(); s.mysql.Start() }, works: needNoDatabase},
		{id: "F14", name: "MariaDB is killed at random moments", during: s.killDatabase(longer(3, 10)), works: needNoDatabase},
		{id: "F14", name: "MariaDB ends all connections, again and again", during: s.endConnections(t), works: needNoDatabase},
		{id: "F15", name: "MariaDB hangs (SIGSTOP)", hold: longer(5*time.Second, 12*time.Second), begin: s.mysql.Pause, end: s.mysql.Resume, works: needNoDatabase, refused: needDatabase},
		s.held(t, fault{id: "F15", name: "a table is locked", works: needNoDatabase, refused: kinds("token.password login")}, "LOCK TABLES sessions WRITE"),
		{id: "F15", name: "every answer of MariaDB takes 50 ms", hold: 4 * time.Second, begin: each(s.toSQL, func(l *link) { l.slow(50 * time.Millisecond) }), end: heal, works: append(needDatabase, needNoDatabase...)},
		s.held(t, fault{id: "F16", name: "another transaction locks all people", works: reads}, "BEGIN", "SELECT id FROM users FOR UPDATE"),
		{id: "F16", name: "other transactions deadlock with ours", during: s.crossing(t), works: reads},
		{id: "F17", name: "there are too many connections", during: s.crowd(t), works: needNoDatabase},
		{id: "F18", name: "MariaDB becomes read-only", hold: 3 * time.Second, begin: root("SET GLOBAL read_only = 1"), end: root("SET GLOBAL read_only = 0"), works: reads, refused: changes},
		{id: "F19", name: "a statement in the middle of a change fails", hold: 3 * time.Second,
			begin: root("CREATE TRIGGER refuse BEFORE INSERT ON audit_log FOR EACH ROW BEGIN IF NEW.kind = 'user.updated' THEN SIGNAL SQLSTATE '45000'; END IF; END"),
			end:   root("DROP TRIGGER refuse"), works: append(kinds("token.refresh token.password"), reads...), refused: kinds("admin.name admin.deactivate")},
		{id: "F02", name: "one of 60 answers of MariaDB is lost", hold: longer(6*time.Second, 15*time.Second), begin: each(s.toSQL, func(l *link) { l.lose(60) }), end: heal, works: needNoDatabase},
		{id: "F12", name: "one replica is cut off from MariaDB", hold: 4 * time.Second, begin: func() { s.toSQL[1].cut() }, end: heal, works: needNoDatabase},
	}
}

func (s *site) killDatabase(times int) func() {
	return func() {
		for i := range times {
			time.Sleep(time.Second + time.Duration(i*137%400)*time.Millisecond)
			s.mysql.Stop()
			s.mysql.Start()
		}
	}
}

// endConnections kills every connection of the replicas, ten times.
func (s *site) endConnections(t *testing.T) func() {
	return func() {
		for range 10 {
			s.killConnections(t)
			time.Sleep(300 * time.Millisecond)
		}
	}
}

func (s *site) killConnections(t *testing.T) {
	t.Helper()
	if err := s.mysql.Root("KILL USER gatehouse@'127.0.0.1'"); err != nil {
		s.errorf("%v", err)
	}
}

// held completes a fault of four seconds in which statements hold locks on a connection
// that stays open; the locks go when it closes.
func (s *site) held(t *testing.T, f fault, statements ...string) fault {
	var db *sql.DB
	f.hold = 4 * time.Second
	f.begin = func() {
		var err error
		if db, err = sql.Open(s.sqlName()); err != nil {
			t.Fatalf("opening the database: %v", err)
		}
		db.SetMaxOpenConns(1)
		testkit.Within(t, patience, f.name, func() error { // it may meet a lock, or be chosen to end a deadlock
			for _, statement := range statements {
				if _, err := db.Exec(statement); err != nil {
					return err
				}
			}
			return nil
		})
	}
	f.end = func() { _ = db.Close() }
	return f
}

// crossing locks people in the opposite order to ours, for four seconds, so that the
// database has to abort transactions.
func (s *site) crossing(t *testing.T) func() {
	return func() {
		db, err := sql.Open("mysql", s.mysql.RootDSN())
		if err != nil {
			t.Fatalf("opening the database: %v", err)
		}
		defer db.Close()
		for end := time.Now().Add(4 * time.Second); time.Now().Before(end); {
			tx, err := db.Begin()
			if err != nil {
				continue
			}
			_, _ = tx.Exec("UPDATE sessions SET last_used_at = last_used_at ORDER BY id DESC LIMIT 50")
			_, _ = tx.Exec("UPDATE users SET id = id ORDER BY id DESC LIMIT 50")
			_ = tx.Rollback()
		}
	}
}

// crowd occupies all of MariaDB's connections for four seconds.
func (s *site) crowd(t *testing.T) func() {
	return func() {
		set := func(n int) { // the administrator has one more connection, unless it is in use
			testkit.Within(t, patience, "the administrator can connect", func() error {
				return s.mysql.Root(fmt.Sprint("SET GLOBAL max_connections = ", n))
			})
		}
		set(20)
		defer set(500)
		s.killConnections(t)
		user, address, _ := strings.Cut(strings.TrimPrefix(s.mysql.DSN, "mysql://"), "@")
		address, name, _ := strings.Cut(address, "/")
		db, err := sql.Open("mysql", user+"@tcp("+address+")/"+name)
		if err != nil {
			t.Fatalf("opening the database: %v", err)
		}
		defer db.Close()
		var sleepers sync.WaitGroup
		for range 20 {
			sleepers.Go(func() { _, _ = db.Exec("DO SLEEP(4)") }) // those that came too late are refused
		}
		sleepers.Wait()
	}
}

// TestDatabase puts three replicas on MariaDB and Redis through the faults of MariaDB.
func TestDatabase(t *testing.T) {
	s := newSite(t)
	s.onMySQL(3)
	s.onRedis()
	s.open()
	l := s.load(longer(1, 2), 150*time.Millisecond)
	base := s.atRest(t, l)
	for _, f := range s.databaseFaults(t) {
		s.suffer(t, f)
	}
	s.asBefore(t, l, base)
	l.finish(t)
}
