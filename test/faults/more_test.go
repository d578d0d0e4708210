package faults_test

import (
	"database/sql"
	"fmt"
	"net/http"
	"os"
	"slices"
	"testing"
	"time"

	"gatehouse/internal/test/testkit"
)

// TestDiskFull fills the disk of the tables. It is a disk of their own, because InnoDB
// gives up without room for its undo logs.
func TestDiskFull(t *testing.T) {
	s := newSite(t)
	s.onMySQL(3)
	testkit.SmallDisk(t, s.mysql.Folder(), 24)
	s.open()
	l := s.load(1, 150*time.Millisecond)
	var empty func()
	s.suffer(t, fault{
		id: "F20", name: "MariaDB's disk is full", begin: func() { empty = testkit.FillDisk(t, s.mysql.Folder()) },
		hold: 8 * time.Second, end: func() { empty() }, works: append(kinds("userinfo profile introspect"), needNoDatabase...),
	})
	l.finish(t)
}

// TestManyExpiredRows checks that sweeping does not slow down requests.
func TestManyExpiredRows(t *testing.T) {
	if !full {
		t.Skip("the sweeper runs once a minute: only the full run (scripts/faults.sh) waits for it")
	}
	s := newSite(t)
	s.onMySQL(3)
	s.open()
	l := s.load(2, 150*time.Millisecond)
	const n = 200_000
	fill := func() {
		for _, statement := range []string{
			fmt.Sprintf("INSERT INTO revoked_tokens (jti, expires_at) SELECT CONCAT('old-', seq), 1 FROM seq_1_to_%d", n),
			fmt.Sprintf("INSERT INTO audit_events (happened_at, kind, actor, subject, session_id, client_id, ip, request_id, detail)"+
				" SELECT 1, 'old', '', '', '', '', '', '', '{}' FROM seq_1_to_%d", n),
		} {
			if err := s.mysql.Root(statement); err != nil {
				t.Fatalf("running the statement: %v", err)
			}
		}
	}
	fill()
	sweeping := func() {
		before := slowest(s.history.between(time.Now().Add(-20*time.Second), time.Now()))
		began := time.Now()
		testkit.Within(t, 20*time.Minute, "the rows are gone", func() error {
			time.Sleep(5 * time.Second)
			return s.gone("SELECT (SELECT COUNT(*) FROM revoked_tokens WHERE expires_at = 1) + (SELECT COUNT(*) FROM audit_events WHERE happened_at = 1)")
		})
		t.Logf("%d rows were swept in %s; of 100 requests the slowest took %s before, and %s meanwhile",
			2*n, time.Since(began).Round(time.Second), before, slowest(s.history.between(began, time.Now())))
	}
	s.suffer(t, fault{id: "F41", name: fmt.Sprintf("%d expired rows are swept", 2*n), during: sweeping, spotless: true})
	l.finish(t)
}

// slowest returns the 99th percentile of the requests' times.
func slowest(deeds []deed) time.Duration {
	var took []time.Duration
	for _, d := range deeds {
		if d.kind != "verify" {
			took = append(took, d.took())
		}
	}
	if len(took) == 0 {
		return 0
	}
	slices.Sort(took)
	return took[len(took)*99/100].Round(time.Millisecond)
}

// gone returns an error unless the query counts nothing.
func (s *site) gone(query string) error {
	db, err := sql.Open(s.sqlName())
	if err != nil {
		return err
	}
	defer db.Close()
	var n int
	if err := db.QueryRow(query).Scan(&n); err != nil {
		return err
	}
	if n > 0 {
		return fmt.Errorf("%d are left", n)
	}
	return nil
}

// TestClockSteps: the clocks of all replicas jump an hour ahead, and back.
func TestClockSteps(t *testing.T) {
	s := newSite(t)
	s.onMySQL(3)
	for i, r := range s.replicas {
		r.settings = append(r.settings, "FAULT_CLOCK="+s.clockFile(i))
	}
	s.open()
	c := s.caller(nil)
	who := s.people("traveller", 1)[0]
	before := c.signIn(who, s.shop)
	if before == nil {
		t.Fatal("the first sign-in was refused, want tokens")
	}
	stale := *before

	s.setClocks("1h", "1h", "1h")
	expired := question{deed: deed{kind: "profile"}, path: "/api/accounts/profile/", bearer: before.access, want: []int{http.StatusUnauthorized}}
	if a := c.ask(expired); a.outcome != served {
		s.errorf("an hour later, the access token: status %d, want 401", a.status)
	}
	if o := c.renew(before); o != served {
		s.errorf("an hour later, the refresh token: %v, want served", o)
	}
	ahead := c.signIn(who, s.shop)
	if ahead == nil {
		t.Fatal("the sign-in an hour later was refused, want tokens")
	}

	s.setClocks("0s", "0s", "0s")
	if o := c.renew(ahead); o != away {
		s.errorf("set back, a refresh token of the hour ahead: %v, want away", o)
	}
	if back := c.signIn(who, s.shop); back == nil || c.renew(back) != served {
		s.errorf("set back, a new session does not work, want it to")
	}
	// The database's own clock, which has not moved, judges the grace.
	if o := c.renew(&stale); o != served || stale.refresh != before.refresh {
		s.errorf("set back, a refresh token that was just used: %v, want served with the same successor", o)
	}

	s.setClocks("1h", "1h", "1h")
	if o := c.renew(ahead); o != served {
		s.errorf("an hour later again, the refresh token: %v, want served", o)
	}
	deeds := s.history.all()
	rows.add(tableRow{id: "F25", scenario: "all clocks jump an hour ahead, and back", on: t.Name(), sent: len(deeds),
		answered: count(deeds)[served], failed: len(deeds) - count(deeds)[served]})
}

// TestTwoVersions runs the previous version beside this one, and rolls back to it.
// GATEHOUSE_PREVIOUS names its binary.
func TestTwoVersions(t *testing.T) {
	previous := os.Getenv("GATEHOUSE_PREVIOUS")
	if previous == "" {
		t.Skip("GATEHOUSE_PREVIOUS does not name a binary of the previous version")
	}
	s := newSite(t)
	s.onMySQL(3)
	s.onRedis()
	for _, r := range s.replicas {
		r.program = previous
	}
	s.program = previous
	s.open()
	l := s.load(1, 150*time.Millisecond)
	s.suffer(t, fault{id: "F30", name: "the replicas are upgraded one by one", during: s.changeVersions(t, ""), spotless: true})
	s.suffer(t, fault{id: "F30", name: "the previous version and this one run side by side", hold: longer(5*time.Second, time.Minute),
		begin: func() { s.changeVersion(t, s.replicas[0], previous) }, spotless: true})
	s.suffer(t, fault{id: "F30", name: "the replicas go back one by one", during: s.changeVersions(t, previous), spotless: true})
	l.finish(t)
}

func (s *site) changeVersions(t *testing.T, program string) func() {
	return func() {
		for _, r := range s.replicas {
			s.changeVersion(t, r, program)
		}
	}
}

func (s *site) changeVersion(t *testing.T, r *replica, program string) {
	t.Helper()
	r.stop()
	r.program = program
	r.start()
	time.Sleep(2500 * time.Millisecond) // until the balancer has seen it
}
