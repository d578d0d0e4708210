package faults_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"gatehouse/internal/testkit"
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
}

// settled is how long a fault may take to be in force, or what was under way when
// it began to end.
const settled = 700 * time.Millisecond

// suffer lets the site, under its load, go through a fault, waits until it has
// recovered, and notes what happened.
func (s *site) suffer(t *testing.T, f fault) {
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
	s.account(t, f, period{began, inForce, over, healed})
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
			t.Errorf("%s %s: not recovered after %s: %v", f.id, f.name, limit, s.calm(1500*time.Millisecond))
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// A period is when a fault began, was in force, was about to end, and had ended.
type period struct{ began, inForce, over, healed time.Time }

// account holds what happened against what the fault allows, and adds a row to the table.
func (s *site) account(t *testing.T, f fault, p period) {
	t.Helper()
	deeds := s.history.between(p.began, time.Now())
	var odd []string
	for _, d := range deeds {
		if why := f.odd(d, p); why != "" {
			odd = append(odd, fmt.Sprintf("%s %s: %s: %v", f.id, f.name, why, d))
		}
	}
	complain(t, odd)
	found := judge(s.history.between(p.began.Add(-time.Minute), time.Now()), s.memoryLost...)
	found = slices.DeleteFunc(found, func(v violation) bool { return v.deed.ended.Before(p.began) })
	recovery := time.Duration(0)
	if last := s.history.lastFailure(p.began); last.After(p.healed) {
		recovery = last.Sub(p.healed)
	}
	row := tableRow{f.id, f.name, s.t.Name(), len(deeds), count(deeds)[served], len(deeds) - count(deeds)[served], lost(found), revived(found), recovery}
	rows.add(row)
	t.Log(row)
	complain(t, found)
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

// complain fails the test for each, and shows the first ones.
func complain[T any](t *testing.T, faults []T) {
	t.Helper()
	for i, f := range faults {
		if i == 10 {
			t.Errorf("and %d more", len(faults)-i)
			return
		}
		t.Error(f)
	}
}

// finish ends the load, and fails the test for everything that the whole history shows.
func (l *load) finish(t *testing.T) {
	t.Helper()
	complain(t, l.settle(t))
	counts := count(l.site.history.all())
	t.Logf("%d requests: %d served, %d away, %d cut, %d throttled", len(l.site.history.all()), counts[served], counts[away], counts[cut], counts[throttled])
}
