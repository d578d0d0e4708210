package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

// auditColumns are the columns of an audit event. Long texts are cut to fit: an odd
// name in a request must not lose evidence or refuse an act.
var auditColumns = []column[store.AuditEvent]{
	col("id", func(e *store.AuditEvent) any { return &e.ID }).byDatabase(),
	col("happened_at", func(e *store.AuditEvent) any { return (*moment)(&e.At) }),
	col("kind", func(e *store.AuditEvent) any { return &e.Kind }),
	col("actor", func(e *store.AuditEvent) any { return &e.Actor }).upTo(320),
	col("subject", func(e *store.AuditEvent) any { return &e.Subject }).upTo(320),
	col("session_id", func(e *store.AuditEvent) any { return &e.SessionID }).upTo(64),
	col("client_id", func(e *store.AuditEvent) any { return &e.ClientID }).upTo(255),
	col("ip", func(e *store.AuditEvent) any { return &e.IP }).upTo(64),
	col("request_id", func(e *store.AuditEvent) any { return &e.RequestID }).upTo(128),
	col("detail", func(e *store.AuditEvent) any { return (*document)(&e.Detail) }),
}

// A logTable keeps events.
type logTable struct {
	name string
	// indexes is what the names of its indexes begin with.
	indexes string
	// through is the column that says how far it was delivered.
	through string
}

// logTables are the tables of the audit log. Every ID of the first one, in which events are
// written, is above every ID of the other, in which the release before writes
// (store.AuditSplit). So the one goes on where the other ends.
var logTables = []logTable{{"audit_log", "audit_log_", "log_through"}, {"audit_events", "audit_", "through"}}

// logAbove returns the table that has the IDs above this one.
func logAbove(id int64) logTable {
	if id < store.AuditSplit {
		return logTables[1]
	}
	return logTables[0]
}

var auditTable = tableOf(logTables[0].name, "", auditColumns)

// Audit implements store.AuditLog.
func (d *DB) Audit(ctx context.Context, e store.AuditEvent) error {
	err := d.Change(ctx, func(db *gorm.DB) error { return auditTable.add(db, e) })
	if err == nil && d.Audited != nil {
		d.Audited(e)
	}
	return err
}

// Audit implements store.Tx.
func (t *tx) Audit(events ...store.AuditEvent) error {
	// SQLite accepts at most 32,766 parameters in a statement.
	const some = 500
	for chunk := range slices.Chunk(events, some) {
		if err := t.Do(func(db *gorm.DB) error { return auditTable.add(db, chunk...) }); err != nil {
			return err
		}
	}
	t.audited = append(t.audited, events...)
	return nil
}

// ListAudit implements store.AuditLog.
func (d *DB) ListAudit(ctx context.Context, asked store.AuditQuery) (events []store.AuditEvent, err error) {
	err = d.Read(ctx, func(db *gorm.DB) error {
		q := asked
		events = nil
		for _, l := range logTables {
			page, err := d.auditPage(db, l, q)
			if err != nil {
				return err
			}
			events = append(events, page...)
			if q.Limit -= len(page); q.Limit == 0 {
				break
			}
		}
		return nil
	})
	return events, err
}

// auditPage reads a page of one table.
func (d *DB) auditPage(db *gorm.DB, l logTable, q store.AuditQuery) ([]store.AuditEvent, error) {
	if may, err := l.mayHave(db, q); err != nil || !may {
		return nil, err
	}
	s, err := d.auditWalk(db, l, q)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return auditTable.all(db, s.String(), s.args...)
}

// mayHave reports whether a page may go on in the table: the pages before may be below its
// first ID, and the table of the release before be empty.
func (l logTable) mayHave(db *gorm.DB, q store.AuditQuery) (bool, error) {
	if l == logTables[0] {
		return q.Before == 0 || q.Before > store.AuditSplit+1, nil
	}
	var newest int64
	err := engine.Row(db, "SELECT COALESCE(MAX(id), 0) FROM "+l.name, nil, &newest)
	return newest > 0, err
}

// auditWalk reads the newest events by walking backwards along one index, or, for a
// prefix, along the index of kinds once for each kind that has it. So a page costs
// the same among a thousand events and among millions. It returns store.ErrNotFound if no kind
// or time matches.
func (d *DB) auditWalk(db *gorm.DB, l logTable, q store.AuditQuery) (*statement, error) {
	span, err := l.spanOf(db, q)
	if err != nil {
		return nil, err
	}
	prefix, open := strings.CutSuffix(q.Kind, "*")
	kinds := []string{q.Kind}
	if open {
		kinds = []string{""}
		if prefix != "" {
			if kinds, err = l.kindsFrom(db, text(prefix, 64)); err != nil {
				return nil, err
			}
		}
	}
	byKind, err := d.kindIsRarer(db, l, q)
	if err != nil {
		return nil, err
	}
	s, union := bound("SELECT "+auditTable.selected+" FROM ("), ""
	for _, kind := range kinds {
		s.add(union + "SELECT * FROM (SELECT " + auditTable.selected + " FROM " + l.name)
		d.auditFilter(s, l, q, kind, byKind)
		span.add(s)
		s.add(" ORDER BY id DESC LIMIT ?) AS walk", q.Limit)
		union = " UNION ALL "
	}
	return s.add(") AS page ORDER BY id DESC LIMIT ?", q.Limit), nil
}

