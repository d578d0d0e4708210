package signin

import (
	"fmt"
	"time"
)

// RecentFor is how old a sign-in may be for acts that change how a person signs in, or that
// cannot be undone.
const RecentFor = 10 * time.Minute

// Recent reports whether a sign-in at that time is recent enough for such an act.
func Recent(at, now time.Time) bool { return now.Sub(at) <= RecentFor }

// A StepUp refuses an act for want of a better sign-in: the person signs in again, and then
// it may be done (RFC 9470).
type StepUp struct {
	// ACR is the level that the sign-in needs, and MaxAge how old it may be.
	ACR    string
	MaxAge time.Duration
}

func (e *StepUp) Error() string {
	return fmt.Sprintf("signin: needs a sign-in of the level %s, at most %s old", e.ACR, e.MaxAge)
}

// RequireRecent returns a *StepUp to the level unless a sign-in at that time is Recent.
func RequireRecent(at, now time.Time, acr string) error {
	if Recent(at, now) {
		return nil
	}
	return &StepUp{ACR: acr, MaxAge: RecentFor}
}
