package sqlstore

import (
	"context"
	"strings"
	"time"

	"gorm.io/gorm"

	"gatehouse/store"
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
	return d.write(ctx, func(db *gorm.DB) error { return db.Create(&row).Error })
}

// Audit implements store.Tx.
func (t *tx) Audit(e store.AuditEvent) error {
	row := rowOfEvent(e)
	return t.do(func(db *gorm.DB) error { return db.Create(&row).Error })
}

// ListAudit implements store.AuditLog.
func (d *DB) ListAudit(ctx context.Context, q store.AuditQuery) ([]store.AuditEvent, error) {
	var found []auditRow
	err := d.read(ctx, func(db *gorm.DB) error {
		return auditFilter(db, q).Order("id DESC").Limit(q.Limit).Find(&found).Error
	})
	events := make([]store.AuditEvent, 0, len(found))
	for _, r := range found {
		events = append(events, r.event())
	}
	return events, err
}

func auditFilter(db *gorm.DB, q store.AuditQuery) *gorm.DB {
	where := func(condition string, value any, set bool) {
		if set {
			db = db.Where(condition, value)
		}
	}
	where("actor = ?", q.Actor, q.Actor != "")
	where("subject = ?", q.Subject, q.Subject != "")
	where("happened_at >= ?", millis(q.Since), !q.Since.IsZero())
	where("happened_at < ?", millis(q.Until), !q.Until.IsZero())
	where("id < ?", q.Before, q.Before > 0)
	prefix, open := strings.CutSuffix(q.Kind, "*")
	where("kind = ?", q.Kind, q.Kind != "" && !open)
	if open && prefix != "" {
		from := text(prefix, 64)
		to, limited := after(from)
		where("kind >= ?", from, true)
		where("kind < ?", to, limited)
	}
	return db
}

// SweepAudit implements store.AuditLog.
func (d *DB) SweepAudit(ctx context.Context, limit time.Time, n int) (int64, error) {
	return d.sweep(ctx, "audit_events", "id", "happened_at < ?", n, millis(limit))
}
