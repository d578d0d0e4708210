package sqlstore

import (
	"testing"
	"time"
)

// TestPartitionsAreFew: whatever GATEHOUSE_AUDIT_KEEP is, a page looks into few of them, and an
// event is kept no longer than a 32nd more, or a day.
func TestPartitionsAreFew(t *testing.T) {
	for _, keep := range []time.Duration{day, 25 * time.Hour, 7 * day, 32 * day, 33 * day, 400 * day, 7300 * day} {
		w, now := width(keep), time.Date(2026, 11, 3, 11, 59, 0, 0, time.UTC)
		var have []partition
		most := 0
		for range 10 * int(keep/w+1) {
			have = have[len(past(have, now.Add(-keep))):]
			have = append(have, missing(have, now, keep)...)
			most = max(most, len(have))
			ahead := time.UnixMilli(have[len(have)-1].before).Sub(now)
			if ahead < aheadOf || ahead >= aheadOf+w {
				t.Errorf("%s: there are partitions for %s, want %s and no more than another one", keep, ahead, aheadOf)
			}
			if oldest := time.UnixMilli(have[0].before); len(past(have, now.Add(-keep))) > 0 || oldest.Add(keep).Before(now) {
				t.Errorf("%s: at %s there is one up to %s, want it dropped", keep, now, oldest)
			}
			if hour := time.UnixMilli(have[0].before).UTC(); hour.Hour() != 12 || hour.Minute() != 0 {
				t.Errorf("%s: one ends at %s, want noon", keep, hour)
			}
			now = now.Add(w / 3)
		}
		if most > partitionsKept+10 {
			t.Errorf("%s: %d partitions, want no more than %d", keep, most, partitionsKept+10)
		}
	}
}

// TestALogThatWasLeftAloneHasPartitionsAgain: after servers did not run for longer than they
// make partitions ahead, and when the time that events are kept has changed.
func TestALogThatWasLeftAloneHasPartitionsAgain(t *testing.T) {
	now := time.Date(2026, 11, 3, 8, 0, 0, 0, time.UTC)
	have := missing(nil, now, 400*day)
	for _, step := range []struct{ later, keep time.Duration }{{100 * day, 400 * day}, {0, 30 * day}, {20 * day, 30 * day}, {0, 400 * day}, {9 * day, 400 * day}} {
		now = now.Add(step.later)
		for _, p := range missing(have, now, step.keep) {
			if last := have[len(have)-1]; p.before <= last.before || p.name == last.name {
				t.Errorf("%s comes after %s, want partitions in the order of time", p.name, last.name)
			}
			have = append(have, p)
		}
		if end := time.UnixMilli(have[len(have)-1].before); end.Before(now.Add(aheadOf)) {
			t.Errorf("the partitions end at %s, want %s after %s", end, aheadOf, now)
		}
	}
}
