package sqlstore

import (
	"context"
	"slices"

	"gorm.io/gorm"

	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

// AuditAfter implements store.AuditLog.
func (d *DB) AuditAfter(ctx context.Context, id int64, n int) (events []store.AuditEvent, err error) {
	err = d.Read(ctx, func(db *gorm.DB) (err error) {
		events, err = auditTable.all(db, "SELECT "+auditTable.selected+" FROM "+logAbove(id).name+" WHERE id > ? ORDER BY id LIMIT ?", id, n)
		return err
	})
	return events, err
}

// delivery reads two ends of the table's primary key, and the event after the delivered ones.
func (l logTable) delivery() string {
	return "SELECT a." + l.through + ", (SELECT COALESCE(MAX(id), 0) FROM " + l.name + ")," +
		" COALESCE((SELECT happened_at FROM " + l.name + " WHERE id > a." + l.through + " ORDER BY id LIMIT 1), 0)" +
		" FROM audit_deliveries a WHERE a.only_one = 1"
}

// AuditDelivery implements store.AuditLog.
func (d *DB) AuditDelivery(ctx context.Context) (parts []store.AuditDelivery, err error) {
	err = d.Read(ctx, func(db *gorm.DB) error {
		parts = nil
		for _, l := range slices.Backward(logTables) {
			var at store.AuditDelivery
			if err := engine.Row(db, l.delivery(), nil, &at.Through, &at.Newest, (*moment)(&at.Waiting)); err != nil {
				return err
			}
			parts = append(parts, at)
		}
		return nil
	})
	return parts, err
}

// BeginAuditDelivery implements store.AuditLog.
func (d *DB) BeginAuditDelivery(ctx context.Context) error {
	const ends = "(SELECT COALESCE(MAX(id), 0) FROM audit_events), (SELECT COALESCE(MAX(id), ?) FROM audit_log)"
	return d.Change(ctx, func(db *gorm.DB) error {
		_, err := engine.Insert(db, "INSERT INTO audit_deliveries (only_one, through, log_through) SELECT 1, "+ends, int64(store.AuditSplit))
		if engine.Duplicate(err) { // another replica has begun it
			return nil
		}
		return err
	})
}

// AuditDelivered implements store.AuditLog.
func (d *DB) AuditDelivered(ctx context.Context, from, through int64) (moved bool, err error) {
	position := logAbove(from).through
	err = d.Change(ctx, func(db *gorm.DB) error {
		n, err := engine.Update(db, "UPDATE audit_deliveries SET "+position+" = ? WHERE only_one = 1 AND "+position+" = ?", through, from)
		moved = n == 1
		return err
	})
	return moved, err
}
