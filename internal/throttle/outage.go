package throttle

import (
	"sync"
	"time"
)

// quiet is the time without a failure after which the next failure begins a new outage.
// A store that fails now and then has one long outage, not many.
const quiet = time.Minute

// An outage distinguishes the first failure from those that follow. The zero value is
// ready.
type outage struct {
	mu   sync.Mutex
	last time.Time
}

// begins notes a failure and reports whether it is the first.
func (o *outage) begins(now time.Time) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	first := o.last.IsZero() || now.Sub(o.last) > quiet
	o.last = now
	return first
}
