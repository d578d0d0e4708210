// Package sweep deletes expired rows, a few at a time, so that tables stay bounded and no
// delete holds a lock for long. Nothing depends on its punctuality, because every reader
// of a row checks its expiry.
package sweep

import (
	"cmp"
	"context"
	"log/slog"
	"time"
)

// DefaultPace is for rows that nobody waits for: each batch is one short statement.
var DefaultPace = Pace{Batch: 500, Rest: 50 * time.Millisecond, Ease: 3}

// A Pace bounds what a sweeper takes from others. After a batch of that many rows, the
// sweeper pauses for Ease times as long as the batch took, but at least for Rest, and so
// leaves the database to others, above all if it is slow already.
type Pace struct {
	Batch int
	Rest  time.Duration
	Ease  int
}

func (p Pace) after(took time.Duration) time.Duration {
	return max(p.Rest, time.Duration(p.Ease)*took)
}

// A Table is something to sweep.
type Table struct {
	Name string
	// Sweep deletes at most n rows that had expired at now, or does what else is to be
	// done with them, and returns how many.
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
	// Pace is DefaultPace if it is zero.
	Pace Pace
	Now  func() time.Time
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
	pace := cmp.Or(s.Pace, DefaultPace)
	for ctx.Err() == nil {
		begun := s.Now()
		n, err := t.Sweep(ctx, begun, pace.Batch)
		if err != nil {
			s.Log.Warn("sweeping failed; trying again later", "table", t.Name, "error", err)
			return
		}
		s.Swept(t.Name, n)
		if n < int64(pace.Batch) {
			s.Done(t.Name, begun)
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(pace.after(s.Now().Sub(begun))):
		}
	}
}
