package password

import (
	"container/list"
	"context"
	"errors"
	"sync"
)

// errFull says that a queue has no room for another caller.
var errFull = errors.New("the queue is full")

// A queue hands out slots. A caller that finds none free joins the others of its network,
// and the networks are served in turn: however many callers one network sends, a caller
// of another network waits for one of them at most. The room is shared likewise: once it
// is used up, a caller whose network has less than its share takes the place of the last
// caller of a network that has more.
type queue struct {
	mu      sync.Mutex
	free    int64
	room    int // callers that may wait
	waiting int
	lines   map[string]*line
	turns   *list.List // of *line; the one whose turn is next comes first
}

// A line holds the waiting callers of one network, and is never empty.
type line struct {
	network string
	callers *list.List    // of *caller
	turn    *list.Element // in turns
}

// A caller waits for slots. Its verdict is nil when it gets them.
type caller struct {
	slots   int64
	verdict chan error
}

func newQueue(slots int64, room int) *queue {
	return &queue{free: slots, room: room, lines: map[string]*line{}, turns: list.New()}
}

// acquire waits for slots. It returns errFull if the caller may not wait, or the error of
// ctx.
func (q *queue) acquire(ctx context.Context, network string, slots int64) error {
	q.mu.Lock()
	if q.waiting == 0 && q.free >= slots {
		q.free -= slots
		q.mu.Unlock()
		return nil
	}
	if !q.admits(network) {
		q.mu.Unlock()
		return errFull
	}
	if q.waiting >= q.room {
		q.evict()
	}
	l, me := q.join(network, slots)
	q.mu.Unlock()
	verdict := me.Value.(*caller).verdict
	select {
	case err := <-verdict:
		return err
	case <-ctx.Done():
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	select {
	case err := <-verdict: // decided at the last moment
		return err
	default:
		q.leave(l, me)
		q.serve() // what this caller was too large for may be enough for the next
		return ctx.Err()
	}
}

// full reports whether a caller would be turned away at once.
func (q *queue) full(network string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return (q.waiting > 0 || q.free <= 0) && !q.admits(network)
}

// admits reports whether a caller of the network may wait: there is room, or its network
// has less than its share of it.
func (q *queue) admits(network string) bool {
	if q.waiting < q.room {
		return true
	}
	mine, others := 0, len(q.lines)
	if l := q.lines[network]; l != nil {
		mine, others = l.callers.Len(), others-1
	}
	return (mine+1)*(others+1) <= q.room
}

// evict turns away the last caller of the longest line.
func (q *queue) evict() {
	var longest *line
	for _, l := range q.lines {
		if longest == nil || l.callers.Len() > longest.callers.Len() {
			longest = l
		}
	}
	last := longest.callers.Back()
	last.Value.(*caller).verdict <- errFull
	q.leave(longest, last)
}

func (q *queue) join(network string, slots int64) (*line, *list.Element) {
	l := q.lines[network]
	if l == nil {
		l = &line{network: network, callers: list.New()}
		l.turn = q.turns.PushBack(l)
		q.lines[network] = l
	}
	q.waiting++
	return l, l.callers.PushBack(&caller{slots, make(chan error, 1)})
}

// leave removes a caller from its line, and the line itself when it is empty.
func (q *queue) leave(l *line, who *list.Element) {
	l.callers.Remove(who)
	q.waiting--
	if l.callers.Len() == 0 {
		q.turns.Remove(l.turn)
		delete(q.lines, l.network)
	}
}

func (q *queue) release(slots int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.free += slots
	q.serve()
}

// serve gives the free slots to the first callers of the next lines. A caller that needs
// more of them than are free is not overtaken, or it would wait for ever.
func (q *queue) serve() {
	for next := q.turns.Front(); next != nil; next = q.turns.Front() {
		l := next.Value.(*line)
		first := l.callers.Front()
		who := first.Value.(*caller)
		if q.free < who.slots {
			return
		}
		q.free -= who.slots
		who.verdict <- nil
		q.turns.MoveToBack(next)
		q.leave(l, first)
	}
}

// length returns how many callers wait.
func (q *queue) length() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.waiting
}