// auditSlack is how far apart the order of the events and that of their times may be: an
// event is dated before it is written, and by the clock of a replica.
const auditSlack = time.Hour

// A span is a range of IDs, above one and up to another; 0: open.
type span struct{ above, upTo int64 }

// spanOf returns the IDs that the times of q allow, so that a walk neither begins at today
// nor ends at the first event; store.ErrNotFound if there are none. For where to begin it reads
// auditSlack in the index of times, which costs less than to walk past as many events.
func (l logTable) spanOf(db *gorm.DB, q store.AuditQuery) (s span, err error) {
	if since := millis(q.Since); since != 0 {
		err = engine.Row(db, "SELECT COALESCE(MAX(id), 0) FROM (SELECT id FROM "+l.name+" WHERE happened_at < ? ORDER BY happened_at DESC, id DESC LIMIT 1) AS earlier",
			[]any{since - auditSlack.Milliseconds()}, &s.above)
	}
	if until := millis(q.Until); err == nil && until != 0 {
		err = engine.Row(db, "SELECT COALESCE(MAX(id), 0) FROM "+l.name+" WHERE happened_at < ? AND happened_at >= (SELECT MAX(happened_at) FROM "+l.name+" WHERE happened_at < ?) - ?",
			[]any{until, until, auditSlack.Milliseconds()}, &s.upTo)
		if err == nil && s.upTo == 0 {
			err = store.ErrNotFound
		}
	}
	return s, err
}

func (p span) add(s *statement) {
	if p.above > 0 {
		s.add(" AND id > ?", p.above)
	}
	if p.upTo > 0 {
		s.add(" AND id <= ?", p.upTo)
	}
}

// kindsFrom finds the kinds that start with prefix, one query for each; store.ErrNotFound if
// there are none.
func (l logTable) kindsFrom(db *gorm.DB, prefix string) (kinds []string, err error) {
	end, limited := after(prefix)
	for from := prefix; ; from = kinds[len(kinds)-1] + "\x00" {
		s := bound("SELECT kind FROM "+l.name+" WHERE kind >= ?", from)
		if limited {
			s.add(" AND kind < ?", end)
		}
		var kind string
		switch err := engine.Row(db, s.add(" ORDER BY kind LIMIT 1").String(), s.args, &kind); {
		case errors.Is(err, store.ErrNotFound) && len(kinds) > 0:
			return kinds, nil
		case err != nil:
			return nil, err
		}
		kinds = append(kinds, kind)
	}
}

// manyEvents are more than a page may pass by.
const manyEvents = 1000

// kindIsRarer reports whether there are many events by or about somebody, as after an act on
// everybody, and few of a kind.
func (d *DB) kindIsRarer(db *gorm.DB, l logTable, q store.AuditQuery) (bool, error) {
	who, column := q.Actor, "actor"
	if who == "" {
		who, column = q.Subject, "subject"
	}
	if who == "" || q.Kind == "" || strings.HasSuffix(q.Kind, "*") || q.RequestID != "" {
		return false, nil
	}
	many := func(column, value string) (bool, error) {
		return engine.Exists(db, "SELECT 1 FROM "+l.name+d.along(l.indexes+column)+" WHERE "+column+" = ? LIMIT 1 OFFSET ?", text(value, 320), manyEvents)
	}
	busy, err := many(column, who)
	if err != nil || !busy {
		return false, err
	}
	common, err := many("kind", q.Kind)
	return !common, err
}

// auditFilter adds the conditions of q, and the index that is likely to pass the
// fewest other events.
func (d *DB) auditFilter(s *statement, l logTable, q store.AuditQuery, kind string, byKind bool) {
	var conditions statement
	along := d.Dialect.UseKey
	all := []struct{ column, value string }{{"request_id", q.RequestID}, {"actor", q.Actor}, {"subject", q.Subject}, {"kind", kind}}
	if byKind {
		slices.Reverse(all)
	}
	for _, c := range all {
		if c.value == "" {
			continue
		}
		conditions.add(" AND "+c.column+" = ?", text(c.value, 320))
		if along == d.Dialect.UseKey {
			along = fmt.Sprintf(d.Dialect.UseIndex, l.indexes+strings.TrimSuffix(c.column, "_id"))
		}
	}
	s.add(along+" WHERE 1 = 1").add(conditions.String(), conditions.args...)
	if !q.Since.IsZero() {
		s.add(" AND happened_at >= ?", millis(q.Since))
	}
	if !q.Until.IsZero() {
		s.add(" AND happened_at < ?", millis(q.Until))
	}
	if q.Before > 0 {
		s.add(" AND id < ?", q.Before)
	}
}

// SweepAudit implements store.AuditLog.
func (d *DB) SweepAudit(ctx context.Context, limit time.Time, n int) (deleted int64, err error) {
	for _, l := range logTables {
		swept, err := d.Sweep(ctx, d.sweptByRow(l), "id", "happened_at < ?", n-int(deleted), millis(limit))
		if deleted += swept; err != nil || deleted == int64(n) {
			return deleted, err
		}
	}
	return deleted, nil
}
