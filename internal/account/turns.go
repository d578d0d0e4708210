package account

import (
	"context"
	"slices"
	"sync"
	"time"

	"gatehouse/internal/password"
)

// turns serializes requests for the same name: of many sign-ups with it at once, one has
// its password hashed, and the others learn that the name is taken. This only saves
// work. The record's unique index makes sure that a name has one owner, across all
// replicas.
type turns struct {
	mu      sync.Mutex
	names   map[string]*turn
	waiting int // for all names
}

// MaxTurns is how many requests may wait for a turn. Further ones are refused at once, so
// that a crowd at one name cannot fill the server with waiting requests.
const MaxTurns = 64

// patience is how long a request waits for a turn at most.
const patience = 2 * time.Second

type turn struct {
	held    chan struct{} // holds one element while the turn is taken
	waiting int
}

// wait waits for a turn at all of the names, and returns a function that ends it.
func (t *turns) wait(ctx context.Context, names ...string) (end func(), err error) {
	slices.Sort(names) // so that two requests for the same two names do not deadlock
	var ends []func()
	end = func() {
		for _, e := range ends {
			e()
		}
	}
	for _, name := range slices.Compact(names) {
		one, err := t.one(ctx, name)
		if err != nil {
			end()
			return nil, err
		}
		ends = append(ends, one)
	}
	return end, nil
}

func (t *turns) one(ctx context.Context, name string) (end func(), err error) {
	w := t.join(name)
	if !w.hold(ctx, t) {
		t.leave(name)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, &password.Busy{RetryAfter: patience}
	}
	return func() {
		<-w.held
		t.leave(name)
	}, nil
}

// hold reports whether the request got its turn, at once or in time.
func (w *turn) hold(ctx context.Context, all *turns) bool {
	select {
	case w.held <- struct{}{}:
		return true
	default:
	}
	if !all.queue(1) {
		return false
	}
	defer all.queue(-1)
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case w.held <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

// queue adds n to the waiting requests, and reports whether there was room.
func (t *turns) queue(n int) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if n > 0 && t.waiting >= MaxTurns {
		return false
	}
	t.waiting += n
	return true
}

func (t *turns) join(name string) *turn {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.names == nil {
		t.names = map[string]*turn{}
	}
	w := t.names[name]
	if w == nil {
		w = &turn{held: make(chan struct{}, 1)}
		t.names[name] = w
	}
	w.waiting++
	return w
}

func (t *turns) leave(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	w := t.names[name]
	if w.waiting--; w.waiting == 0 {
		delete(t.names, name)
	}
}
