package store

import (
	"context"
	"time"
)

// Throttles counts tries. Implementations pass storetest.Throttles.
type Throttles interface {
	// Take takes a slot for one try under key, as one atomic step, before the try
	// is made. Of any number of concurrent callers, no more pass than the rule
	// allows. A refused try is not counted.
	Take(ctx context.Context, key Digest, r Rule) (Decision, error)
	// Clear forgets the key, after a try that succeeded.
	Clear(ctx context.Context, key Digest) error
	// Refund gives back one slot, taken by a try that should not count.
	Refund(ctx context.Context, key Digest) error
	// SweepThrottles forgets at most n keys whose time is over.
	SweepThrottles(ctx context.Context, n int) (int64, error)
}

// A Rule says how many tries are free and how the delay grows after them.
type Rule struct {
	// Free is the number of tries without delay. The try after them waits Delay, the
	// next one Factor times as long, and so on up to MaxDelay.
	Free     int
	Delay    time.Duration
	Factor   int // at least 1
	MaxDelay time.Duration
	// Forget is how long after its last counted try a key is forgotten.
	Forget time.Duration
}

// DelayAfter returns how long after the last try the next one must wait, when n
// tries have been counted.
func (r Rule) DelayAfter(n int64) time.Duration {
	longest, factor := max(r.Delay, r.MaxDelay), time.Duration(max(r.Factor, 1))
	if n < int64(r.Free) || n == 0 {
		return 0
	}
	delay := r.Delay
	for ; n > int64(r.Free) && delay > 0 && factor > 1; n-- {
		if delay > longest/factor {
			return longest
		}
		delay *= factor //nolint:durationcheck // factor is a number, typed as a duration to multiply one
	}
	return delay
}

// A Decision is the result of Take.
type Decision struct {
	Allowed bool
	// RetryAfter is how long to wait before the next try can pass; zero if Allowed.
	RetryAfter time.Duration
}
