// Package sweep deletes expired rows, a few at a time, so that tables stay bounded and no
// delete holds a lock for long. Nothing depends on its punctuality, because every reader
// of a row checks its expiry.
package sweep

import (
	"context"
	"log/slog"
	"time"
)

// batch is how many rows one statement may delete. After a full batch, the sweeper pauses
// for ease times as long as the batch took, but at least for rest, and so leaves the
// database to others, above all if it is slow already.
const (
	batch = 500
	rest  = 50 * time.Millisecond
	ease  = 3
)

// A Table is something to sweep.
type Table struct {
	Name string
	// Sweep deletes at most n rows that had expired at now, and returns how many.
	Sweep func(ctx context.Context, now time.Time, n int) (int64, error)
}

// DefaultEvery is short enough that little gathers on a busy server, and costs an idle one
// nothing.
const DefaultEvery = time.Minute

// A Sweeper sweeps its tables repeatedly. Any number of replicas may run one.
type Sweeper struct {
	Tables []Table
	// Every is the pause between two rounds (DefaultEvery).
	Every time.Duration
	Now   func() time.Time
	// Alone runs f unless another replica is sweeping, for example by a lock of the
	// database. It only saves work: a row is deleted once, however many replicas sweep.
	Alone func(ctx context.Context, f func(context.Context)) error
	// Done is called when a table has nothing left to sweep, with the time of that.
	Done func(table string, at time.Time)
	// Swept is called after every batch.
	Swept func(table string, rows int64)
	Log   *slog.Logger
}

// Run sweeps until ctx ends.
func (s *Sweeper) Run(ctx context.Context) {
	tick := time.NewTicker(s.Every)
	defer tick.Stop()
	for {
		if err := s.Alone(ctx, s.round); err != nil && ctx.Err() == nil {
			s.Log.Warn("sweeping did not start; trying again later", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// round sweeps all tables once.
func (s *Sweeper) round(ctx context.Context) {
	for _, t := range s.Tables {
		s.sweep(ctx, t)
	}
}

// sweep deletes the expired rows of one table, batch by batch.
func (s *Sweeper) sweep(ctx context.Context, t Table) {
	for ctx.Err() == nil {
		begun := s.Now()
		n, err := t.Sweep(ctx, begun, batch)
		if err != nil {
			s.Log.Warn("sweeping failed; trying again later", "table", t.Name, "error", err)
			return
		}
		s.Swept(t.Name, n)
		if n < batch {
			s.Done(t.Name, begun)
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(max(rest, ease*s.Now().Sub(begun))):
		}
	}
}
