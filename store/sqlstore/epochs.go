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
		return db.Exec("DELETE FROM bootstrap_links").Error
	})
	return began, err
}

// EndOutdated implements store.Epochs. Each kind has its own transaction, and locked
// rows are left for the next call, so that nobody waits for long.
func (d *DB) EndOutdated(ctx context.Context, at time.Time, n int) (int64, error) {
	epoch, err := d.Epoch(ctx)
	if err != nil || epoch.IsZero() {
		return 0, err
	}
	n = min(n, engine.SweepMax)
	ended, err := d.endOutdatedSessions(ctx, millis(epoch), at, n)
	if err != nil {
		return ended, err
	}
	some, err := d.endOutdatedBrowsers(ctx, millis(epoch), at, n)
	ended += some
	if err != nil {
		return ended, err
	}
	for _, pending := range []struct{ table, key, condition string }{
		{"auth_codes", "digest", "used_at = 0 AND (auth_time < ? OR auth_time > ?)"},
		{"device_grants", "device_digest", "created_at < ? OR created_at > ?"},
	} {
		some, err := d.Sweep(ctx, pending.table, pending.key, pending.condition, n, millis(epoch), latest(millis(epoch), at))
		ended += some
		if err != nil {
			return ended, err
		}
	}
	return ended, nil
}

func (d *DB) endOutdatedSessions(ctx context.Context, epoch int64, at time.Time, n int) (int64, error) {
	var ids []string
	err := d.write(ctx, func(t *tx) error {
		return t.Do(func(db *gorm.DB) (err error) {
			ids, err = d.outdated(db, "sessions", epoch, at, n)
			if err != nil {
				return err
			}
			return markEnded(db, ids, store.EpochReason, at)
		})
	})
	return int64(len(ids)), err
}

func (d *DB) endOutdatedBrowsers(ctx context.Context, epoch int64, at time.Time, n int) (int64, error) {
	var ids []string
	err := d.write(ctx, func(t *tx) error {
		return t.Do(func(db *gorm.DB) (err error) {
			ids, err = d.outdated(db, "browser_sessions", epoch, at, n)
			if err != nil || len(ids) == 0 {
				return err
			}
			return db.Exec("UPDATE browser_sessions SET ended_at = ? WHERE id IN ?", millis(at), ids).Error
		})
	})
	return int64(len(ids)), err
}

// farAhead is more than the clocks of two machines differ, even where each is compared
// only with a third.
const farAhead = 5 * time.Minute

// latest returns the latest time at which a clock that is right can have issued
// something, in Unix milliseconds.
func latest(epoch int64, at time.Time) int64 { return max(epoch, millis(at)) + farAhead.Milliseconds() }

// outdated locks at most n living sessions of a table that are older than the epoch,
// and returns their IDs. It includes those dated in the future: a clock was wrong, and
// they would outlive the epoch.
func (d *DB) outdated(db *gorm.DB, table string, epoch int64, at time.Time, n int) (ids []string, err error) {
	find := "SELECT id FROM " + table + " WHERE ended_at = 0 AND (auth_time < ? OR auth_time > ?) LIMIT ?" + d.Dialect.ForUpdateOfFree
	err = engine.Rows(db, find, []any{epoch, latest(epoch, at), n}, func(s engine.Scanner) error {
		ids = append(ids, "")
		return s.Scan(&ids[len(ids)-1])
	})
	return ids, err
}
