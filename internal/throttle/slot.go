package throttle

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"gatehouse/store"
)

// A slot is for one try under a key.
type slot struct {
	key    store.Digest
	rule   store.Rule
	sure   bool            // the key is not one that a stranger can make up (strangers)
	counts store.Throttles // where it was taken
	away   bool            // the store was unavailable
}

// refund gives the slot back.
func (s slot) refund(ctx context.Context) {
	if s.counts != nil {
		_ = s.counts.Refund(ctx, s.key) // a count that stays is forgotten in its time
	}
}

// take takes a slot in the store or, while that is unavailable, in this process. Before are
// the slots that the same attempt has taken: it waits for a store that hangs only once.
func (l *Limiter) take(ctx context.Context, s *slot, before ...slot) (store.Decision, error) {
	if !s.sure && !l.strangers.admit(s.key, l.Now()) {
		s.counts = l.Fallback
		return l.Fallback.Take(ctx, s.key, s.rule)
	}
	if slices.ContainsFunc(before, func(b slot) bool { return b.away }) {
		return l.alone(ctx, s)
	}
	s.counts = l.Store
	d, err := l.Store.Take(ctx, s.key, s.rule)
	switch {
	case err == nil:
		return d, nil
	case ctx.Err() != nil && !errors.Is(err, store.ErrUnavailable):
		return d, err // the caller went away
	}
	if l.outage.begins(l.Now()) {
		l.Log.WarnContext(ctx, "counting tries: the store is unavailable, so each replica counts for itself", "error", err)
	}
	return l.alone(ctx, s)
}

// alone takes a slot in this process, because the store is unavailable.
func (l *Limiter) alone(ctx context.Context, s *slot) (store.Decision, error) {
	s.counts, s.away = l.Fallback, true
	return l.Fallback.Take(ctx, s.key, stricter(s.rule))
}

// stricter returns the rule while every replica counts for itself: each allows half of
// the free tries, rounded up.
func stricter(r store.Rule) store.Rule {
	r.Free = (r.Free + 1) / 2
	return r
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
