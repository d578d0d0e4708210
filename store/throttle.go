package store

import (
	"context"
	"time"
)

// Throttles counts tries. Implementations pass storetest.Throttles.
type Throttles interface {
	// Take takes a slot for one try under key, as one atomic step, before the try
	// is made: of any number of concurrent callers no more are let through than
	// the rule allows. A try that is refused is not counted.
	Take(ctx context.Context, key Digest, r Rule) (Decision, error)
	// Clear forgets the key, after a try that succeeded.
	Clear(ctx context.Context, key Digest) error
	// Refund gives back one slot that a try took and did not deserve.
	Refund(ctx context.Context, key Digest) error
	// SweepThrottles forgets at most n keys that no longer count.
	SweepThrottles(ctx context.Context, n int) (int64, error)
}

// A Rule says how many tries are free and how the delay grows after them.
type Rule struct {
	// Free tries come without delay. The try after them waits Delay, the next one
	// Factor times as long, and so on up to MaxDelay.
	Free     int
	Delay    time.Duration
	Factor   int // at least 1
	MaxDelay time.Duration
	// Forget is how long after its last counted try a key is forgotten.
	Forget time.Duration
}

// DelayAfter is how long the next try has to wait, counted from the last, where n
// tries were counted.
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
		delay *= factor //nolint:durationcheck // a number, in the type of what it multiplies
	}
	return delay
}

// A Decision answers Take.
type Decision struct {
	Allowed bool
	// RetryAfter is how long to wait before a try may be let through; zero if Allowed.
	RetryAfter time.Duration
}
