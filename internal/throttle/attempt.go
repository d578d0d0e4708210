package throttle

import (
	"context"
	"sync"
	"time"

	"gatehouse/store"
)

// An Attempt is a try that was allowed. Only the first of its methods that is called
// takes effect, so a deferred Abandoned is always right.
type Attempt struct {
	limiter *Limiter
	key     store.Digest
	network string
	turn    time.Time       // of the network, if it needs one
	counts  store.Throttles // where the slot was taken
	signIn  bool
	once    sync.Once
}

// Succeeded reports that the password was right. It clears the count of the account from
// that network. It keeps the count of sign-ups, which limits the successful ones.
func (a *Attempt) Succeeded(ctx context.Context) {
	a.once.Do(func() {
		if !a.signIn {
			return
		}
		a.limiter.networks.giveBack(a.network, a.turn)
		ctx = context.WithoutCancel(ctx)
		// A count that cannot be cleared is forgotten in its time.
		_ = a.counts.Clear(ctx, a.key)
		if a.counts != a.limiter.Fallback {
			_ = a.limiter.Fallback.Clear(ctx, a.key)
		}
		a.limiter.pending.leave(a.key, true)
	})
}

// Failed reports that the try was wrong. It charges the network, too.
func (a *Attempt) Failed(ctx context.Context) {
	a.once.Do(func() {
		if !a.signIn {
			return
		}
		l := a.limiter
		// A caller that hangs up before the answer has failed all the same.
		d, _, err := l.take(context.WithoutCancel(ctx), keyOf("network", a.network), l.Rules.Network)
		if err == nil && !d.Allowed {
			l.networks.block(a.network, l.Now(), d.RetryAfter, l.Rules.Network)
		}
		l.pending.leave(a.key, false)
	})
}

// Abandoned reports that the try could not be judged, through no fault of the caller. It
// gives the slot back.
func (a *Attempt) Abandoned(ctx context.Context) {
	a.once.Do(func() {
		_ = a.counts.Refund(context.WithoutCancel(ctx), a.key)
		if a.signIn {
			a.limiter.networks.giveBack(a.network, a.turn)
			a.limiter.pending.leave(a.key, false)
		}
	})
}
