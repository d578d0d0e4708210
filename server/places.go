package server

import (
	"container/list"
	"context"
	"fmt"
	"net/netip"
	"runtime"
	"sync"
	"time"

	"gatehouse/handlers"
	"gatehouse/internal/reqctx"
)

// places are acquired by requests, one each. A request that finds no free place queues
// with the others of its network, and the queues are served in turn: however many
// requests one network sends, a request of another network waits for one of them at
// most. If all requests come from one network, as behind a proxy that is not trusted,
// there is one queue.
type places struct {
	mu    sync.Mutex
	free  int // 0 while a request waits
	lines map[netip.Prefix]*queue
	turns *list.List // of *queue; the one whose turn is next comes first
}

// A queue holds the waiting requests of one network, and is never empty.
type queue struct {
	network netip.Prefix
	waiting *list.List    // of chan struct{}, each closed when its request gets a place
	turn    *list.Element // in turns
}

// Places returns how many requests are processed at once. Each core completes
// placesPerCore of them in a fraction of a second; waiting is how many more may wait
// for a password hash or for the lock on a name, because they use no processor time.
func Places(waiting int) int {
	const placesPerCore = 64
	return placesPerCore*runtime.GOMAXPROCS(0) + waiting
}

func newPlaces(n int) *places {
	return &places{free: n, lines: map[netip.Prefix]*queue{}, turns: list.New()}
}

// acquire waits for a place, for patience at most, and then returns
// [handlers.ErrBusy]. A request whose context has ended gets no place.
func (p *places) acquire(ctx context.Context, patience time.Duration) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("asking for a place: %w", err)
	}
	p.mu.Lock()
	if p.free > 0 {
		p.free--
		p.mu.Unlock()
		return nil
	}
	l, me := p.join(reqctx.From(ctx).Network())
	p.mu.Unlock()
	enough := time.NewTimer(patience)
	defer enough.Stop()
	select {
	case <-me.Value.(chan struct{}):
		return nil
	case <-ctx.Done():
		return p.giveUp(l, me, fmt.Errorf("waiting for a place: %w", ctx.Err()))
	case <-enough.C:
		return p.giveUp(l, me, handlers.ErrBusy)
	}
}

// join adds a request to the queue of its network.
func (p *places) join(network netip.Prefix) (*queue, *list.Element) {
	l := p.lines[network]
	if l == nil {
		l = &queue{network: network, waiting: list.New()}
		l.turn = p.turns.PushBack(l)
		p.lines[network] = l
	}
	return l, l.waiting.PushBack(make(chan struct{}))
}

// giveUp leaves the queue and returns why, or returns nil if a place was just assigned.
func (p *places) giveUp(l *queue, me *list.Element, why error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-me.Value.(chan struct{}):
		return nil
	default:
		p.leave(l, me)
		return why
	}
}

// leave removes a request from its queue, and the queue itself when it is empty.
func (p *places) leave(l *queue, who *list.Element) {
	l.waiting.Remove(who)
	if l.waiting.Len() == 0 {
		p.turns.Remove(l.turn)
		delete(p.lines, l.network)
	}
}

// release hands the place to the first request of the next queue.
func (p *places) release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	next := p.turns.Front()
	if next == nil {
		p.free++
		return
	}
	l := next.Value.(*queue)
	first := l.waiting.Front()
	close(first.Value.(chan struct{}))
	p.turns.MoveToBack(next)
	p.leave(l, first)
}
