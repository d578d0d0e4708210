// Package sweep deletes what has had its time, a little at a time, so that tables
// stay bounded and no delete holds a lock for long. Nothing depends on it being
// punctual: expiry is judged wherever a row is read.
package sweep

import (
	"context"
	"log/slog"
	"time"
)

// batch is how many rows one statement may delete; rest is the pause after a
// full batch, in which others have the database to themselves.
const (
	batch = 500
	rest  = 50 * time.Millisecond
)

// A Table is something to sweep.
type Table struct {
	Name string
	// Sweep deletes at most n rows whose time was over at now, and says how many.
	Sweep func(ctx context.Context, now time.Time, n int) (int64, error)
}

// A Sweeper goes over its tables again and again. Any number of replicas may.
type Sweeper struct {
	Tables []Table
	Every  time.Duration
	Now    func() time.Time
	// Swept is told of every batch.
	Swept func(table string, rows int64)
	Log   *slog.Logger
}

// Run sweeps until ctx ends.
func (s *Sweeper) Run(ctx context.Context) {
	tick := time.NewTicker(s.Every)
	defer tick.Stop()
	for {
		for _, t := range s.Tables {
			s.sweep(ctx, t)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// sweep empties one table of what is over, batch by batch.
func (s *Sweeper) sweep(ctx context.Context, t Table) {
	for ctx.Err() == nil {
		n, err := t.Sweep(ctx, s.Now(), batch)
		if err != nil {
			s.Log.Warn("sweeping failed; trying again later", "table", t.Name, "error", err)
			return
		}
		s.Swept(t.Name, n)
		if n < batch {
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(rest):
		}
	}
}
