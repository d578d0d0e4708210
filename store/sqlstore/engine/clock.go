package engine

import (
	"context"
	"time"
)

// Clock returns the time on the database's machine, which for SQLite is this one.
func (d *DB) Clock(ctx context.Context) (time.Time, error) {
	if d.Dialect.Now == "" {
		return d.options.Now().UTC(), nil
	}
	ms, err := d.Count(ctx, "SELECT "+d.Dialect.Now)
	if err != nil {
		return time.Time{}, err
	}
	return time.UnixMilli(ms).UTC(), nil
}
