package faults_test

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net/http/cookiejar"
	"sync"
	"testing"
	"time"
)

// A load is actors at work.
type load struct {
	site   *site
	pace   time.Duration // between two steps of an actor, on average
	actors []actor
	admins []*admin

	mu     sync.Mutex   // makes end safe to call twice
	paused sync.RWMutex // held while the load is paused
	stop   chan struct{}
	wg     sync.WaitGroup
}

// load starts a load of that many units, each with actors of every kind.
func (s *site) load(units int, pace time.Duration) *load {
	s.t.Helper()
	l := &load{site: s, pace: pace, stop: make(chan struct{})}
	people := s.people("person", 7*units)
	next := func() person { p := people[0]; people = people[1:]; return p }
	for i := range units {
		web, _ := cookiejar.New(nil)
		tv, _ := cookiejar.New(nil)
		d := &admin{caller: s.caller(nil), victim: next()}
		l.admins = append(l.admins, d)
		l.actors = append(l.actors, d,
			&appUser{caller: s.caller(nil), who: next(), in: s.shop}, &appUser{caller: s.caller(nil), who: next(), in: s.shop},
			&appUser{caller: s.caller(nil), who: next()}, &appUser{caller: s.caller(nil), who: next()},
			&browserUser{caller: s.caller(web), who: next()}, &deviceUser{browserUser: &browserUser{caller: s.caller(tv), who: next()}},
			&machine{s.caller(nil)}, &newcomer{caller: s.caller(nil), name: fmt.Sprintf("new%dx", i)}, &reader{s.caller(nil)}, &reader{s.caller(nil)})
	}
	s.twins.Store(true)
	for _, a := range l.actors {
		l.wg.Go(func() { l.work(a) })
	}
	s.t.Cleanup(l.end)
	return l
}

func (l *load) work(a actor) {
	for {
		select {
		case <-l.stop:
			return
		case <-time.After(l.pace/2 + rand.N(l.pace)):
			l.paused.RLock()
			a.step()
			l.paused.RUnlock()
		}
	}
}

// pause stops the load after the steps that are under way, and resume continues it.
func (l *load) pause()  { l.paused.Lock() }
func (l *load) resume() { l.paused.Unlock() }

func (l *load) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.site.closing.Swap(true) {
		return
	}
	close(l.stop)
	l.wg.Wait()
}

// settle ends the load and checks the history, and the database at the end (I5),
// against the invariants.
func (l *load) settle(t *testing.T) (found []violation) {
	t.Helper()
	l.end()
	found = judge(l.site.history.all(), l.site.memoryLost...)
	for _, d := range l.admins {
		if err := d.kept(); err != nil {
			found = append(found, violation{"I5", err.Error(), deed{kind: "admin.name", person: d.victim.name}})
		}
	}
	lines, err := l.site.auditLines()
	if err != nil {
		t.Fatalf("reading the audit lines: %v", err)
	}
	for _, d := range l.site.history.all() {
		if d.recorded && d.outcome == served && lines[d.requestID] != 1 {
			found = append(found, violation{"I5", fmt.Sprintf("%d lines in the audit log, want one", lines[d.requestID]), d})
		}
	}
	return found
}

// auditLines counts the audit lines about account changes by request.
func (s *site) auditLines() (map[string]int, error) {
	db, err := sql.Open(s.sqlName())
	if err != nil {
		return nil, err
	}
	defer db.Close()
	rows, err := db.Query("SELECT request_id, COUNT(*) FROM (SELECT request_id FROM audit_log WHERE kind = 'user.updated'" +
		" UNION ALL SELECT request_id FROM audit_events WHERE kind = 'user.updated') AS logs GROUP BY request_id")
	if err != nil {
		return nil, fmt.Errorf("reading the audit log: %w", err)
	}
	defer rows.Close()
	lines := map[string]int{}
	for rows.Next() {
		var id string
		var n int
		if err := rows.Scan(&id, &n); err != nil {
			return nil, err
		}
		lines[id] = n
	}
	return lines, rows.Err()
}
