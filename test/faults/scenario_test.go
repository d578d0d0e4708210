package faults_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"gatehouse/internal/test/testkit"
)

// A fault is what is done to the site, and what must go on meanwhile.
type fault struct {
	id   string // of the matrix in docs/reliability.md
	name string
	// begin brings it about, end takes it away again; end may be nil.
	begin, end func()
	hold       time.Duration
	// during, if it is set, is done instead of waiting for hold.
	during func()
	// works are the kinds of request that are all served while the fault lasts, and
	// refused those of which none is.
	works, refused []string
	// spotless: no request at all fails, from the beginning to the end.
	spotless bool
	// forgets: Redis loses what it knew.
	forgets bool
	// recovery is how long it may take until everything is served again.
	recovery time.Duration
	// once: it changes the site for good, so it cannot be gone through again.
	once bool
}

// settled is how long a fault may take to be in force, or what was under way when
// it began to end.
const settled = 700 * time.Millisecond

// suffer lets the site, under its load, go through a fault, and notes what happened.
//
// A short run, on a machine that others use, goes through it again, twice at most, if
// requests went otherwise than works, refused or spotless say: a machine that stands
// still for a second looks like that. What the judge finds never gets another try.
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
		t.Logf("%s %s is tried again: %d requests went otherwise; first %s", f.id, f.name, len(odd), odd[0])
	}
}

// goThrough brings a fault about, waits until the site has recovered from it, and
// returns what of the load went otherwise than the fault allows.
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

// calm returns an error unless everything has been served for so long.
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

// A period is when a fault began, was in force, was about to end, and had ended.
type period struct{ began, inForce, over, healed time.Time }

// account holds what happened against the invariants and against what the fault allows.
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

// odd says what is wrong with a deed while the fault lasts; empty if nothing is.
func (f fault) odd(d deed, p period) string {
	during := d.began.After(p.inForce) && d.ended.Before(p.over)
	switch {
	case d.outcome == served && during && slices.Contains(f.refused, d.kind):
		return "it should not have been served"
	case d.outcome != served && during && slices.Contains(f.works, d.kind):
		return "it should have been served"
	case d.outcome != served && f.spotless:
		return "nothing should fail"
	}
	return ""
}

// finish ends the load, and fails the test for everything that the whole history shows.
func (l *load) finish(t *testing.T) {
	t.Helper()
	complain(l.site, l.settle(t))
	counts := count(l.site.history.all())
	t.Logf("%d requests: %d served, %d away, %d cut, %d throttled", len(l.site.history.all()), counts[served], counts[away], counts[cut], counts[throttled])
}
