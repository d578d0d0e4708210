// Package throttle slows down guessing.
//
// A try to sign in is counted by account and network together: an attacker is slowed
// down for that account in their own network, and the owner, who is elsewhere, never
// notices. There is a delay, never a lock. In addition, a network that fails too often,
// at any accounts, is slowed down as a unit.
//
// The counts are kept in a store.Throttles that all replicas share. While that is
// unavailable, each replica counts for itself, more strictly.
package throttle

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"gatehouse/internal/reqctx"
	"gatehouse/store"
)

// A Limited refuses a try that comes too early.
type Limited struct{ RetryAfter time.Duration }

func (e *Limited) Error() string {
	return fmt.Sprintf("throttled: the next try may come in %s", e.RetryAfter)
}

// Rules are the rules of a Limiter.
type Rules struct {
	// SignIn counts tries at one account from one network.
	SignIn store.Rule
	// Network counts failed tries from one network, at any accounts, against an attacker
	// who tries one common password on everybody. It bounds other failures likewise.
	Network store.Rule
	// SignUp counts new accounts from one network.
	SignUp store.Rule
	// UserCode counts wrong device codes typed from one network.
	UserCode store.Rule
	// Failure counts other failures by their kind, ID and network.
	Failure store.Rule
}

// DefaultRules returns rules for networks of up to several thousand people, or for a
// gateway that is not a trusted proxy: they all sign in, and mistype, in the same quarter
// of an hour.
func DefaultRules() Rules {
	return Rules{
		SignIn:  store.Rule{Free: 5, Delay: time.Second, Factor: 2, MaxDelay: 15 * time.Minute, Forget: time.Hour},
		Network: store.Rule{Free: 1000, Delay: time.Second, Factor: 1, MaxDelay: time.Second, Forget: 15 * time.Minute},
		SignUp:  store.Rule{Free: 300, Delay: 2 * time.Second, Factor: 1, MaxDelay: 2 * time.Second, Forget: time.Hour},
		// RFC 8628 §5.1: a code has 34 bits and lives ten minutes.
		UserCode: store.Rule{Free: 5, Delay: 10 * time.Second, Factor: 2, MaxDelay: 15 * time.Minute, Forget: time.Hour},

		Failure: store.Rule{Free: 200, Delay: time.Second, Factor: 2, MaxDelay: time.Minute, Forget: 10 * time.Minute},
	}
}

// DefaultElsewhere is long enough for another replica to hash a password, and less than
// the delay of SignIn in DefaultRules.
const DefaultElsewhere = 700 * time.Millisecond

// A Limiter decides which tries are allowed. Its fields are set before its first use.
type Limiter struct {
	Store store.Throttles
	// Fallback counts in this process while Store is unavailable (NewMemory).
	Fallback store.Throttles
	Rules    Rules
	Now      func() time.Time
	Log      *slog.Logger
	// Observe, if set, is called with every decision.
	Observe func(kind string, allowed bool)
	// Elsewhere is how long another replica may take to judge a try (DefaultElsewhere);
	// 0 if there is only one replica.
	Elsewhere time.Duration

	pending  pending
	looking  atomic.Int64 // tries that wait for another replica
	outage   outage
	networks networks
}

// SignIn takes a slot for one try to sign in as nameKey (names.Lookup, so that all
// spellings of a name share a count), before the password is checked. It returns a
// *Limited if the try comes too early. A refused try is not charged, not even to the
// network: a flood against one account concerns that account alone.
func (l *Limiter) SignIn(ctx context.Context, nameKey string) (*Attempt, error) {
	network := networkOf(ctx)
	turn, wait := l.networks.admit(network, l.Now(), l.Rules.Network)
	if wait > 0 {
		return nil, l.refuse("network", wait)
	}
	a := &Attempt{limiter: l, network: network, turn: turn, key: keyOf("signin", nameKey, network), signIn: true}
	if err := l.queue(ctx, a); err != nil {
		l.networks.giveBack(network, turn)
		return nil, err
	}
	return a, nil
}

