package sqlstore

import (
	"context"
	"time"

	"gorm.io/gorm"

	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

// epochBegan is when the last epoch began, as a part of a query. It costs little: the
// end of an index of a few numbers, read once in each query.
const epochBegan = "(SELECT COALESCE(MAX(began_at), 0) FROM epochs)"

// overtaken returns when something issued then has ended: at ended, or, if that is
// zero, when a later epoch began.
func overtaken(issued, ended, epoch time.Time) (end time.Time, byEpoch bool) {
	if ended.IsZero() && issued.Before(epoch) {
		return epoch, true
	}
	return ended, false
}

// Epoch implements store.Epochs.
func (d *DB) Epoch(ctx context.Context) (time.Time, error) {
	var began int64
	err := d.Read(ctx, func(db *gorm.DB) error { return engine.Row(db, "SELECT "+epochBegan, nil, &began) })
	return instant(began), err
}

// BeginEpoch implements store.EpochTx. An epoch begins in the millisecond after
// the last thing that it ends.
func (t *tx) BeginEpoch(at time.Time) (began time.Time, err error) {
	err = t.Do(func(db *gorm.DB) error {
		epoch := millis(at)
		if t.Dialect.Now != "" {
			var there int64
			if err := engine.Row(db, "SELECT "+t.Dialect.Now, nil, &there); err != nil {
				return err
			}
			epoch = max(epoch, there)
		}
		epoch++
		err := db.Exec("INSERT INTO epochs (began_at) VALUES (?)", epoch).Error
		if err != nil && !engine.Duplicate(err) {
			return err
		}
		if err := engine.Row(db, "SELECT "+epochBegan, nil, &epoch); err != nil {
			return err
		}
		began = instant(epoch)
		// Neither of these records says when it was issued, and few of them are still valid.
		if err := db.Exec("DELETE FROM pushed_requests WHERE expires_at >= ?", millis(at)).Error; err != nil {
			return err
		}
		for _, links := range []string{"bootstrap_links", "registration_tokens", "mails"} {
			if err := db.Exec("DELETE FROM " + links).Error; err != nil {
				return err
			}
		}
		return nil
	})
	return began, err
}

// farAhead is more than the clocks of two machines differ, even where each is compared
// only with a third.
const farAhead = 5 * time.Minute

// EndOutdated implements store.Epochs. Each kind has its own transaction, so that nobody
// waits for long. Rows dated in the future are outdated, too: a clock was wrong, and they
// would outlive the epoch.
func (d *DB) EndOutdated(ctx context.Context, at time.Time, n int) (ended int64, err error) {
	epoch, err := d.Epoch(ctx)
	if err != nil || epoch.IsZero() {
		return 0, err
	}
	n = min(n, engine.SweepMax)
	issued := []any{millis(epoch), max(millis(epoch), millis(at)) + farAhead.Milliseconds()}
	const outdated, made = "(auth_time < ? OR auth_time > ?)", "(created_at < ? OR created_at > ?)"
	for _, do := range []func(*gorm.DB) (int64, error){
		func(db *gorm.DB) (int64, error) {
			ids, err := endSome(db, d.Dialect, store.PendingEnd{End: store.End{Reason: store.EndedEpoch}}, at, n, outdated, issued)
			return int64(len(ids)), err
		},
		chore{"browser_sessions", "id", "ended_at = ?", []any{millis(at)}, "ended_at = 0 AND " + outdated, issued}.upTo(n),
		chore{"auth_codes", "digest", "", nil, "used_at = 0 AND " + outdated, issued}.upTo(n),
		chore{"device_grants", "device_digest", "", nil, made, issued}.upTo(n),
	} {
		some := int64(0)
		err := d.write(ctx, func(t *tx) error {
			return t.Do(func(db *gorm.DB) (err error) {
				some, err = do(db)
				return err
			})
		})
		ended += some
		if err != nil {
			return ended, err
		}
	}
	return ended, nil
}
