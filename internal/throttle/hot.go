package throttle

import (
	"sync"
	"time"

	"gatehouse/store"
)

// maxHot bounds the scopes remembered at once. Each of them has used up the free tries of
// its rule.
const maxHot = 10_000

// A hot remembers, in this process, which scopes have used up the free tries of their
// rule: networks, and accounts as tried from a network. It admits one try at a time in
// such a scope, and one per delay. Otherwise a burst would get in before its failures
// reach the shared count, which is charged only after a failure. The zero value is ready.
type hot struct {
	mu     sync.Mutex
	scopes map[store.Digest]hotScope
}

// A hotScope has its next turn at next, and is forgotten at forget.
type hotScope struct{ next, forget time.Time }

// A scope is what failures are charged to, and the rule for it.
type scope struct {
	key  store.Digest
	rule store.Rule
	kind string // for Limiter.Observe
	// sure is set for accounts that exist (see strangers).
	sure bool
	// alarm describes the suspicion if the scope gets hot; nil for none.
	alarm *Suspicion
}

// A turn was given to a try by a scope that is hot.
type turn struct {
	key store.Digest
	at  time.Time
}

// admit returns how long a try has to wait in the first of the scopes that makes it wait,
// and the kind of that. If it need not wait, admit gives it a turn in each that is hot.
func (h *hot) admit(scopes []scope, now time.Time) (turns []turn, wait time.Duration, kind string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range scopes {
		at, is := h.scopes[s.key]
		switch {
		case !is:
		case !at.forget.After(now):
			delete(h.scopes, s.key)
		case at.next.After(now):
			h.giveBackLocked(turns)
			return nil, at.next.Sub(now), s.kind
		default:
			at.next = now.Add(s.rule.Delay)
			h.scopes[s.key] = at
			turns = append(turns, turn{s.key, at.next})
		}
	}
	return turns, 0, ""
}

// has reports whether a scope is hot.
func (h *hot) has(key store.Digest, now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.scopes[key].forget.After(now)
}

// giveBack gives back turns that were not used for a failure.
func (h *hot) giveBack(turns []turn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.giveBackLocked(turns)
}

func (h *hot) giveBackLocked(turns []turn) {
	for _, t := range turns {
		if at, is := h.scopes[t.key]; is && at.next.Equal(t.at) {
			at.next = time.Time{}
			h.scopes[t.key] = at
		}
	}
}

// block remembers a scope in which too much failed, and reports whether that is new.
func (h *hot) block(s scope, now time.Time, wait time.Duration) (fresh bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	was, is := h.scopes[s.key]
	if !is && len(h.scopes) >= maxHot {
		h.makeRoom(now)
	}
	if h.scopes == nil {
		h.scopes = make(map[store.Digest]hotScope)
	}
	h.scopes[s.key] = hotScope{next: now.Add(wait), forget: now.Add(s.rule.Forget)}
	return !is || !was.forget.After(now)
}

// makeRoom drops the scopes whose time is over or, if there are none, the one that is
// forgotten next.
func (h *hot) makeRoom(now time.Time) {
	var oldest store.Digest
	var first time.Time
	for key, at := range h.scopes {
		if !at.forget.After(now) {
			delete(h.scopes, key)
		} else if first.IsZero() || at.forget.Before(first) {
			oldest, first = key, at.forget
		}
	}
	if len(h.scopes) >= maxHot {
		delete(h.scopes, oldest)
	}
}
