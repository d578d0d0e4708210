package throttle

import (
	"context"
	"sync"
	"time"

	"gatehouse/store"
)

const (
	// maxKeys bounds a memory's counts to about 15 MiB.
	maxKeys = 100_000
	// sampled is how many counts are compared to find one to drop.
	sampled = 24
)

// A memory implements store.Throttles in this process.
type memory struct {
	now func() time.Time
	max int

	mu     sync.Mutex
	counts map[store.Digest]count
}

// A count holds the tries of one key.
type count struct {
	tries              int64
	last, prev, forget time.Time
}

// NewMemory returns a bounded store.Throttles in the memory of this process.
func NewMemory(now func() time.Time) store.Throttles {
	return &memory{now: now, max: maxKeys, counts: make(map[store.Digest]count)}
}

// Take implements store.Throttles.
func (m *memory) Take(ctx context.Context, key store.Digest, r store.Rule) (store.Decision, error) {
	if err := ctx.Err(); err != nil {
		return store.Decision{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	c, known := m.counts[key]
	if known && !c.forget.After(now) {
		c = count{}
	}
	if c.last.After(now) { // the clock was set back; callers must not wait for it to catch up
		c.last = now
		m.counts[key] = c
	}
	if wait := c.last.Add(r.DelayAfter(c.tries)).Sub(now); c.tries > 0 && wait > 0 {
		return store.Decision{RetryAfter: min(wait, c.forget.Sub(now))}, nil
	}
	if !known {
		m.makeRoom(now)
	}
	m.counts[key] = count{tries: c.tries + 1, last: now, prev: c.last, forget: now.Add(r.Forget)}
	return store.Decision{Allowed: true}, nil
}

// makeRoom makes room for one key. It samples a few keys, wherever the map begins this
// time, and drops those whose time is over. If that does not make room, it drops the one
// with the fewest tries. So an attacker who wants a key under attack to be dropped has to
// fill the memory with keys that were tried as often.
func (m *memory) makeRoom(now time.Time) {
	var weakest store.Digest
	var least count
	looked := 0
	for key, c := range m.counts {
		if looked++; looked > sampled {
			break
		}
		switch {
		case !c.forget.After(now):
			delete(m.counts, key)
		case least.tries == 0 || c.tries < least.tries || c.tries == least.tries && c.last.Before(least.last):
			weakest, least = key, c
		}
	}
	if len(m.counts) >= m.max {
		delete(m.counts, weakest)
	}
}

// Clear implements store.Throttles.
func (m *memory) Clear(_ context.Context, key store.Digest) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.counts, key)
	return nil
}

// Refund implements store.Throttles.
func (m *memory) Refund(_ context.Context, key store.Digest) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	c, known := m.counts[key]
	if known && c.tries > 1 {
		c.tries, c.last = c.tries-1, c.prev
		m.counts[key] = c
		return nil
	}
	delete(m.counts, key)
	return nil
}

// SweepThrottles implements store.Throttles.
func (m *memory) SweepThrottles(_ context.Context, n int) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now, swept := m.now(), 0
	for key, c := range m.counts {
		if swept == n {
			break
		}
		if !c.forget.After(now) {
			delete(m.counts, key)
			swept++
		}
	}
	return int64(swept), nil
}
