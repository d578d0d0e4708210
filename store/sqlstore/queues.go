package sqlstore

import (
	"time"

	"gorm.io/gorm"

	"gatehouse/store/sqlstore/engine"
)

// A queue is a table whose rows wait for a try: `next_try` is when the next one is due, and
// `tries` counts them.
type queue[R any] struct {
	name string
	*table[R]
	// claim writes into a row what claiming it has changed, and returns its ID.
	claim func(r *R, again time.Time) int64
}

// claimDue claims at most n rows that meet the condition and are due at now, those due
// longest first. It skips rows that another replica is claiming, where the database can
// skip locked rows. Elsewhere it waits for them, and then finds that they are not due.
func (q queue[R]) claimDue(db *gorm.DB, forUpdateOfFree, condition string, args []any, now, again time.Time, n int) ([]R, error) {
	claimed, err := q.all(db, "SELECT "+q.selected+" FROM "+q.name+" WHERE "+condition+"next_try <= ?"+
		" ORDER BY next_try, id LIMIT ?"+forUpdateOfFree, append(args, millis(now), min(n, engine.SweepMax))...)
	if err != nil || len(claimed) == 0 {
		return nil, err
	}
	ids := make([]int64, len(claimed))
	for i := range claimed {
		ids[i] = q.claim(&claimed[i], instant(millis(again)))
	}
	return claimed, db.Exec("UPDATE "+q.name+" SET tries = tries + 1, next_try = ? WHERE id IN ?", millis(again), ids).Error
}
