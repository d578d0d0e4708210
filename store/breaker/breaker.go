// Package breaker keeps requests from piling up behind a back-end that hangs.
//
// After some time-outs in a row it asks the back-end something small by itself. If
// that hangs too, every request is refused at once until an answer comes; if it does
// not, what is slow is a statement, a lock or a pool, and nobody else is refused
// for it. Requests of callers are never the probe, so none has to hang for it.
package breaker

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

const (
	// tolerated time-outs in a row make the breaker ask by itself.
	tolerated = 5
	// pause is how long it waits after the first question to a back-end that hangs.
	pause = 250 * time.Millisecond
)

// Options say what is watched.
type Options struct {
	// Name of the back-end, for the log.
	Name string
	// Hangs asks the back-end something small, on a connection that callers cannot
	// have used up, and reports whether there was no answer before ctx ended. A
	// refusal is an answer.
	Hangs func(ctx context.Context) bool
	// Timeout is how long an answer may take.
	Timeout time.Duration
	// LongestPause is what the pause between two questions grows to, by doubling; 0: it
	// does not. MySQL locks out a host that breaks off too many connections
	// (max_connect_errors).
	LongestPause time.Duration
	Log          *slog.Logger
}

// A Breaker is closed, and lets requests through, until its back-end hangs.
type Breaker struct {
	options Options
	ctx     context.Context // ends with Close
	cancel  context.CancelFunc
	wg      sync.WaitGroup

	mu       sync.Mutex
	timeouts int  // in a row
	asking   bool // by itself
	open     bool
}

// New returns a breaker that lets requests through. Close it.
func New(o Options) *Breaker {
	b := &Breaker{options: o}
	b.ctx, b.cancel = context.WithCancel(context.Background())
	return b
}

// Close ends its questions and waits for them.
func (b *Breaker) Close() error {
	b.mu.Lock()
	b.cancel()
	b.mu.Unlock()
	b.wg.Wait()
	return nil
}

// Open reports whether requests are to be refused at once.
func (b *Breaker) Open() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.open
}

// A Verdict says how a request went.
type Verdict int

// The verdicts.
const (
	Answered  Verdict = iota // also with a refusal: it came fast
	Hung                     // until its time was over
	Abandoned                // the caller went away: nobody knows
)

// Report takes the verdict on a request that was let through. One answer makes good
// for all time-outs before it.
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

// ask asks until there is an answer.
func (b *Breaker) ask() {
	for wait := pause; b.hangs(); wait = min(2*wait, max(pause, b.options.LongestPause)) {
		select {
		case <-b.ctx.Done():
		case <-time.After(wait):
		}
	}
}

// hangs asks once, and reports whether to ask again.
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

// set is called with the lock held.
func (b *Breaker) set(open bool) {
	switch {
	case open && !b.open:
		b.options.Log.Error("a back-end hangs; what needs it is refused until it answers", "backend", b.options.Name)
	case !open && b.open:
		b.options.Log.Warn("a back-end that hung answers again", "backend", b.options.Name)
	}
	b.open = open
}
