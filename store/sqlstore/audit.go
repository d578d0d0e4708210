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

var auditTable = tableOf("audit_events", "", auditColumns)

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
func (d *DB) ListAudit(ctx context.Context, q store.AuditQuery) (events []store.AuditEvent, err error) {
	err = d.Read(ctx, func(db *gorm.DB) error {
		events = nil
		s, err := d.auditPage(db, q)
		switch {
		case errors.Is(err, store.ErrNotFound):
			return nil
		case err != nil:
			return err
		}
		events, err = auditTable.all(db, s.String(), s.args...)
		return err
	})
	return events, err
}

// auditPage reads the newest events by walking backwards along one index, or, for a
// prefix, along the index of kinds once for each kind that has it. So a page costs
// the same among a thousand events and among millions. It returns store.ErrNotFound if no kind
// or time matches.
func (d *DB) auditPage(db *gorm.DB, q store.AuditQuery) (*statement, error) {
	span, err := spanOf(db, q)
	if err != nil {
		return nil, err
	}
	prefix, open := strings.CutSuffix(q.Kind, "*")
	kinds := []string{q.Kind}
	if open {
		kinds = []string{""}
		if prefix != "" {
			if kinds, err = kindsFrom(db, text(prefix, 64)); err != nil {
				return nil, err
			}
		}
	}
	byKind, err := d.kindIsRarer(db, q)
	if err != nil {
		return nil, err
	}
	s, union := bound("SELECT "+auditTable.selected+" FROM ("), ""
	for _, kind := range kinds {
		s.add(union + "SELECT * FROM (SELECT " + auditTable.selected + " FROM audit_events")
		d.auditFilter(s, q, kind, byKind)
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
func spanOf(db *gorm.DB, q store.AuditQuery) (s span, err error) {
	if since := millis(q.Since); since != 0 {
		err = engine.Row(db, "SELECT COALESCE(MAX(id), 0) FROM (SELECT id FROM audit_events WHERE happened_at < ? ORDER BY happened_at DESC, id DESC LIMIT 1) AS earlier",
			[]any{since - auditSlack.Milliseconds()}, &s.above)
	}
	if until := millis(q.Until); err == nil && until != 0 {
		err = engine.Row(db, "SELECT COALESCE(MAX(id), 0) FROM audit_events WHERE happened_at < ? AND happened_at >= (SELECT MAX(happened_at) FROM audit_events WHERE happened_at < ?) - ?",
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
func kindsFrom(db *gorm.DB, prefix string) (kinds []string, err error) {
	end, limited := after(prefix)
	for from := prefix; ; from = kinds[len(kinds)-1] + "\x00" {
		s := bound("SELECT kind FROM audit_events WHERE kind >= ?", from)
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
func (d *DB) kindIsRarer(db *gorm.DB, q store.AuditQuery) (bool, error) {
	who, column := q.Actor, "actor"
	if who == "" {
		who, column = q.Subject, "subject"
	}
	if who == "" || q.Kind == "" || strings.HasSuffix(q.Kind, "*") || q.RequestID != "" {
		return false, nil
	}
	many := func(column, value string) (bool, error) {
		return engine.Exists(db, "SELECT 1 FROM audit_events"+d.along("audit_"+column)+" WHERE "+column+" = ? LIMIT 1 OFFSET ?", text(value, 320), manyEvents)
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
func (d *DB) auditFilter(s *statement, q store.AuditQuery, kind string, byKind bool) {
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
			along = fmt.Sprintf(d.Dialect.UseIndex, "audit_"+strings.TrimSuffix(c.column, "_id"))
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
func (d *DB) SweepAudit(ctx context.Context, limit time.Time, n int) (int64, error) {
	return d.Sweep(ctx, "audit_events", "id", "happened_at < ?", n, millis(limit))
}
