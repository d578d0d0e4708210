package throttle

import (
	"context"
	"sync"
	"time"

	"gatehouse/store"
)

// maxPending is how long a try waits for the verdicts on others.
const maxPending = 2 * time.Second

// pending tracks the tries that are being judged in this process, by key.
//
// A try takes its slot before the password is checked. So many right passwords that
// arrive at once, as from an app that starts, look like guessing until the first of
// them has been judged. A try that does not get a slot therefore waits for those before
// it. If one of them was right, the count is cleared and the try asks again; if all were
// wrong, it is refused as it would have been anyway. pending on its own allows nothing.
type pending struct {
	mu    sync.Mutex
	tries map[store.Digest]*tries
}

type tries struct {
	n    int
	won  chan struct{} // closed at the next success
	done chan struct{} // closed when the last one has left
}

// watch returns the tries being judged under key, or nil if there are none.
func (p *pending) watch(key store.Digest) *watching {
	p.mu.Lock()
	defer p.mu.Unlock()
	if t := p.tries[key]; t != nil {
		return &watching{t.won, t.done}
	}
	return nil
}

type watching struct{ won, done <-chan struct{} }

// success waits for a success, and reports false once none can come.
func (w *watching) success(ctx context.Context) bool {
	if w == nil {
		return false
	}
	select {
	case <-w.won:
		return true
	case <-ctx.Done():
		return false
	case <-w.done:
	}
	select {
	case <-w.won: // the last one succeeded
		return true
	default:
		return false
	}
}

func (p *pending) join(key store.Digest) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.tries == nil {
		p.tries = map[store.Digest]*tries{}
	}
	t := p.tries[key]
	if t == nil {
		t = &tries{won: make(chan struct{}), done: make(chan struct{})}
		p.tries[key] = t
	}
	t.n++
}

func (p *pending) leave(key store.Digest, succeeded bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.tries[key]
	if succeeded {
		close(t.won)
		t.won = make(chan struct{})
	}
	if t.n--; t.n == 0 {
		close(t.done)
		delete(p.tries, key)
	}
}

const (
	// lookAgain is the pause before asking again whether a try at another replica succeeded.
	lookAgain = 50 * time.Millisecond
	// maxLooking bounds how many tries wait for another replica at once.
	maxLooking = 100
)

// elsewhere reports, after lookAgain, whether to ask again for a slot. It is for a try
// while no other is being judged here, but the last free slot was taken so recently that
// another replica may be judging that try. If there is none, a guesser spends part of
// their delay waiting here, and we ask a few times more; their delays soon grow longer
// than that.
func (l *Limiter) elsewhere(ctx context.Context, d store.Decision) bool {
	taken := l.Rules.SignIn.Delay - d.RetryAfter // ago, if it was the last free one
	if taken < 0 || taken >= l.Elsewhere {
		return false
	}
	defer l.looking.Add(-1)
	if l.looking.Add(1) > maxLooking {
		return false
	}
	timer := time.NewTimer(lookAgain)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
