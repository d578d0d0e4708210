// Package finding gives the findings of all checks of the surroundings the same form.
package finding

import (
	"fmt"
	"time"
)

// A Level says how much a finding matters.
type Level string

// The levels.
const (
	OK      Level = "ok"
	Warning Level = "warning" // it works, but may not always
	Fault   Level = "fault"   // it does not work, or not as promised
)

// A Finding is the result of one check.
type Finding struct {
	// Check names what was checked, such as "database version". Names never change.
	Check string `json:"check"`
	Level Level  `json:"level"`
	Found string `json:"found"`
	// Do says what to change; empty if Level is OK.
	Do string `json:"do,omitempty"`
}

// String returns the finding as a line, without its level.
func (f Finding) String() string {
	if f.Do == "" {
		return f.Check + ": " + f.Found
	}
	return f.Check + ": " + f.Found + "; " + f.Do
}

// A List collects findings.
type List []Finding

// OK adds a finding that something is as it should be.
func (l *List) OK(check, found string, args ...any) {
	*l = append(*l, Finding{Check: check, Level: OK, Found: fmt.Sprintf(found, args...)})
}

// Warn adds a warning.
func (l *List) Warn(check, do, found string, args ...any) {
	*l = append(*l, Finding{check, Warning, fmt.Sprintf(found, args...), do})
}

// Fault adds a fault.
func (l *List) Fault(check, do, found string, args ...any) {
	*l = append(*l, Finding{check, Fault, fmt.Sprintf(found, args...), do})
}

// Judge adds a finding that is OK if good is true, and otherwise a warning.
func (l *List) Judge(good bool, check, do, found string, args ...any) {
	if good {
		l.OK(check, found, args...)
		return
	}
	l.Warn(check, do, found, args...)
}

// Worse returns the findings that are not OK.
func (l List) Worse() List {
	var worse List
	for _, f := range l {
		if f.Level != OK {
			worse = append(worse, f)
		}
	}
	return worse
}

// The bounds of the difference between two clocks. Tokens, codes and grace periods are
// measured in seconds, and a token from a minute ahead is refused.
const (
	clockWarning = time.Second
	clockFault   = 30 * time.Second
)

// Clock adds a finding about the difference between the clock of another machine and ours.
// there is its time, which was read between asked and answered by ours.
func (l *List) Clock(check string, there, asked, answered time.Time) {
	const do = "synchronise both machines to the same time (NTP)"
	ours := asked.Add(answered.Sub(asked) / 2)
	ahead := there.Sub(ours).Round(time.Millisecond)
	switch {
	case ahead.Abs() > clockFault:
		l.Fault(check, do, "it differs from this machine's by %s", ahead)
	case ahead.Abs() > clockWarning:
		l.Warn(check, do, "it differs from this machine's by %s", ahead)
	default:
		l.OK(check, "within %s of this machine's", max(ahead.Abs(), time.Millisecond))
	}
}
