// Package recovery sets things right after a database was brought back from a
// backup: it makes void what was issued before, and carries over what was taken
// from people and apps since. What is in a file and how it is put in place is
// store/sqlstore's.
package recovery

import (
	"context"
	"fmt"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/store"
)

// batch is how many rows of a kind are ended at once: a fraction of a second, in
// which others wait for no more than a few rows.
const batch = 200

// maxClockDifference is how far two clocks may be apart that say what is old.
const maxClockDifference = time.Minute

// Epochs begins epochs. Its times are those of the database, as sqlstore has them.
type Epochs struct {
	DB interface {
		EndOutdated(ctx context.Context, at time.Time, n int) (int64, error)
		Write(ctx context.Context, f func(store.Tx) error) error
	}
	// Clock is the time at the database.
	Clock func(ctx context.Context) (time.Time, error)
	Now   func() time.Time
}

// A Bump tells what became of an epoch.
type Bump struct {
	Began time.Time `json:"began"`
	// Ended counts sessions, browser sessions, codes and devices.
	Ended int64 `json:"ended"`
}

// Begin makes everything void that was issued until now: sessions, sign-ins at our
// own pages, codes, devices, links, and access tokens at our own endpoints. It
// counts as soon as the epoch is committed, everywhere; the rows are then ended in
// batches. Beginning twice at once, or again after an error, is no harm.
//
// If the error comes with a Bump whose Began is set, the epoch counts, and only
// cleaning up was not finished.
func (e *Epochs) Begin(ctx context.Context, actor string) (Bump, error) {
	if err := e.agree(ctx); err != nil {
		return Bump{}, err
	}
	var bump Bump
	err := e.DB.Write(ctx, func(tx store.Tx) (err error) {
		now := e.Now()
		if bump.Began, err = tx.BeginEpoch(now); err != nil {
			return err
		}
		event := audit.Event{Actor: actor, What: audit.EpochBegan{Began: bump.Began.Format(time.RFC3339Nano)}}
		return tx.Audit(event.Record(ctx, now))
	})
	if err != nil {
		return Bump{}, fmt.Errorf("beginning an epoch: %w", err)
	}
	bump.Ended, err = e.end(ctx)
	return bump, err
}

// agree refuses to begin an epoch by a clock that is wrong: one in the future would
// refuse everybody until then.
func (e *Epochs) agree(ctx context.Context) error {
	there, err := e.Clock(ctx)
	if err != nil {
		return fmt.Errorf("asking the database for the time: %w", err)
	}
	if difference := e.Now().Sub(there); difference.Abs() > maxClockDifference {
		return fmt.Errorf("the clock of this machine differs from the database's by %s, so it is not certain what is old; set the clocks right (NTP) and try again. Nothing was changed",
			difference.Round(time.Second))
	}
	return nil
}

// end ends row by row what the epoch has made void.
func (e *Epochs) end(ctx context.Context) (total int64, err error) {
	for {
		n, err := e.DB.EndOutdated(ctx, e.Now(), batch)
		total += n
		if err != nil || n == 0 {
			return total, err
		}
	}
}
