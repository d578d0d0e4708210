package faults_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"gatehouse/internal/test/testkit"
)

// A fault is something done to the site, and what must keep working meanwhile.
type fault struct {
	id   string // of the matrix in docs/reliability.md
	name string
	// begin causes the fault, and end removes it; end may be nil.
	begin, end func()
	hold       time.Duration
	// during, if set, runs instead of waiting for hold.
	during func()
	// works are the kinds of request that must all be served during the fault, and
	// refused those that must all fail.
	works, refused []string
	// readable is set if Redis still answers reads, which is all that an adopted session
	// needs of it.
	readable bool
	// spotless faults must not make any request fail, from the beginning to the end.
	spotless bool
	// forgets is set if Redis loses its data.
	forgets bool
	// recovery is how long it may take until everything is served again.
	recovery time.Duration
	// once is set if the fault changes the site for good, so it cannot be repeated.
	once bool
}

// settled is how long a fault may take to be in force, and how long requests that were
// under way when it began may take to end.
const settled = 700 * time.Millisecond

// suffer puts the site, under its load, through a fault, and records what happened.
//
// A short run, on a machine that others use, repeats the fault, at most twice, if
// requests contradict works, refused or spotless: a machine that stalls for a second
// looks like that. A violation that the judge finds is final.
func (s *site) suffer(t *testing.T, f fault) {
	t.Helper()
	tries := longer(3, 1)
	if f.once {
		tries = 1
	}
	for try := 1; ; try++ {
		row, odd := s.goThrough(t, f)
		if len(odd) == 0 || try == tries {
			rows.add(row)
			complain(s, odd)
			return
		}
		t.Logf("%s %s is tried again: %d requests were unexpected; the first: %s", f.id, f.name, len(odd), odd[0])
	}
}

// goThrough causes a fault, waits until the site has recovered from it, and returns
// the requests that the fault does not explain.
func (s *site) goThrough(t *testing.T, f fault) (tableRow, []string) {
	t.Helper()
	testkit.Within(t, 2*patience, "the load is served before "+f.name, func() error { return s.calm(time.Second) })
	began := time.Now()
	if f.forgets {
		s.twins.Store(false) // see judge
		time.Sleep(settled)
	}
	if f.begin != nil {
		f.begin()
	}
	inForce := time.Now().Add(settled)
	if f.during != nil {
		f.during()
	} else {
		time.Sleep(f.hold)
	}
	over := time.Now()
	if f.forgets {
		s.memoryLost = append(s.memoryLost, over)
	}
	if f.end != nil {
		f.end()
	}
	healed := time.Now()
	s.recover(t, f, healed)
	s.twins.Store(true)
	return s.account(t, f, period{began, inForce, over, healed})
}

// calm returns an error unless everything has been served for as long as long.
func (s *site) calm(long time.Duration) error {
	deeds := s.history.between(time.Now().Add(-long), time.Now())
	counts := count(deeds)
	if counts[served] < 5 || counts[served] < len(deeds) {
		return fmt.Errorf("of the last %d requests %d were served, %d away, %d cut, %d throttled, %d refused",
			len(deeds), counts[served], counts[away], counts[cut], counts[throttled], counts[wrong])
	}
	return nil
}

// recover waits until the site serves everything again.
func (s *site) recover(t *testing.T, f fault, healed time.Time) {
	t.Helper()
	limit := f.recovery
	if limit == 0 {
		limit = time.Minute
	}
	time.Sleep(settled)
	for s.calm(1500*time.Millisecond) != nil {
		if time.Since(healed) > limit {
			s.errorf("%s %s: not recovered after %s: %v", f.id, f.name, limit, s.calm(1500*time.Millisecond))
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// A period says when a fault began, was in force, was about to end, and had ended.
type period struct{ began, inForce, over, healed time.Time }

// account checks the history against the invariants and against the fault's fields.
func (s *site) account(t *testing.T, f fault, p period) (row tableRow, odd []string) {
	t.Helper()
	deeds := s.history.between(p.began, time.Now())
	for _, d := range deeds {
		if why := f.odd(d, p); why != "" {
			odd = append(odd, fmt.Sprintf("%s %s: %s: %v", f.id, f.name, why, d))
		}
	}
	found := judge(s.history.between(p.began.Add(-time.Minute), time.Now()), s.memoryLost...)
	found = slices.DeleteFunc(found, func(v violation) bool { return v.deed.ended.Before(p.began) })
	recovery := time.Duration(0)
	if last := s.history.lastFailure(p.began); last.After(p.healed) {
		recovery = last.Sub(p.healed)
	}
	row = tableRow{f.id, f.name, s.t.Name(), len(deeds), count(deeds)[served], len(deeds) - count(deeds)[served], lost(found), revived(found), recovery}
	t.Log(row)
	complain(s, found)
	return row, odd
}

// odd says what is wrong with a deed during the fault; empty if nothing is.
func (f fault) odd(d deed, p period) string {
	during := d.began.After(p.inForce) && d.ended.Before(p.over)
	switch {
	case d.outcome == served && during && slices.Contains(f.refused, d.kind) && (!f.readable || !d.adopted):
		return "it should not have been served"
	case d.outcome != served && during && slices.Contains(f.works, d.kind):
		return "it should have been served"
	case d.outcome != served && f.spotless:
		return "nothing should fail"
	}
	return ""
}

// finish ends the load, and fails the test for every violation in the full history.
func (l *load) finish(t *testing.T) {
	t.Helper()
	complain(l.site, l.settle(t))
	counts := count(l.site.history.all())
	t.Logf("%d requests: %d served, %d away, %d cut, %d throttled", len(l.site.history.all()), counts[served], counts[away], counts[cut], counts[throttled])
}
