// Package throttle slows down guessing.
//
// A try to sign in is counted by account and network together: an attacker is slowed
// down for that account in their own network, and the owner, who is elsewhere, never
// notices. There is a delay, never a lock. In addition, a network that fails too often,
// at any accounts, is slowed down as a unit, and so are the wider networks that it is
// part of. A browser that signed the person in before is counted on its own.
//
// The counts are kept in a store.Throttles that all replicas share. While that is
// unavailable, each replica counts for itself, more strictly.
package throttle

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
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

	// Suspect, if set, is called when failures in one scope become too many, once an hour
	// for each scope, however many replicas there are.
	Suspect func(ctx context.Context, s Suspicion)

	pending   pending
	looking   atomic.Int64 // tries that wait for another replica
	outage    outage
	hot       hot
	strangers strangers
}

// A Suspicion is that somebody is guessing.
type Suspicion struct {
	What    string // what is counted: "signin", "user_code", "signup", "registration" or "mail"
	Sub     string // the account; empty if the tries are at many
	Network string // where they come from; empty if from everywhere
}

// SignIn takes a slot for one try to sign in, before the password is checked. It returns
// a *Limited if the try comes too early. A refused try is not charged, not even to the
// network: a flood against one account concerns that account alone.
func (l *Limiter) SignIn(ctx context.Context, account Account) (*Attempt, error) {
	a := &Attempt{limiter: l, signIn: true, slot: slot{rule: l.Rules.SignIn, sure: account.exists}}
	if own := account.own(ctx); own != "" {
		a.slot.key = keyOf(account.kind, account.id, "own", own)
	} else if err := l.admit(ctx, a, account); err != nil {
		return nil, err
	}
	if err := l.queue(ctx, a); err != nil {
		l.hot.giveBack(a.turns)
		return nil, err
	}
	return a, nil
}

// admit gives a its turns in the scopes of its networks, and chooses its key.
func (l *Limiter) admit(ctx context.Context, a *Attempt, account Account) error {
	a.scopes = l.scopes(ctx, account)
	turns, wait, kind := l.hot.admit(a.scopes[1:], l.Now())
	if wait > 0 {
		return l.refuse(kind, wait)
	}
	a.turns = turns
	a.slot.key = keyOf(account.kind, account.id, networkOf(ctx))
	if l.hot.has(a.scopes[0].key, l.Now()) {
		a.slot.key, a.slot.rule, a.spread = keyOf("spread", account.kind, account.id, siteOf(ctx)), l.Rules.Spread, true
	}
	return nil
}

// scopes returns what a failure at the account is charged to. The first is the account
// as such, which makes nobody wait.
func (l *Limiter) scopes(ctx context.Context, account Account) []scope {
	all := []scope{{key: keyOf("attack", account.kind, account.id), rule: l.Rules.Attack, kind: "attack", sure: account.exists}}
	if account.exists {
		all[0].alarm = &Suspicion{What: "signin", Sub: account.id}
	}
	for _, n := range networksOf(ctx) {
		s := scope{key: keyOf("network", n.String()), rule: wider(l.Rules.Network, n.times), kind: "network"}
		if n.times > 1 {
			s.alarm = &Suspicion{What: "signin", Network: n.String()}
			all = append(all, scope{
				key: keyOf("near", account.kind, account.id, n.String()), rule: wider(l.Rules.Near, n.times), kind: "near", sure: account.exists,
			})
		}
		all = append(all, s)
	}
	return all
}

// queue takes a's slot or, if none is free, waits for a success among the tries that
// have one (see pending).
func (l *Limiter) queue(ctx context.Context, a *Attempt) error {
	wait, cancel := context.WithTimeout(ctx, maxPending)
	defer cancel()
	for {
		before := l.pending.watch(a.slot.key)
		d, err := l.take(ctx, &a.slot)
		if err != nil {
			return err
		}
		if d.Allowed {
			l.pending.join(a.slot.key)
			return l.decide("signin", d)
		}
		if before == nil {
			before = l.pending.watch(a.slot.key)
		}
		if !before.success(wait) && (before != nil || a.spread || !l.elsewhere(wait, d)) {
			return l.decide("signin", d)
		}
	}
}

// charge counts a failure in each of the scopes, all at once, and remembers those that
// have used up their free tries.
func (l *Limiter) charge(ctx context.Context, scopes []scope) {
	var all sync.WaitGroup
	for _, s := range scopes {
		all.Go(func() {
			d, err := l.take(ctx, &slot{key: s.key, rule: s.rule, sure: s.sure})
			if err == nil && !d.Allowed && l.hot.block(s, l.Now(), d.RetryAfter) {
				l.suspect(ctx, s.key, s.alarm)
			}
		})
	}
	all.Wait()
}

// suspect reports a suspicion, unless that was done within the hour.
func (l *Limiter) suspect(ctx context.Context, key store.Digest, s *Suspicion) {
	if s == nil || l.Suspect == nil {
		return
	}
	once := store.Rule{Free: 1, Delay: time.Hour, Factor: 1, MaxDelay: time.Hour, Forget: time.Hour}
	d, err := l.take(ctx, &slot{key: keyOf("alarm", string(key[:])), rule: once, sure: true})
	if err == nil && d.Allowed {
		l.Suspect(ctx, *s)
	}
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
