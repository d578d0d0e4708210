package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"

	"gatehouse/internal/password"
	"gatehouse/internal/throttle"
	"gatehouse/store"
)

func TestTrouble(t *testing.T) {
	const chance = -1 // 1 to 5 seconds
	for _, c := range []struct {
		name    string
		err     error
		status  int
		seconds int
	}{
		{"no error", nil, 0, 0},
		{"a fault", errors.New("disk on fire"), 0, 0},
		{"a refusal", fmt.Errorf("asking: %w", store.ErrNotFound), 0, 0},
		{"a back end is unreachable", fmt.Errorf("asking: %w", store.ErrUnavailable), http.StatusServiceUnavailable, chance},
		{"no free place", fmt.Errorf("waiting: %w", ErrBusy), http.StatusServiceUnavailable, chance},
		{"out of time", fmt.Errorf("asking: %w", context.DeadlineExceeded), http.StatusServiceUnavailable, chance},
		{"the caller is gone", fmt.Errorf("asking: %w", context.Canceled), http.StatusServiceUnavailable, chance},
		{"no room for a hash", fmt.Errorf("hashing: %w", &password.Busy{RetryAfter: 2 * time.Second}), http.StatusServiceUnavailable, 2},
		{"no room, no wait given", &password.Busy{}, http.StatusServiceUnavailable, 1},
		{"throttled", fmt.Errorf("asking: %w", &throttle.Limited{RetryAfter: 90 * time.Second}), http.StatusTooManyRequests, 90},
		{"a started second counts", &throttle.Limited{RetryAfter: 90*time.Second + time.Millisecond}, http.StatusTooManyRequests, 91},
		{"less than a second", &throttle.Limited{RetryAfter: time.Millisecond}, http.StatusTooManyRequests, 1},
		{"throttled while a back end is unreachable", errors.Join(&throttle.Limited{RetryAfter: time.Minute}, store.ErrUnavailable), http.StatusServiceUnavailable, chance},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := http.Header{}
			status, seconds := Trouble(h, c.err)
			want := ""
			if status != 0 {
				want = strconv.Itoa(seconds)
			}
			if got := h.Get("Retry-After"); got != want {
				t.Errorf("Retry-After = %q, want %q with status %d", got, want, status)
			}
			if c.seconds == chance && 1 <= seconds && seconds <= 5 {
				seconds = chance
			}
			if status != c.status || seconds != c.seconds {
				t.Errorf("Trouble(%v) = %d, %d s, want %d, %d s", c.err, status, seconds, c.status, c.seconds)
			}
		})
	}
}

func TestCallersTurnedAwayTogetherComeBackApart(t *testing.T) {
	seen := map[int]bool{}
	for range 1000 {
		_, seconds := Trouble(http.Header{}, ErrBusy)
		seen[seconds] = true
	}
	if len(seen) != 5 {
		t.Errorf("a thousand callers were told %d different waits, want 5: %v", len(seen), seen)
	}
}
