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

// An auditRow is one line of evidence.
type auditRow struct {
	ID         int64 `gorm:"primaryKey"`
	HappenedAt int64
	Kind       string
	Actor      string
	Subject    string
	SessionID  string
	ClientID   string
	IP         string `gorm:"column:ip"`
	RequestID  string
	Detail     string
}

// TableName implements gorm's Tabler.
func (auditRow) TableName() string { return "audit_events" }

// rowOfEvent makes every part fit: evidence must not be lost, nor an act be
// refused, because somebody sent an odd name.
func rowOfEvent(e store.AuditEvent) auditRow {
	return auditRow{
		HappenedAt: millis(e.At), Kind: e.Kind, Actor: text(e.Actor, 320), Subject: text(e.Subject, 320),
		SessionID: text(e.SessionID, 64), ClientID: text(e.ClientID, 255),
		IP: text(e.IP, 64), RequestID: text(e.RequestID, 128), Detail: string(e.Detail),
	}
}

func (r auditRow) event() store.AuditEvent {
	e := store.AuditEvent{
		ID: r.ID, At: instant(r.HappenedAt), Kind: r.Kind, Actor: r.Actor, Subject: r.Subject,
		SessionID: r.SessionID, ClientID: r.ClientID, IP: r.IP, RequestID: r.RequestID,
	}
	if r.Detail != "" {
		e.Detail = []byte(r.Detail)
	}
	return e
}

// Audit implements store.AuditLog.
func (d *DB) Audit(ctx context.Context, e store.AuditEvent) error {
	row := rowOfEvent(e)
	return d.Change(ctx, func(db *gorm.DB) error { return db.Create(&row).Error })
}

// Audit implements store.Tx.
func (t *tx) Audit(events ...store.AuditEvent) error {
	rows := make([]auditRow, len(events))
	for i, e := range events {
		rows[i] = rowOfEvent(e)
	}
	// As many as have less than 32,766 parameters, the most that SQLite takes.
	const some = 500
	for chunk := range slices.Chunk(rows, some) {
		if err := t.Do(func(db *gorm.DB) error { return db.Create(&chunk).Error }); err != nil {
			return err
		}
	}
	return nil
}

// auditColumns are those of auditRow.
const auditColumns = "id, happened_at, kind, actor, subject, session_id, client_id, ip, request_id, detail"

// ListAudit implements store.AuditLog.
func (d *DB) ListAudit(ctx context.Context, q store.AuditQuery) (events []store.AuditEvent, err error) {
	err = d.Read(ctx, func(db *gorm.DB) error {
		events = nil
		s, err := d.auditPage(db, q)
		if err != nil || s == nil {
			return err
		}
		return engine.Rows(db, s.String(), s.args, func(answer engine.Scanner) error {
			var r auditRow
			err := answer.Scan(&r.ID, &r.HappenedAt, &r.Kind, &r.Actor, &r.Subject, &r.SessionID, &r.ClientID, &r.IP, &r.RequestID, &r.Detail)
			events = append(events, r.event())
			return err
		})
	})
	return events, err
}

// auditPage reads the newest events by walking backwards along one index, or
// along the index of kinds once for every kind that starts as asked for: so a
// page costs the same among a thousand events and among millions. It is nil if
// there is no such kind.
func (d *DB) auditPage(db *gorm.DB, q store.AuditQuery) (*statement, error) {
	prefix, open := strings.CutSuffix(q.Kind, "*")
	kinds := []string{q.Kind}
	if open {
		kinds = []string{""}
		if prefix != "" {
			var err error
			if kinds, err = kindsFrom(db, text(prefix, 64)); err != nil || len(kinds) == 0 {
				return nil, err
			}
		}
	}
	s, union := bound("SELECT "+auditColumns+" FROM ("), ""
	for _, kind := range kinds {
		s.add(union + "SELECT * FROM (SELECT " + auditColumns + " FROM audit_events")
		d.auditFilter(s, q, kind)
		s.add(" ORDER BY id DESC LIMIT ?) AS walk", q.Limit)
		union = " UNION ALL "
	}
	return s.add(") AS page ORDER BY id DESC LIMIT ?", q.Limit), nil
}

// kindsFrom finds the kinds that start with prefix, one after the other.
func kindsFrom(db *gorm.DB, prefix string) (kinds []string, err error) {
	end, limited := after(prefix)
	for from := prefix; ; from = kinds[len(kinds)-1] + "\x00" {
		s := bound("SELECT kind FROM audit_events WHERE kind >= ?", from)
		if limited {
			s.add(" AND kind < ?", end)
		}
		var kind string
		switch err := engine.Row(db, s.add(" ORDER BY kind LIMIT 1").String(), s.args, &kind); {
		case errors.Is(err, store.ErrNotFound):
			return kinds, nil
		case err != nil:
			return nil, err
		}
		kinds = append(kinds, kind)
	}
}

// auditFilter asks for what q selects, along the index that is likely to lead
// past the fewest others.
func (d *DB) auditFilter(s *statement, q store.AuditQuery, kind string) {
	var conditions statement
	along := ""
	for _, c := range []struct{ column, value string }{{"actor", q.Actor}, {"subject", q.Subject}, {"kind", kind}} {
		if c.value == "" {
			continue
		}
		conditions.add(" AND "+c.column+" = ?", text(c.value, 320))
		if along == "" {
			along = fmt.Sprintf(d.Dialect.UseIndex, "audit_"+c.column)
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
