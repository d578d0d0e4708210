// Package recovery repairs the content of a database that was restored from a backup. It
// makes void what was issued earlier, and takes from people and apps again what was
// taken from them after the backup. The files are left to store/sqlstore/rescue.
package recovery

import (
	"context"
	"fmt"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/store"
)

// batch is how many rows of a kind are ended in one transaction. It takes a fraction of
// a second, during which other callers wait for a few rows at most.
const batch = 200

// maxClockDifference is how much the clocks may differ that decide what is old.
const maxClockDifference = time.Minute

// Epochs begins epochs.
type Epochs struct {
	DB interface {
		EndOutdated(ctx context.Context, at time.Time, n int) (int64, error)
		Write(ctx context.Context, f func(store.Tx) error) error
	}
	// Clock returns the time by the database's clock.
	Clock func(ctx context.Context) (time.Time, error)
	Now   func() time.Time
}

// A Bump is the result of beginning an epoch.
type Bump struct {
	Began time.Time `json:"began"`
	// Ended counts sessions, browser sessions, codes and devices.
	Ended int64 `json:"ended"`
}

// Begin makes void everything issued until now: sessions, sign-ins at our own pages,
// codes, devices, links, and access tokens at our own endpoints. The epoch takes effect
// everywhere when it is committed; the rows are then ended in batches. Calling Begin
// twice at once, or again after an error, does no harm.
//
// If Begin returns an error and a Bump whose Began is set, the epoch has taken effect,
// and only the cleaning up was not finished.
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

// agree returns an error if the clocks differ too much: an epoch in the future would
// refuse everybody until then.
func (e *Epochs) agree(ctx context.Context) error {
	there, err := e.Clock(ctx)
	if err != nil {
		return fmt.Errorf("reading the database's clock: %w", err)
	}
	if difference := e.Now().Sub(there); difference.Abs() > maxClockDifference {
		return fmt.Errorf("the clock of this machine differs from the database's by %s, so what is old is uncertain; set the clocks right (NTP) and try again. Nothing was changed",
			difference.Round(time.Second))
	}
	return nil
}

// end ends, in batches, the rows that the epoch has made void.
func (e *Epochs) end(ctx context.Context) (total int64, err error) {
	for {
		n, err := e.DB.EndOutdated(ctx, e.Now(), batch)
		total += n
		if err != nil || n == 0 {
			return total, err
		}
	}
}
