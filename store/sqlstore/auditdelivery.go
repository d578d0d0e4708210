package sqlstore

import (
	"context"

	"gorm.io/gorm"

	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

// AuditAfter implements store.AuditLog.
func (d *DB) AuditAfter(ctx context.Context, id int64, n int) (events []store.AuditEvent, err error) {
	err = d.Read(ctx, func(db *gorm.DB) (err error) {
		events, err = auditTable.all(db, "SELECT "+auditTable.selected+" FROM audit_events WHERE id > ? ORDER BY id LIMIT ?", id, n)
		return err
	})
	return events, err
}

// auditDelivery reads two ends of the primary key, and the event after the delivered ones.
const auditDelivery = "SELECT a.through, (SELECT COALESCE(MAX(id), 0) FROM audit_events)," +
	" COALESCE((SELECT happened_at FROM audit_events WHERE id > a.through ORDER BY id LIMIT 1), 0)" +
	" FROM audit_deliveries a WHERE a.only_one = 1"

// AuditDelivery implements store.AuditLog.
func (d *DB) AuditDelivery(ctx context.Context) (at store.AuditDelivery, err error) {
	err = d.Read(ctx, func(db *gorm.DB) error {
		return engine.Row(db, auditDelivery, nil, &at.Through, &at.Newest, (*moment)(&at.Waiting))
	})
	return at, err
}

// BeginAuditDelivery implements store.AuditLog.
func (d *DB) BeginAuditDelivery(ctx context.Context) error {
	return d.Change(ctx, func(db *gorm.DB) error {
		err := db.Exec("INSERT INTO audit_deliveries (only_one, through) SELECT 1, COALESCE(MAX(id), 0) FROM audit_events").Error
		if engine.Duplicate(err) { // another replica has begun it
			return nil
		}
		return err
	})
}

// AuditDelivered implements store.AuditLog.
func (d *DB) AuditDelivered(ctx context.Context, from, through int64) (moved bool, err error) {
	err = d.Change(ctx, func(db *gorm.DB) error {
		n, err := engine.Update(db, "UPDATE audit_deliveries SET through = ? WHERE only_one = 1 AND through = ?", through, from)
		moved = n == 1
		return err
	})
	return moved, err
}
