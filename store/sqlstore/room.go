package sqlstore

import (
	"context"

	"gorm.io/gorm"

	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

// fewer is the condition that at most as many rows of a table match as the last argument
// says, after those of the match. It looks for one more, so that the index of the match
// bounds what it reads. Unlike a count, that needs no temporary table on MariaDB.
func fewer(table, match string) string {
	return "(SELECT 1 FROM " + table + " WHERE " + match + " LIMIT 1 OFFSET ?) IS NULL"
}

// upTo is the number of the rows that match, up to the last argument. The index of the
// match bounds what it reads to that number of entries.
func upTo(table, match string) string {
	return "(SELECT COUNT(*) FROM (SELECT 1 FROM " + table + " WHERE " + match + " LIMIT ?) AS some)"
}

// addIf inserts one record if the condition holds, in one statement, and reports whether
// it did.
func (t *table[R]) addIf(db *gorm.DB, r R, condition string, args ...any) (bool, error) {
	n, err := engine.Update(db, t.insertedIf+condition, t.values(&r, args...)...)
	return n == 1, err
}

// A roomed is a table whose open rows are bounded by client and by network.
type roomed[R any] struct {
	*table[R]
	byClient, byNetwork string
}

// roomedTable returns the table, whose rows are open if they match and expire later.
func roomedTable[R any](t *table[R], name, open string) roomed[R] {
	open += "expires_at > ?"
	// SQLite's index leaves empty networks out, and has to be told that none is meant.
	return roomed[R]{t, fewer(name, "client_id = ? AND "+open), fewer(name, "network = ? AND network <> '' AND "+open)}
}

// addWithin adds a record of a client and a network, or returns store.ErrFull. One that a
// power cut takes away is asked for again.
func (t roomed[R]) addWithin(ctx context.Context, d *DB, r R, clientID, network string, room store.Room) error {
	condition, args := t.condition(clientID, network, room)
	var added bool
	err := d.Pass(ctx, func(db *gorm.DB) (err error) {
		added, err = t.addIf(db, r, condition, args...)
		return err
	})
	if err == nil && !added {
		return store.ErrFull
	}
	return err
}

// condition returns the condition that the client and the network have room.
func (t roomed[R]) condition(clientID, network string, room store.Room) (condition string, args []any) {
	condition = "1 = 1"
	for _, bound := range []struct {
		condition, of string
		most          int
	}{{t.byClient, clientID, room.Client}, {t.byNetwork, network, room.Network}} {
		if bound.most > 0 {
			condition += " AND " + bound.condition
			args = append(args, bound.of, millis(room.Now), bound.most-1)
		}
	}
	return condition, args
}
