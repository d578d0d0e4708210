package signin

import (
	"testing"
	"time"
)

func TestRecent(t *testing.T) {
	now := time.Date(2026, 5, 2, 10, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		at   time.Time
		want bool
	}{
		"just now":         {now, true},
		"ten minutes ago":  {now.Add(-RecentFor), true},
		"longer ago":       {now.Add(-RecentFor - time.Millisecond), false},
		"by another clock": {now.Add(time.Second), true},
		"nobody signed in": {time.Time{}, false},
	} {
		if got := Recent(c.at, now); got != c.want {
			t.Errorf("%s: Recent = %t, want %t", name, got, c.want)
		}
	}
}
