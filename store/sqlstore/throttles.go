package sqlstore

import (
	"context"
	"time"

	"gorm.io/gorm"

	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

// Throttles counts tries in a table.
func (d *DB) Throttles() store.Throttles { return throttles{d} }

type throttles struct{ db *DB }

// A throttleRow holds the tries of a key: how many were counted, when the last one
// was, and when they are all forgotten.
type throttleRow struct {
	Digest   []byte
	Tries    int64
	LastAt   int64
	ForgetAt int64
}

// Take implements store.Throttles. It reads the row and changes it only if it is still
// as it was read; otherwise it starts again. Each round lets one caller pass, so a few
// rounds are enough.
func (t throttles) Take(ctx context.Context, key store.Digest, r store.Rule) (decision store.Decision, err error) {
	err = t.db.Pass(ctx, func(db *gorm.DB) error {
		for {
			was, now, err := t.look(db, key)
			if err != nil {
				return err
			}
			if wait := was.wait(r, now); wait > 0 {
				decision = store.Decision{RetryAfter: wait}
				return nil
			}
			counted, err := was.count(db, r, now)
			if err != nil || counted {
				decision = store.Decision{Allowed: err == nil}
				return err
			}
		}
	})
	return decision, err
}

// look reads the row, and the clock by which to judge it. ForgetAt is 0 if the row does
// not exist.
func (t throttles) look(db *gorm.DB, key store.Digest) (was throttleRow, now int64, err error) {
	clock, args := t.db.ClockSQL()
	query := "SELECT COALESCE(t.tries, 0), COALESCE(t.last_at, 0), COALESCE(t.forget_at, 0), " + clock +
		" FROM (SELECT 1) AS one LEFT JOIN throttles t ON t.digest = ?"
	was.Digest = key[:]
	err = engine.Row(db, query, append(args, blob(key[:])), &was.Tries, &was.LastAt, &was.ForgetAt, &now)
	return was, now, err
}

// wait returns how long a try at now must wait. It measures the distance from the last
// try in both directions, so that no caller waits for a clock that was set back.
func (w throttleRow) wait(r store.Rule, now int64) time.Duration {
	if w.ForgetAt <= now {
		return 0
	}
	wait := r.DelayAfter(w.Tries) - time.Duration(max(now-w.LastAt, w.LastAt-now))*time.Millisecond
	return min(wait, time.Duration(w.ForgetAt-now)*time.Millisecond)
}

// count counts a try. It reports false if another caller was faster.
func (w throttleRow) count(db *gorm.DB, r store.Rule, now int64) (bool, error) {
	forget := now + max(r.Forget.Milliseconds(), 1)
	var n int64
	var err error
	switch {
	case w.ForgetAt == 0:
		n, err = engine.Exec(db, "INSERT INTO throttles (digest, tries, last_at, prev_at, forget_at) VALUES (?, 1, ?, 0, ?)", blob(w.Digest), now, forget)
		if engine.Duplicate(err) {
			return false, nil
		}
	case w.ForgetAt > now && w.Tries < int64(r.Free):
		// Concurrent free tries may all count, as long as one is left for each.
		n, err = engine.Exec(db, "UPDATE throttles SET tries = tries + 1, prev_at = last_at, last_at = ?, forget_at = ?"+
			" WHERE digest = ? AND tries < ? AND forget_at > ?", now, forget, blob(w.Digest), r.Free, now)
	default:
		tries := w.Tries + 1
		if w.ForgetAt <= now {
			tries = 1
		}
		n, err = engine.Exec(db, "UPDATE throttles SET tries = ?, prev_at = last_at, last_at = ?, forget_at = ?"+
			" WHERE digest = ? AND tries = ? AND last_at = ? AND forget_at = ?",
			tries, now, forget, blob(w.Digest), w.Tries, w.LastAt, w.ForgetAt)
	}
	return n == 1, err
}

// Clear implements store.Throttles.
func (t throttles) Clear(ctx context.Context, key store.Digest) error {
	return t.db.Pass(ctx, func(db *gorm.DB) error {
		return db.Exec("DELETE FROM throttles WHERE digest = ?", blob(key[:])).Error
	})
}

// Refund implements store.Throttles. The delay counts from the previous try again.
func (t throttles) Refund(ctx context.Context, key store.Digest) error {
	return t.db.Pass(ctx, func(db *gorm.DB) error {
		n, err := engine.Exec(db, "UPDATE throttles SET tries = tries - 1, last_at = prev_at WHERE digest = ? AND tries > 1", blob(key[:]))
		if err != nil || n == 1 {
			return err
		}
		return db.Exec("DELETE FROM throttles WHERE digest = ? AND tries <= 1", blob(key[:])).Error
	})
}

// SweepThrottles implements store.Throttles.
func (t throttles) SweepThrottles(ctx context.Context, n int) (int64, error) {
	var now int64
	err := t.db.Read(ctx, func(db *gorm.DB) error {
		clock, args := t.db.ClockSQL()
		return engine.Row(db, "SELECT "+clock, args, &now)
	})
	if err != nil {
		return 0, err
	}
	return t.db.Sweep(ctx, "throttles", "digest", "forget_at <= ?", n, now)
}
