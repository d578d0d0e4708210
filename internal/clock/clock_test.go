package clock

import (
	"testing"
	"time"
)

func TestMillis(t *testing.T) {
	berlin := time.FixedZone("CEST", 2*60*60)
	for _, c := range []struct {
		name      string
		now, want time.Time
	}{
		{"finer", time.Date(2026, 7, 1, 12, 0, 0, 123_999_999, time.UTC), time.Date(2026, 7, 1, 12, 0, 0, 123_000_000, time.UTC)},
		{"another zone", time.Date(2026, 7, 1, 1, 30, 0, 0, berlin), time.Date(2026, 6, 30, 23, 30, 0, 0, time.UTC)},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Millis(func() time.Time { return c.now })()
			if got != c.want { // the zone too, so not Equal
				t.Errorf("Millis(%v) = %v, want %v", c.now, got, c.want)
			}
		})
	}
	t.Run("no monotonic reading", func(t *testing.T) {
		if got := Millis(time.Now)(); got != got.Round(0) {
			t.Errorf("Millis(time.Now) = %v, want no monotonic reading", got)
		}
	})
}
