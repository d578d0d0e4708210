package account

import (
	"context"
	"slices"
	"sync"
	"time"

	"gatehouse/internal/password"
)

// turns lets those who want the same name come one after the other, so that of
// many who sign up with it at once one has a password hashed, and the rest learn
// that the name is taken. It saves work; that a name is given once is for the
// record's unique index to see to, here and at other replicas.
type turns struct {
	mu      sync.Mutex
	names   map[string]*turn
	waiting int // at all names
}

// MaxTurns is how many may wait for a turn. Others are turned away at once, so that a
// crowd at one name cannot fill the server with those who wait.
const MaxTurns = 64

// patience is how long somebody waits for a turn at most.
const patience = 2 * time.Second

type turn struct {
	held    chan struct{} // holds one
	waiting int
}

// wait waits for a turn at all the names, and returns what ends it.
func (t *turns) wait(ctx context.Context, names ...string) (end func(), err error) {
	slices.Sort(names) // two that want the same two do not wait for each other
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

// hold reports whether the turn came, at once or in time.
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

// queue adds n to those who wait, and reports whether there is room for them.
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
