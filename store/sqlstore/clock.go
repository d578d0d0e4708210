package sqlstore

import (
	"context"
	"time"

	"gorm.io/gorm"
)

// Clock returns the time at the database's machine, which for SQLite is this one.
func (d *DB) Clock(ctx context.Context) (time.Time, error) {
	if d.dialect.now == "" {
		return d.options.Now().UTC(), nil
	}
	var ms int64
	err := d.read(ctx, func(db *gorm.DB) error { return row(db, "SELECT "+d.dialect.now, nil, &ms) })
	return instant(ms), err
}
