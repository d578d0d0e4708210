package testkit

import (
	"sync/atomic"
	"time"
)

// Clock returns a clock that reads the time in UTC and in whole milliseconds, as the
// server's own does, and never reads the same millisecond twice: what a test does one
// after the other is then on record in that order, however fast the machine is.
func Clock() func() time.Time {
	var last atomic.Int64
	return func() time.Time {
		for {
			before := last.Load()
			if now := max(time.Now().UnixMilli(), before+1); last.CompareAndSwap(before, now) {
				return time.UnixMilli(now).UTC()
			}
		}
	}
}
