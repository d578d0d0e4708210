package keys

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Settled is how soon every replica that reaches the database acts on a change of the
// record, such as a retirement or a new master key.
const Settled = time.Second

const (
	// readEvery leaves half of Settled for the reading itself.
	readEvery = Settled / 2
	// keepEvery is how often the schedule is checked. A check costs nothing until a
	// key is due.
	keepEvery = time.Second
)

// Run follows the record, keeps the schedule and erases keys that are gone, until
// ctx ends. Making a key is slow and never delays the reading.
func (r *Ring) Run(ctx context.Context) error {
	defer r.Close()
	var loops sync.WaitGroup
	loops.Go(func() { r.repeat(ctx, readEvery, r.reload) })
	loops.Go(func() { r.repeat(ctx, keepEvery, r.keep) })
	loops.Wait()
	return nil
}

// Settle waits until every replica has read the record as it is now.
func Settle(ctx context.Context) error {
	select {
	case <-time.After(Settled):
		return nil
	case <-ctx.Done():
		return fmt.Errorf("waiting until every replica has read the signing keys: %w", context.Cause(ctx))
	}
}

func (r *Ring) keep(ctx context.Context) error {
	if err := r.keepSchedule(ctx); err != nil {
		return err
	}
	return r.erase(ctx)
}

// repeat calls do at once and then at intervals of every, until ctx ends. It logs
// when calls begin to fail and when they succeed again, not each failure.
func (r *Ring) repeat(ctx context.Context, every time.Duration, do func(context.Context) error) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for failing := false; ctx.Err() == nil; {
		err := do(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !failing:
			r.options.Log.ErrorContext(ctx, "key ring: continuing with the keys in memory", "error", err)
		case err == nil && failing:
			r.options.Log.InfoContext(ctx, "key ring: recovered")
		}
		failing = err != nil
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
	}
}

// makeFirst makes the first key of a new database, or uses the one that another
// process made first. It keeps trying until a key is in force.
func (r *Ring) makeFirst(ctx context.Context) {
	ctx, done := context.WithCancel(ctx)
	defer done()
	r.repeat(ctx, keepEvery, func(ctx context.Context) error {
		err := r.keepSchedule(ctx)
		if err == nil {
			done()
		}
		return err
	})
}

// erase removes keys that are gone, strictly from the oldest on: the time at which a
// key is gone depends on its successor, which therefore must not be erased before it.
func (r *Ring) erase(ctx context.Context) error {
	for _, ring := range r.current.Load().all() {
		if err := r.eraseFrom(ctx, ring); err != nil {
			return err
		}
	}
	return nil
}

func (r *Ring) eraseFrom(ctx context.Context, keys schedule) error {
	now := r.options.Now()
	for _, k := range keys {
		if k.Generation == keys.lastGeneration() || !k.erasable(now, r.options.VerifyFor) {
			return nil
		}
		if err := r.options.Store.DeleteSigningKey(ctx, k.ID); err != nil {
			return fmt.Errorf("erasing signing key %s: %w", k.ID, err)
		}
		r.options.Log.InfoContext(ctx, "key ring: erased a key that is gone", "kid", k.ID, "generation", k.Generation)
	}
	return nil
}

// erasable reports whether the key may be erased. A retired key stays on record as
// long as one that went by schedule.
func (k *key) erasable(now time.Time, verifyFor time.Duration) bool {
	if k.retired() {
		return !now.Before(k.RetiredAt.Add(verifyFor))
	}
	return k.gone(now)
}
