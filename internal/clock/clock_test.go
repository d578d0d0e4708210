package clock

import (
	"context"
	"testing"
	"testing/synctest"
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

func TestRepeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		calls, live := 0, 0
		go Repeat(ctx, time.Minute, func(ctx context.Context) {
			calls++
			if ctx.Err() == nil {
				live++
			}
		})
		time.Sleep(150 * time.Second)
		stop()
		synctest.Wait()
		if calls != 3 || live != 3 {
			t.Errorf("%d calls in two and a half minutes and after the end, %d of them with a context that lives; want 3 and 3", calls, live)
		}
	})
}
