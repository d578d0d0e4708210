package throttle

import (
	"context"
	"sync"
)

// An Attempt is a try that was allowed. Only the first of its methods that is called
// takes effect, so a deferred Abandoned is always right.
type Attempt struct {
	limiter *Limiter
	slots   []slot // of a sign-up or a user code, one in each network
	once    sync.Once

	signIn bool
	slot   slot    // of a sign-in
	scopes []scope // what its failure is charged to; empty for a browser of its own
	turns  []turn
	spread bool // the account is under attack, so the try does not wait for others
}

// Succeeded reports that the password was right. It clears the count of the account from
// that network. It keeps the count of sign-ups, which limits the successful ones.
func (a *Attempt) Succeeded(ctx context.Context) {
	a.once.Do(func() {
		if !a.signIn {
			return
		}
		a.limiter.hot.giveBack(a.turns)
		ctx = context.WithoutCancel(ctx)
		// A count that cannot be cleared is forgotten in its time.
		_ = a.slot.counts.Clear(ctx, a.slot.key)
		if a.slot.counts != a.limiter.Fallback {
			_ = a.limiter.Fallback.Clear(ctx, a.slot.key)
		}
		a.limiter.pending.leave(a.slot.key, true)
	})
}

// Failed reports that the try was wrong. It charges the networks and the account, too.
func (a *Attempt) Failed(ctx context.Context) {
	a.once.Do(func() {
		if !a.signIn {
			return
		}
		// A caller that hangs up before the answer has failed all the same.
		a.limiter.charge(context.WithoutCancel(ctx), a.scopes)
		a.limiter.pending.leave(a.slot.key, false)
	})
}

// Abandoned reports that the try could not be judged, through no fault of the caller. It
// gives the slot back.
func (a *Attempt) Abandoned(ctx context.Context) {
	a.once.Do(func() {
		ctx = context.WithoutCancel(ctx)
		for _, s := range a.slots {
			s.refund(ctx)
		}
		if a.signIn {
			a.slot.refund(ctx)
			a.limiter.hot.giveBack(a.turns)
			a.limiter.pending.leave(a.slot.key, false)
		}
	})
}
