// Package clock owns the form in which times are recorded, and the pace of what is gathered
// in memory and written now and then.
package clock

import (
	"context"
	"time"
)

// lastly is how long the last call of Repeat's function may take.
const lastly = 3 * time.Second

// Repeat calls f in every interval until ctx ends, and once more after that, for what is left:
// a server that stops writes what it has gathered. That last call may take 3 s.
func Repeat(ctx context.Context, every time.Duration, f func(context.Context)) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-tick.C:
			f(ctx)
		case <-ctx.Done():
		}
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastly)
	defer cancel()
	f(last)
}

// Millis returns a clock that gives now's time in UTC and in whole milliseconds, as the
// database stores it, so that a time is the same before it is stored and after.
//
// Its times do not have a monotonic reading. Durations are measured with now itself, so
// that a correction of the clock does not disturb them.
func Millis(now func() time.Time) func() time.Time {
	return func() time.Time { return now().UTC().Truncate(time.Millisecond) }
}