// queue takes a's slot or, if none is free, waits for a success among the tries that
// have one (see pending).
func (l *Limiter) queue(ctx context.Context, a *Attempt) error {
	wait, cancel := context.WithTimeout(ctx, maxPending)
	defer cancel()
	for {
		before := l.pending.watch(a.key)
		d, where, err := l.take(ctx, a.key, l.Rules.SignIn)
		if err != nil {
			return err
		}
		if d.Allowed {
			a.counts = where
			l.pending.join(a.key)
			return l.decide("signin", d)
		}
		if before == nil {
			before = l.pending.watch(a.key)
		}
		if !before.success(wait) && (before != nil || !l.elsewhere(wait, d)) {
			return l.decide("signin", d)
		}
	}
}

// SignUp takes a slot for one new account, before its password is hashed. It returns a
// *Limited if the try comes too early.
func (l *Limiter) SignUp(ctx context.Context) (*Attempt, error) {
	a := &Attempt{limiter: l, key: keyOf("signup", networkOf(ctx))}
	if err := l.start(ctx, a, "signup", l.Rules.SignUp); err != nil {
		return nil, err
	}
	return a, nil
}

// UserCode takes a slot for one device code that a person typed, before the code is
// looked up. The caller gives the slot of a right code back (Attempt.Abandoned).
func (l *Limiter) UserCode(ctx context.Context) (*Attempt, error) {
	a := &Attempt{limiter: l, key: keyOf("user_code", networkOf(ctx))}
	if err := l.start(ctx, a, "user_code", l.Rules.UserCode); err != nil {
		return nil, err
	}
	return a, nil
}

// Failure counts one failure that has happened, at id (a client, a session), and returns
// a *Limited once there were too many. Successes are not counted.
//
// The network is charged first, because the ID may be made up: a caller that names
// another one each time would leave a count behind with every request.
func (l *Limiter) Failure(ctx context.Context, kind, id string) error {
	ctx = context.WithoutCancel(ctx) // a caller that hangs up has failed all the same
	network := networkOf(ctx)
	d, _, err := l.take(ctx, keyOf("network", kind, network), l.Rules.Network)
	if err == nil && d.Allowed {
		d, _, err = l.take(ctx, keyOf(kind, id, network), l.Rules.Failure)
	}
	if err != nil {
		return err
	}
	return l.decide(kind, d)
}

// start takes a's slot.
func (l *Limiter) start(ctx context.Context, a *Attempt, kind string, r store.Rule) error {
	d, where, err := l.take(ctx, a.key, r)
	if err != nil {
		return err
	}
	a.counts = where
	return l.decide(kind, d)
}

// take counts a try in the store or, while that is unavailable, in this process, and
// returns which of them.
func (l *Limiter) take(ctx context.Context, key store.Digest, r store.Rule) (store.Decision, store.Throttles, error) {
	d, err := l.Store.Take(ctx, key, r)
	switch {
	case err == nil:
		return d, l.Store, nil
	case ctx.Err() != nil && !errors.Is(err, store.ErrUnavailable):
		return d, nil, err // the caller went away
	}
	if l.outage.begins(l.Now()) {
		l.Log.WarnContext(ctx, "counting tries: the store is unavailable, so each replica counts for itself", "error", err)
	}
	d, err = l.Fallback.Take(ctx, key, stricter(r))
	return d, l.Fallback, err
}

// stricter returns the rule while every replica counts for itself: each allows half of
// the free tries, rounded up.
func stricter(r store.Rule) store.Rule {
	r.Free = (r.Free + 1) / 2
	return r
}

// decide turns a decision into an error.
func (l *Limiter) decide(kind string, d store.Decision) error {
	if !d.Allowed {
		return l.refuse(kind, d.RetryAfter)
	}
	l.observe(kind, true)
	return nil
}

func (l *Limiter) refuse(kind string, wait time.Duration) error {
	l.observe(kind, false)
	return &Limited{RetryAfter: wait}
}

func (l *Limiter) observe(kind string, allowed bool) {
	if l.Observe != nil {
		l.Observe(kind, allowed)
	}
}

// networkOf returns the network that the request comes from. Requests of unknown origin
// share one network.
func networkOf(ctx context.Context) string {
	return reqctx.From(ctx).Network().String()
}

// keyOf makes a key of parts. It includes their lengths, so that no choice of a name
// leads to another name's key.
func keyOf(parts ...string) store.Digest {
	var b strings.Builder
	for _, part := range parts {
		fmt.Fprintf(&b, "%d:%s", len(part), part)
	}
	return store.DigestOf(b.String())
}
