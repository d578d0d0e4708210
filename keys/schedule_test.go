package keys

import (
	"strings"
	"testing"
	"time"

	"gatehouse/store"
)

// A key of the tables below is published at 0, signs from signFrom and is retired at
// retired (0: never), all in minutes.
type planned struct{ signFrom, retired int }

func plan(keys ...planned) schedule {
	start := newClock().at
	var s schedule
	for i, p := range keys {
		k := &key{SigningKey: store.SigningKey{Algorithm: store.RS256, Generation: int64(i + 1), SignFrom: start.Add(time.Duration(p.signFrom) * time.Minute)}}
		if p.retired != 0 {
			k.RetiredAt = start.Add(time.Duration(p.retired) * time.Minute)
		}
		s = append(s, k)
	}
	s.setGone(10 * time.Minute)
	return s
}

func TestStatesFollowFromTheTimes(t *testing.T) {
	for name, c := range map[string]struct {
		keys   schedule
		minute int
		want   string
	}{
		"the first":                           {plan(planned{0, 0}), 0, "signing"},
		"a clock behind the first":            {plan(planned{5, 0}), 0, "signing"},
		"the next is published":               {plan(planned{0, 0}, planned{60, 0}), 59, "signing published"},
		"it takes over":                       {plan(planned{0, 0}, planned{60, 0}), 60, "verifying signing"},
		"the first is still needed":           {plan(planned{0, 0}, planned{60, 0}), 69, "verifying signing"},
		"the first is gone":                   {plan(planned{0, 0}, planned{60, 0}), 70, "gone signing"},
		"three":                               {plan(planned{0, 0}, planned{60, 0}, planned{65, 0}), 69, "verifying verifying signing"},
		"signing one retired":                 {plan(planned{0, 30}, planned{30, 0}), 30, "retired signing"},
		"retired, next before its time":       {plan(planned{0, 30}, planned{60, 0}), 31, "retired signing"},
		"next retired before its time":        {plan(planned{0, 0}, planned{60, 30}), 61, "signing retired"},
		"a later one follows it":              {plan(planned{0, 0}, planned{60, 30}, planned{90, 0}), 99, "verifying retired signing"},
		"and counts, not the retired one":     {plan(planned{0, 0}, planned{60, 30}, planned{90, 0}), 100, "gone retired signing"},
		"retired after it took over":          {plan(planned{0, 0}, planned{60, 62}, planned{62, 0}), 69, "verifying retired signing"},
		"gone after what took over":           {plan(planned{0, 0}, planned{60, 62}, planned{62, 0}), 70, "gone retired signing"},
		"superseded keys do not sign again":   {plan(planned{0, 0}, planned{60, 62}), 65, "verifying retired"},
		"all retired":                         {plan(planned{0, 30}, planned{60, 31}), 65, "retired retired"},
		"the one after two retired ones":      {plan(planned{0, 30}, planned{60, 20}, planned{90, 0}), 40, "retired retired signing"},
		"retired long ago and not yet erased": {plan(planned{0, 5}, planned{5, 0}), 900, "retired signing"},
	} {
		t.Run(name, func(t *testing.T) {
			now := newClock().at.Add(time.Duration(c.minute) * time.Minute)
			var got []string
			for _, k := range c.keys {
				got = append(got, string(c.keys.state(k, now)))
			}
			if all := strings.Join(got, " "); all != c.want {
				t.Errorf("%s, want %s", all, c.want)
			}
		})
	}
}
