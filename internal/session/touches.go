package session

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"gatehouse/internal/clock"
	"gatehouse/store"
)

// DefaultGather is how long touches are gathered before they are written. If Redis is lost
// meanwhile, or this process is killed, the record is behind by as much.
const DefaultGather = 250 * time.Millisecond

// DefaultWaiting bounds the touches that wait, at some 400 bytes each. A refresh beyond it
// writes its own, as every one would without Touches.
const DefaultWaiting = 10_000

// The results of writing touches, for metrics.
const (
	touchWritten = "written"
	touchFailed  = "failed" // it is tried again
	touchLost    = "lost"
)

// Touches writes the touches of many sessions together, off the path of the requests.
type Touches struct {
	// Record writes at most store.MaxTouches of them (store.Sessions).
	Record func(ctx context.Context, touches ...store.SessionTouch) error
	// Every is how often they are written (DefaultGather).
	Every time.Duration
	// Most is how many may wait (DefaultWaiting).
	Most int
	// Observe is called with a result and its number of touches.
	Observe func(result string, n int)
	Log     *slog.Logger

	mu      sync.Mutex
	waiting map[string]store.SessionTouch
	failing bool // whether the last write failed; only Write has it
}

// add lets a touch wait to be written, unless too many do. Of one session the latest counts.
func (t *Touches) add(touch store.SessionTouch) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, waits := t.waiting[touch.ID]; !waits && len(t.waiting) >= t.Most {
		return false
	}
	t.put(touch)
	return true
}

func (t *Touches) put(touch store.SessionTouch) {
	if t.waiting == nil {
		t.waiting = map[string]store.SessionTouch{}
	}
	if before, waits := t.waiting[touch.ID]; !waits || before.Rotation.Gen < touch.Rotation.Gen {
		t.waiting[touch.ID] = touch
	}
}

// Run writes touches until ctx ends, and then those that are left.
func (t *Touches) Run(ctx context.Context) {
	clock.Repeat(ctx, t.Every, t.Write)
	if left := t.take(); len(left) > 0 {
		t.lose(context.WithoutCancel(ctx), left, errors.New("the process ends"))
	}
}

// Write writes what waits. What the database could not take waits for the next time. One
// caller writes at a time.
func (t *Touches) Write(ctx context.Context) {
	var late []store.SessionTouch
	var cause error
	for some := range slices.Chunk(t.take(), store.MaxTouches) {
		left, err := t.write(ctx, some)
		late, cause = append(late, left...), cmp.Or(err, cause)
	}
	t.putBack(late)
	if cause != nil && !t.failing {
		t.Log.WarnContext(ctx, "the last uses of sessions were not noted; trying again until they are", "number", len(late), "error", cause)
	}
	if cause == nil && t.failing {
		t.Log.InfoContext(ctx, "the last uses of sessions are noted again")
	}
	t.failing = cause != nil
}

// write writes some touches, and returns those that must wait. If the database refuses one
// of them, that one is lost: it would keep the others from being written for ever.
func (t *Touches) write(ctx context.Context, some []store.SessionTouch) (late []store.SessionTouch, err error) {
	err = t.Record(ctx, some...)
	switch {
	case err == nil:
		t.Observe(touchWritten, len(some))
		return nil, nil
	case errors.Is(err, store.ErrUnavailable) || ctx.Err() != nil:
		t.Observe(touchFailed, len(some))
		return some, err
	case len(some) == 1:
		t.lose(ctx, some, err)
		return nil, nil
	}
	half := len(some) / 2
	late, err = t.write(ctx, some[:half])
	others, otherErr := t.write(ctx, some[half:])
	return append(slices.Clip(late), others...), cmp.Or(err, otherErr)
}

func (t *Touches) take() []store.SessionTouch {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := slices.Collect(maps.Values(t.waiting))
	t.waiting = nil
	return all
}

// putBack lets touches wait again, however many there are: at most twice Most.
func (t *Touches) putBack(some []store.SessionTouch) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, touch := range some {
		t.put(touch)
	}
}

func (t *Touches) lose(ctx context.Context, some []store.SessionTouch, err error) {
	t.Observe(touchLost, len(some))
	t.Log.WarnContext(ctx, "the last uses of sessions were lost", "number", len(some), "session", some[0].ID, "error", err)
}
