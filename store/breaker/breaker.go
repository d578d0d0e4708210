// Package breaker keeps requests from piling up behind a back-end that hangs.
//
// After several time-outs in a row, the breaker sends the back-end a small probe. If
// the probe hangs, too, every request is refused at once until an answer comes. If it
// is answered, only a statement, a lock or a pool is slow, and other requests are not
// refused for that. The probes are the breaker's own, so no caller has to hang for one.
package breaker

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

const (
	// tolerated is how many time-outs in a row make the breaker send a probe.
	tolerated = 5
	// pause is how long the breaker waits after the first probe that hangs.
	pause = 250 * time.Millisecond
)

// Options describe the back-end.
type Options struct {
	// Name is the back-end's name, for the log.
	Name string
	// Hangs sends the probe, on a connection that callers cannot have used up, and
	// reports whether ctx ended before an answer came. A refusal is an answer.
	Hangs func(ctx context.Context) bool
	// Timeout is how long an answer may take.
	Timeout time.Duration
	// LongestPause bounds the pause between two probes, which doubles each time; 0: it
	// stays the same. MySQL locks out a host that breaks off too many connections
	// (max_connect_errors).
	LongestPause time.Duration
	Log          *slog.Logger
}

// A Breaker is closed, and admits requests, until its back-end hangs.
type Breaker struct {
	options Options
	ctx     context.Context // ends with Close
	cancel  context.CancelFunc
	wg      sync.WaitGroup

	mu       sync.Mutex
	timeouts int  // in a row
	asking   bool // probing
	open     bool
}

// New returns a closed breaker, which admits requests. The caller ends it with Close.
func New(o Options) *Breaker {
	b := &Breaker{options: o}
	b.ctx, b.cancel = context.WithCancel(context.Background())
	return b
}

// Close ends the probes and waits for them.
func (b *Breaker) Close() error {
	b.mu.Lock()
	b.cancel()
	b.mu.Unlock()
	b.wg.Wait()
	return nil
}

// Open reports whether requests must be refused at once.
func (b *Breaker) Open() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.open
}

// A Verdict says how a request went.
type Verdict int

// The verdicts.
const (
	Answered  Verdict = iota // the back-end answered, or refused fast
	Hung                     // the request timed out
	Abandoned                // the caller went away, so the outcome is unknown
)

// Report receives the verdict on an admitted request. One answer cancels all time-outs
// before it.
func (b *Breaker) Report(v Verdict) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch v {
	case Abandoned:
	case Answered:
		b.timeouts = 0
		b.set(false)
	case Hung:
		b.timeouts++
		if b.timeouts >= tolerated && !b.asking && b.ctx.Err() == nil {
			b.asking = true
			b.wg.Go(b.ask)
		}
	}
}

// ask probes until an answer comes.
func (b *Breaker) ask() {
	for wait := pause; b.hangs(); wait = min(2*wait, max(pause, b.options.LongestPause)) {
		select {
		case <-b.ctx.Done():
		case <-time.After(wait):
		}
	}
}

// hangs probes once and reports whether to probe again.
func (b *Breaker) hangs() bool {
	ctx, cancel := context.WithTimeout(b.ctx, b.options.Timeout)
	defer cancel()
	hangs := b.options.Hangs(ctx)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ctx.Err() != nil {
		hangs = false
	}
	b.set(hangs)
	if !hangs {
		b.timeouts, b.asking = 0, false
	}
	return hangs
}

// set opens or closes the breaker. The caller holds the lock.
func (b *Breaker) set(open bool) {
	switch {
	case open && !b.open:
		b.options.Log.Error("a back-end hangs; requests that need it are refused until it answers", "backend", b.options.Name)
	case !open && b.open:
		b.options.Log.Warn("a back-end that hung answers again", "backend", b.options.Name)
	}
	b.open = open
}
