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

// A witness is a database that knows what was taken away after the backup, for records
// made until a time, or for all if that is zero. It lacks later records because it was
// itself restored from an older backup, and not because they were deleted.
type witness struct {
	db    Replaced
	until time.Time
}

// A history reads the evidence of what happened in a database.
type history interface {
	ListAudit(ctx context.Context, q store.AuditQuery) ([]store.AuditEvent, error)
}

// maxWitnesses limits the line, which could lead back to itself.
const maxWitnesses = 16

// summon finds the witnesses. The first is the replaced database. If the backup comes
// from another branch, the next is the database that was replaced where the branches
// parted, and so on.
func (c *CarryOver) summon(ctx context.Context, done *Carried) error {
	c.line = nil
	for db := c.Replaced; db != nil && len(c.line) < maxWitnesses; {
		parted, err := c.parted(ctx, db)
		if err != nil {
			return err
		}
		until, err := time.Parse(time.RFC3339Nano, parted.Until)
		if err != nil { // they did not part, or nobody knows when: missing records count as deleted
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

// parted returns the first restore in the history of db that is not in the history of the
// backup. There the two branches parted. It is zero if they did not part.
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
	for _, e := range slices.Backward(theirs) { // theirs is newest first
		if !slices.ContainsFunc(known, func(k store.AuditEvent) bool { return k.At.Equal(e.At) && bytes.Equal(k.Detail, e.Detail) }) {
			return first, json.Unmarshal(e.Detail, &first)
		}
	}
	return first, nil
}

func restorings(ctx context.Context, db history) ([]store.AuditEvent, error) {
	return db.ListAudit(ctx, store.AuditQuery{Kind: audit.DatabaseRestored{}.Kind(), Limit: page})
}

// PointOf returns the time of the last event in a backup, to be recorded when it is
// restored; zero if it has no events. It looks at the last few events, since a clock may
// have been set back.
func PointOf(ctx context.Context, db history) (point time.Time, err error) {
	events, err := db.ListAudit(ctx, store.AuditQuery{Limit: page})
	for _, e := range events {
		if e.At.After(point) {
			point = e.At
		}
	}
	return point, err
}

// A fate is what the witnesses say about a record of the backup.
type fate int

const (
	there  fate = iota
	gone        // it was deleted
	untold      // no witness ever had it
)

// ask asks the witnesses in turn about a record that was made at that time; find looks
// for it in one of them. It returns the first database that has the record.
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
