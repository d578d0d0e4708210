package throttle

import (
	"context"
	"sync"
	"time"

	"gatehouse/store"
)

// An Attempt is a try that was let through. Exactly one of its methods takes
// effect, the first that is called; so a deferred Abandoned is always right.
type Attempt struct {
	limiter *Limiter
	key     store.Digest
	network string
	turn    time.Time       // the network's, if it needs one
	counts  store.Throttles // where its slot was taken
	signIn  bool
	once    sync.Once
}

// Succeeded: the password was right. The count of the account from there is
// forgotten. That of sign-ups is not, for it is the successful ones that it limits.
func (a *Attempt) Succeeded(ctx context.Context) {
	a.once.Do(func() {
		if !a.signIn {
			return
		}
		a.limiter.networks.giveBack(a.network, a.turn)
		ctx = context.WithoutCancel(ctx)
		// Where a count cannot be cleared, it is forgotten in its time.
		_ = a.counts.Clear(ctx, a.key)
		if a.counts != a.limiter.Fallback {
			_ = a.limiter.Fallback.Clear(ctx, a.key)
		}
		a.limiter.pending.leave(a.key, true)
	})
}

// Failed: the try was a wrong one. The network is charged as well.
func (a *Attempt) Failed(ctx context.Context) {
	a.once.Do(func() {
		if !a.signIn {
			return
		}
		l := a.limiter
		// Who hangs up before he hears the answer has failed all the same.
		d, _, err := l.take(context.WithoutCancel(ctx), keyOf("network", a.network), l.Rules.Network)
		if err == nil && !d.Allowed {
			l.networks.block(a.network, l.Now(), d.RetryAfter, l.Rules.Network)
		}
		l.pending.leave(a.key, false)
	})
}

// Abandoned: the try could not be judged, through no fault of the caller. The
// slot is given back.
func (a *Attempt) Abandoned(ctx context.Context) {
	a.once.Do(func() {
		_ = a.counts.Refund(context.WithoutCancel(ctx), a.key)
		if a.signIn {
			a.limiter.networks.giveBack(a.network, a.turn)
			a.limiter.pending.leave(a.key, false)
		}
	})
}
