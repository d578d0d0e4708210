// Package sweep deletes what has had its time, a little at a time, so that tables
// stay bounded and no delete holds a lock for long. Nothing depends on it being
// punctual: expiry is judged wherever a row is read.
package sweep

import (
	"context"
	"log/slog"
	"time"
)

// batch is how many rows one statement may delete; rest is the least pause after a
// full batch, in which others have the database to themselves. It is ease times as long
// as the batch took, so that a database that is slow already is not kept busy.
const (
	batch = 500
	rest  = 50 * time.Millisecond
	ease  = 3
)

// A Table is something to sweep.
type Table struct {
	Name string
	// Sweep deletes at most n rows whose time was over at now, and says how many.
	Sweep func(ctx context.Context, now time.Time, n int) (int64, error)
}

// DefaultEvery leaves little to a sweep on a busy server, and costs an idle one nothing.
const DefaultEvery = time.Minute

// A Sweeper goes over its tables again and again. Any number of replicas may.
type Sweeper struct {
	Tables []Table
	// Every is how often (DefaultEvery).
	Every time.Duration
	Now   func() time.Time
	// Alone runs f unless another replica is sweeping; for example by a lock of the database. A row is
	// deleted once however many sweep, so it only saves work.
	Alone func(ctx context.Context, f func(context.Context)) error
	// Done is told when a table has nothing more to sweep, and when that was.
	Done func(table string, at time.Time)
	// Swept is told of every batch.
	Swept func(table string, rows int64)
	Log   *slog.Logger
}

// Run sweeps until ctx ends.
func (s *Sweeper) Run(ctx context.Context) {
	tick := time.NewTicker(s.Every)
	defer tick.Stop()
	for {
		if err := s.Alone(ctx, s.round); err != nil && ctx.Err() == nil {
			s.Log.Warn("sweeping was not begun; trying again later", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// round goes over all tables once.
func (s *Sweeper) round(ctx context.Context) {
	for _, t := range s.Tables {
		s.sweep(ctx, t)
	}
}

// sweep empties one table of what is over, batch by batch.
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
