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

// places are taken by requests, one each. Who finds none stands in the line of his
// network, and the lines are served in turn: a network that asks for thousands makes
// one of another wait for one of its own at most. Where all are of one network, as
// behind a proxy that is not trusted, there is one line.
type places struct {
	mu    sync.Mutex
	free  int // none while somebody waits
	lines map[netip.Prefix]*queue
	turns *list.List // of *queue; whose turn is next first
}

// A queue is the line of one network, and never empty.
type queue struct {
	network netip.Prefix
	waiting *list.List    // of chan struct{}, which are closed when a place is there
	turn    *list.Element // in turns
}

// Places is how many requests are worked on at once. Each core gets through placesPerCore
// of them in a fraction of a second; beside those, there is room for all that wait for a
// password to be hashed or for a name, because they hold up nobody.
func Places(waiting int) int {
	const placesPerCore = 64
	return placesPerCore*runtime.GOMAXPROCS(0) + waiting
}

func newPlaces(n int) *places {
	return &places{free: n, lines: map[netip.Prefix]*queue{}, turns: list.New()}
}

// take waits for a place, for so long at most, after which it returns
// [handlers.ErrBusy]. Whoever is gone already takes none.
func (p *places) take(ctx context.Context, patience time.Duration) error {
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

// join puts one more into the line of the network.
func (p *places) join(network netip.Prefix) (*queue, *list.Element) {
	l := p.lines[network]
	if l == nil {
		l = &queue{network: network, waiting: list.New()}
		l.turn = p.turns.PushBack(l)
		p.lines[network] = l
	}
	return l, l.waiting.PushBack(make(chan struct{}))
}

// giveUp leaves the line and returns why, or nil if the place came just now.
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

// leave takes one out of a line, which ends with its last.
func (p *places) leave(l *queue, who *list.Element) {
	l.waiting.Remove(who)
	if l.waiting.Len() == 0 {
		p.turns.Remove(l.turn)
		delete(p.lines, l.network)
	}
}

// giveBack gives a place to the first of the next line.
func (p *places) giveBack() {
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
