package sqlstore

import (
	"context"
	"errors"
	"slices"
	"time"

	"gorm.io/gorm"

	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

// Rotations keeps the moving part of sessions in their rows.
func (d *DB) Rotations() store.Rotations { return rotations{d} }

type rotations struct{ db *DB }

// Rotate implements store.Rotations. The UPDATE is the gate: of several callers
// with one token, the first changes the row, and the others find it changed.
//
// A presented token that is ahead of the row was issued while Redis held the moving
// part, or before the database was restored from a backup.
func (r rotations) Rotate(ctx context.Context, sid string, s store.Step) (last store.Rotation, found store.Outcome, err error) {
	err = r.db.Pass(ctx, func(db *gorm.DB) error {
		n, err := r.step(db, sid, s)
		if n == 1 {
			last, found = s.Next, store.Rotated
		}
		if err != nil || n == 1 {
			return err
		}
		last, found, err = r.judge(db, sid, s)
		return err
	})
	return last, found, err
}

func (r rotations) step(db *gorm.DB, sid string, s store.Step) (int64, error) {
	now, at := r.db.ClockSQL()
	next := s.Next
	args := rotationTable.values(&next, slices.Concat(at, at, []any{sid, s.Gen, s.JTI, ahead(s), s.Gen})...)
	return engine.Update(db, "UPDATE sessions SET "+rotationTable.set+", rotated_at = "+now+", last_used_at = "+now+
		" WHERE id = ? AND ended_at = 0 AND ((gen = ? AND jti = ?) OR (? AND gen < ?))", args...)
}

// ahead reports whether the presented token counts as the last one if the row holds
// an earlier one: s.Known must not contradict it.
func ahead(s store.Step) bool {
	return s.Gen > s.Known.Gen || s.Gen == s.Known.Gen && s.JTI == s.Known.JTI
}

// judge finds out why the step was not made.
func (r rotations) judge(db *gorm.DB, sid string, s store.Step) (store.Rotation, store.Outcome, error) {
	var last store.Rotation
	var ended, at, now int64
	clock, args := r.db.ClockSQL()
	err := engine.Row(db, "SELECT "+rotationTable.selected+", s.ended_at, s.rotated_at, "+clock+" FROM sessions s WHERE s.id = ?",
		append(args, sid), rotationTable.dest(&last, &ended, &at, &now)...)
	switch {
	case errors.Is(err, store.ErrNotFound), err == nil && ended != 0:
		return store.Rotation{}, store.Ended, nil
	case err != nil:
		return store.Rotation{}, 0, err
	}
	rotation, found := verdict(last, s, time.Duration(now-at)*time.Millisecond)
	return rotation, found, nil
}

// verdict judges by the current rotation, and how long ago it was made. It uses the
// absolute value of since: a clock that was set back must not stretch the grace.
func verdict(current store.Rotation, s store.Step, since time.Duration) (store.Rotation, store.Outcome) {
	switch {
	case current.JTI == s.Next.JTI:
		return current, store.Rotated // our own step, whose answer was lost
	case current.Gen == s.Next.Gen+1 && current.From == s.Next.JTI:
		return s.Next, store.Rotated // likewise, and another tab has refreshed since
	case current.Gen == s.Gen+1 && current.From == s.JTI && (s.Adopted || s.Grace > 0 && since.Abs() <= s.Grace):
		return current, store.Repeated
	}
	return current, store.Reused
}

// Forget implements store.Rotations. It has nothing to do: Rotate reads the row, which
// says already that the session has ended.
func (r rotations) Forget(context.Context, ...string) error { return nil }

// Current implements store.Rotations.
func (r rotations) Current(ctx context.Context, sid string, known store.Rotation) (store.Rotation, error) {
	var last store.Rotation
	err := r.db.Read(ctx, func(db *gorm.DB) error {
		return engine.Row(db, "SELECT "+rotationTable.selected+" FROM sessions s WHERE s.id = ? AND s.ended_at = 0", []any{sid}, rotationTable.dest(&last)...)
	})
	if err == nil && last.Gen < known.Gen {
		return known, nil
	}
	return last, err
}

// Ping implements store.Rotations.
func (r rotations) Ping(ctx context.Context) error { return r.db.Ping(ctx) }
