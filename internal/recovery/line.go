package recovery

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/store"
)

// A witness is a database that knows what was taken away since the backup: from all
// that were made until a time, or from all if that is zero. Who was made later is not in
// it because it was brought back itself, to a point before them, and not because
// somebody took them away.
type witness struct {
	db    Replaced
	until time.Time
}

// A history is the evidence of what happened in a database.
type history interface {
	ListAudit(ctx context.Context, q store.AuditQuery) ([]store.AuditEvent, error)
}

// maxWitnesses ends a line that leads back to itself.
const maxWitnesses = 16

// summon finds the witnesses: the replaced database and, where that is another branch
// than the backup is from, the one that was replaced where they parted, and so on.
func (c *CarryOver) summon(ctx context.Context, done *Carried) error {
	c.line = nil
	for db := c.Replaced; db != nil && len(c.line) < maxWitnesses; {
		parted, err := c.parted(ctx, db)
		if err != nil {
			return err
		}
		until, err := time.Parse(time.RFC3339Nano, parted.Until)
		if err != nil { // they did not part, or it is not known when: what is missing was taken away
			until = time.Time{}
		}
		c.line = append(c.line, witness{db, until})
		db = nil
		if !until.IsZero() && parted.Kept != "" && c.Kept != nil {
			if db, err = c.Kept(ctx, parted.Kept); err != nil {
				done.Missing, db = parted.Kept, nil
			}
		}
	}
	return nil
}

// parted returns the first restoring in the history of a database that the backup knows
// nothing of: there they went different ways. It is zero if there is none.
func (c *CarryOver) parted(ctx context.Context, db Replaced) (audit.DatabaseRestored, error) {
	var first audit.DatabaseRestored
	known, err := restorings(ctx, c.Restored)
	if err != nil {
		return first, err
	}
	theirs, err := restorings(ctx, db)
	if err != nil {
		return first, err
	}
	for _, e := range slices.Backward(theirs) { // the oldest is the last
		if !slices.ContainsFunc(known, func(k store.AuditEvent) bool { return k.At.Equal(e.At) && bytes.Equal(k.Detail, e.Detail) }) {
			return first, json.Unmarshal(e.Detail, &first)
		}
	}
	return first, nil
}

func restorings(ctx context.Context, db history) ([]store.AuditEvent, error) {
	return db.ListAudit(ctx, store.AuditQuery{Kind: audit.DatabaseRestored{}.Kind(), Limit: page})
}

// PointOf is when the last thing happened that is in a backup, to be kept with the
// evidence that it was restored; zero if nothing is on record. The last few are asked,
// for a clock may have been set back.
func PointOf(ctx context.Context, db history) (point time.Time, err error) {
	events, err := db.ListAudit(ctx, store.AuditQuery{Limit: page})
	for _, e := range events {
		if e.At.After(point) {
			point = e.At
		}
	}
	return point, err
}

// A fate is what the witnesses say of somebody or something in the backup.
type fate int

const (
	there  fate = iota
	gone        // it was taken away
	untold      // none of them ever had it
)

// ask asks the witnesses in turn; find looks for what was made at a time in one of them.
// The database is the one that has it.
func (c *CarryOver) ask(made time.Time, find func(Replaced) error) (Replaced, fate, error) {
	for _, w := range c.line {
		err := find(w.db)
		switch {
		case err == nil:
			return w.db, there, nil
		case !errors.Is(err, store.ErrNotFound):
			return nil, untold, err
		case w.until.IsZero() || !made.After(w.until):
			return nil, gone, nil
		}
	}
	return nil, untold, nil
}
