package sqlstore

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
	"gatehouse/store/sqlstore/migrations"
)

// Finished implements store.Upgrades.
func (d *DB) Finished(ctx context.Context) (bool, error) {
	var at int64
	err := d.Read(ctx, func(db *gorm.DB) error {
		return engine.Row(db, "SELECT finished_at FROM finished_migrations WHERE name = ?", []any{migrations.ToFinish}, &at)
	})
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// Finish implements store.Upgrades.
func (d *DB) Finish(ctx context.Context, at time.Time) error {
	return d.Change(ctx, func(db *gorm.DB) error {
		_, err := engine.Update(db, "INSERT INTO finished_migrations (name, finished_at) SELECT name, ? FROM schema_migrations"+
			" WHERE name = ? AND NOT EXISTS (SELECT 1 FROM finished_migrations f WHERE f.name = schema_migrations.name)", millis(at), migrations.ToFinish)
		if engine.Duplicate(err) { // another call did it at the same time
			return nil
		}
		return err
	})
}
