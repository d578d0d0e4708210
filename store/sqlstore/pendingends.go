package sqlstore

import (
	"context"
	"slices"
	"time"

	"gorm.io/gorm"

	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

// pendingColumns are the columns of a pending end.
var pendingColumns = []column[store.PendingEnd]{
	col("id", func(p *store.PendingEnd) any { return &p.ID }).byDatabase(),
	col("user_id", func(p *store.PendingEnd) any { return &p.UserID }),
	col("client_id", func(p *store.PendingEnd) any { return &p.ClientID }),
	col("browser_id", func(p *store.PendingEnd) any { return &p.BrowserID }),
	col("generation", func(p *store.PendingEnd) any { return (*number)(&p.Generation) }),
	col("gone", func(p *store.PendingEnd) any { return &p.Gone }),
	col("reason", func(p *store.PendingEnd) any { return &p.Reason }),
	col("actor", func(p *store.PendingEnd) any { return &p.Actor }).upTo(255),
	col("sub", func(p *store.PendingEnd) any { return &p.Sub }),
	col("logout_uri", func(p *store.PendingEnd) any { return &p.LogoutURI }),
	col("ended_at", func(p *store.PendingEnd) any { return (*moment)(&p.At) }),
	col("due_at", func(p *store.PendingEnd) any { return (*moment)(&p.At) }).written(),
	col("sessions", func(p *store.PendingEnd) any { return &p.Sessions }),
}

var (
	pendingTable = tableOf("pending_ends", "p.", pendingColumns)
	nextEnd      = "SELECT " + pendingTable.selected + " FROM pending_ends p WHERE p.due_at <= ? ORDER BY p.due_at, p.id LIMIT 1"
)

// settling is how long after an end a transaction may commit that began before it: well
// over the time that any may take (engine.Transact).
const settling = time.Minute

// NextEnd implements store.Ends.
func (d *DB) NextEnd(ctx context.Context, now time.Time) (p store.PendingEnd, err error) {
	err = d.Read(ctx, func(db *gorm.DB) error {
		return engine.Row(db, nextEnd, []any{millis(now)}, pendingTable.dest(&p)...)
	})
	return p, err
}

// PutOffEnd implements store.Ends.
func (d *DB) PutOffEnd(ctx context.Context, id int64, until time.Time) error {
	return d.Change(ctx, func(db *gorm.DB) error {
		return db.Exec("UPDATE pending_ends SET due_at = ? WHERE id = ?", millis(until), id).Error
	})
}

// ContinueEnd implements store.EndsTx. An end that has rows left goes to the back of the
// queue, so that a large one does not hold up others.
func (t *tx) ContinueEnd(p store.PendingEnd, at time.Time, n int) (step store.EndStep, err error) {
	err = t.Do(func(db *gorm.DB) error {
		err := engine.Row(db, "SELECT "+pendingTable.selected+" FROM pending_ends p WHERE p.id = ?"+t.Dialect.ForUpdate, []any{p.ID}, pendingTable.dest(&p)...)
		if err != nil {
			return err
		}
		ended, rows, err := t.chores(db, p, at, min(n, engine.SweepMax))
		if err != nil {
			return err
		}
		p.Sessions += int64(len(ended))
		due := p.At.Add(settling)
		step = store.EndStep{PendingEnd: p, Ended: ended, Rows: rows, Done: rows == 0 && !at.Before(due)}
		switch {
		case step.Done:
			return settle(db, p)
		case rows > 0:
			due = at
		}
		return db.Exec("UPDATE pending_ends SET due_at = ?, sessions = ? WHERE id = ?", millis(due), p.Sessions, p.ID).Error
	})
	return step, err
}

// settle forgets an end that is done with.
func settle(db *gorm.DB, p store.PendingEnd) error {
	if p.Gone && p.UserID != 0 {
		if err := db.Exec("DELETE FROM generations WHERE user_id = ?", p.UserID).Error; err != nil {
			return err
		}
	}
	return db.Exec("DELETE FROM pending_ends WHERE id = ?", p.ID).Error
}

// chores ends sessions, and then does what else is to be done.
func (t *tx) chores(db *gorm.DB, p store.PendingEnd, at time.Time, n int) (ids []string, rows int64, err error) {
	where, args := outdatedBy(p, "created_at")
	if ids, err = endSome(db, t.Dialect, p, at, n, where, args); err != nil {
		return nil, 0, err
	}
	rows = int64(len(ids))
	for _, c := range choresOf(p, at) {
		some, err := c.upTo(n)(db)
		rows += some
		if err != nil {
			return nil, 0, err
		}
	}
	return ids, rows, nil
}

// endSome ends at most n of the living sessions that the condition selects.
func endSome(db *gorm.DB, dialect engine.Dialect, p store.PendingEnd, at time.Time, n int, where string, args []any) (ids []string, err error) {
	find := "SELECT s.id FROM sessions s WHERE s.ended_at = 0 AND " + where + " LIMIT ?" + dialect.ForUpdate
	err = engine.Rows(db, find, append(slices.Clone(args), n), func(s engine.Scanner) error {
		ids = append(ids, "")
		return s.Scan(&ids[len(ids)-1])
	})
	if err != nil {
		return nil, err
	}
	return ids, markEnded(db, ids, p, at)
}

// A chore changes or deletes rows of a table, a few at a time.
type chore struct {
	table, key string
	// set is what changes; empty: the rows are deleted.
	set     string
	setArgs []any
	where   string
	args    []any
}

// choresOf returns what an end leaves to do beside sessions. Whatever is deleted or
// denied here was dead already.
func choresOf(p store.PendingEnd, at time.Time) []chore {
	of := func(table, key, set, born, state string, setArgs ...any) chore {
		where, args := outdatedBy(p, born)
		return chore{table, key, set, setArgs, state + where, args}
	}
	all := []chore{of("auth_codes", "digest", "", "expires_at - 60000", "used_at = 0 AND ")}
	if !p.Gone {
		all = append(all, of("device_grants", "device_digest", "status = 'denied'", "created_at", "status = 'approved' AND "))
	} else {
		all = append(all, of("device_grants", "device_digest", "", "created_at", ""))
	}
	switch {
	case p.Gone && p.UserID != 0:
		all = append(all, of("sessions", "id", "", "created_at", "ended_at > 0 AND "), of("auth_codes", "digest", "", "expires_at - 60000", ""),
			of("browser_sessions", "id", "", "auth_time", ""))
	case p.UserID != 0 && p.ClientID == "":
		all = append(all, of("browser_sessions", "id", "ended_at = ?", "auth_time", "ended_at = 0 AND ", millis(at)))
	case p.Gone:
		all = append(all, of("auth_codes", "digest", "", "expires_at - 60000", ""), of("pushed_requests", "digest", "", "expires_at - 90000", ""),
			of("consents", "user_id", "", "granted_at", ""))
	}
	return all
}

// outdatedBy returns the condition on a row that it was founded on what has ended. Born
// is an expression for when it was founded, which judges a row without generations.
func outdatedBy(p store.PendingEnd, born string) (string, []any) {
	outdated := func(column string) string {
		return " AND (" + column + " < ? OR " + column + " IS NULL AND " + born + " <= ?)"
	}
	times := []any{int64(p.Generation), millis(p.At)}
	switch {
	case p.BrowserID != "":
		return "browser_id = ?", []any{p.BrowserID}
	case p.ClientID == "" && p.Gone:
		return "user_id = ?", []any{p.UserID}
	case p.ClientID == "":
		return "user_id = ?" + outdated("user_gen"), append([]any{p.UserID}, times...)
	case p.UserID == 0:
		return "client_id = ?" + outdated("client_gen"), append([]any{p.ClientID}, times...)
	}
	return "user_id = ? AND client_id = ?" + outdated("consent_gen"), append([]any{p.UserID, p.ClientID}, times...)
}

// upTo returns a function that does the chore for at most n rows. It finds their keys
// first, because MySQL and SQLite have no limited DELETE or UPDATE in common.
func (c chore) upTo(n int) func(*gorm.DB) (int64, error) {
	return func(db *gorm.DB) (int64, error) { return c.do(db, n) }
}

func (c chore) do(db *gorm.DB, n int) (int64, error) {
	var keys []any
	err := engine.Rows(db, "SELECT "+c.key+" FROM "+c.table+" WHERE "+c.where+" LIMIT ?", append(slices.Clone(c.args), n), func(s engine.Scanner) error {
		keys = append(keys, nil)
		return s.Scan(&keys[len(keys)-1])
	})
	if err != nil || len(keys) == 0 {
		return 0, err
	}
	statement := "DELETE FROM " + c.table
	if c.set != "" {
		statement = "UPDATE " + c.table + " SET " + c.set
	}
	return engine.Exec(db, statement+" WHERE "+c.key+" IN ? AND "+c.where, slices.Concat(c.setArgs, []any{keys}, c.args)...)
}
