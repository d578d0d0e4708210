// Package clock owns the form in which times are recorded.
package clock

import "time"

// Millis returns a clock that gives now's time in UTC and whole milliseconds, as the
// database keeps it, so that a time is the same before it is stored and after.
//
// Its times carry no monotonic reading: a length of time is measured with now itself,
// which no correction of the clock disturbs.
func Millis(now func() time.Time) func() time.Time {
	return func() time.Time { return now().UTC().Truncate(time.Millisecond) }
}
