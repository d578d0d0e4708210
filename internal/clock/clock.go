// Package clock owns the form in which times are recorded.
package clock

import "time"

// Millis returns a clock that gives now's time in UTC and in whole milliseconds, as the
// database stores it, so that a time is the same before it is stored and after.
//
// Its times do not have a monotonic reading. Durations are measured with now itself, so
// that a correction of the clock does not disturb them.
func Millis(now func() time.Time) func() time.Time {
	return func() time.Time { return now().UTC().Truncate(time.Millisecond) }
}
