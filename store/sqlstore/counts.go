package sqlstore

import (
	"cmp"
	"slices"

	"gorm.io/gorm"

	"gatehouse/store"
)

// A class is a combination of the values by which a list of people can be filtered. Those
// of user_counts are without marks.
type class struct {
	role   store.Role
	active bool
	marks
}

// marks are whether the e-mail address is verified, and whether there is a second factor.
type marks struct{ verified, second bool }

// shards is how many rows share a class's count (migrations/*/0001).
const shards = 16

// A tally is a row of user_counts, whose change waits for the end of the transaction.
type tally struct {
	class
	shard int64
}

// count records that a class grows by n. A person is always counted in the same
// shard, so that no count falls below zero.
func (t *tx) count(id int64, c class, n int64) {
	t.counts[tally{c, id % shards}] += n
}

// writeCounts writes the counts, as the last act of the transaction, so that these
// rows are locked only for a moment. Every transaction writes them in the same order,
// so that no two wait for each other.
func (t *tx) writeCounts() error {
	var changed []tally
	for c, n := range t.counts {
		if n != 0 {
			changed = append(changed, c)
		}
	}
	slices.SortFunc(changed, compareTallies)
	return t.Do(func(db *gorm.DB) error {
		for _, c := range changed {
			err := db.Exec("UPDATE user_counts SET n = n + ? WHERE role = ? AND active = ? AND shard = ?",
				t.counts[c], c.role, c.active, c.shard).Error
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func compareTallies(a, b tally) int {
	active := 0
	switch {
	case a.active && !b.active:
		active = 1
	case b.active && !a.active:
		active = -1
	}
	return cmp.Or(cmp.Compare(a.role, b.role), active, cmp.Compare(a.shard, b.shard))
}
