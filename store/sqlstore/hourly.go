package sqlstore

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

// hourlyColumns are the columns of a count.
var hourlyColumns = []column[store.HourlyCount]{
	col("client_id", func(c *store.HourlyCount) any { return &c.ClientID }),
	col("kind", func(c *store.HourlyCount) any { return &c.Kind }),
	col("detail", func(c *store.HourlyCount) any { return &c.Detail }),
	col("began_at", func(c *store.HourlyCount) any { return (*moment)(&c.Hour) }),
	col("n", func(c *store.HourlyCount) any { return &c.N }),
}

var hourlyTable = tableOf("hourly_counts", "", hourlyColumns)

// hourlyKey is the primary key.
const hourlyKey = "client_id, kind, detail, began_at"

// AddHourly implements store.HourlyCounts.
func (d *DB) AddHourly(ctx context.Context, counts ...store.HourlyCount) error {
	return d.putHourly(ctx, d.Dialect.Add(hourlyKey, "n"), counts)
}

// SetHourly implements store.HourlyCounts.
func (d *DB) SetHourly(ctx context.Context, samples ...store.HourlyCount) error {
	return d.putHourly(ctx, d.Dialect.Replace(hourlyKey, "n"), samples)
}

// putHourly writes counts in one transaction, so that they are added once or not at all, and
// in the order of the key, so that no two replicas wait for each other.
func (d *DB) putHourly(ctx context.Context, rest string, counts []store.HourlyCount) error {
	const some = 100
	counts = slices.SortedFunc(slices.Values(counts), store.HourlyCount.Compare)
	return d.write(ctx, func(t *tx) error {
		for chunk := range slices.Chunk(counts, some) {
			if err := t.Do(func(db *gorm.DB) error { return hourlyTable.put(db, rest, chunk...) }); err != nil {
				return err
			}
		}
		return nil
	})
}

// recentHourly selects the counts of a kind since a time.
func (d *DB) recentHourly() string {
	return " FROM hourly_counts" + fmt.Sprintf(d.Dialect.UseIndex, "hourly_counts_kind") + " WHERE kind = ? AND began_at >= ?"
}

// Hourly implements store.HourlyCounts.
func (d *DB) Hourly(ctx context.Context, kind store.Happening, since time.Time) ([]store.HourlyCount, error) {
	return d.hourly(ctx, "SELECT '', kind, detail, began_at, SUM(n)"+d.recentHourly()+
		" GROUP BY kind, detail, began_at ORDER BY began_at, detail", kind, millis(since))
}

// HourlyOfBusiest implements store.HourlyCounts.
func (d *DB) HourlyOfBusiest(ctx context.Context, kind store.Happening, since time.Time, n int) ([]store.HourlyCount, error) {
	busiest := "SELECT client_id" + d.recentHourly() + " GROUP BY client_id ORDER BY SUM(n) DESC, client_id LIMIT ?"
	return d.hourly(ctx, "SELECT client_id, kind, '', began_at, SUM(n)"+d.recentHourly()+
		" AND client_id IN (SELECT client_id FROM ("+busiest+") AS busiest)"+
		" GROUP BY client_id, kind, began_at ORDER BY client_id, began_at", kind, millis(since), kind, millis(since), n)
}

func (d *DB) hourly(ctx context.Context, query string, args ...any) (counts []store.HourlyCount, err error) {
	err = d.Read(ctx, func(db *gorm.DB) error {
		counts, err = hourlyTable.all(db, query, args...)
		return err
	})
	return counts, err
}

// usesOf selects what an app used since a time, by the primary key.
const usesOf = "SELECT kind, detail, SUM(n), MAX(began_at) FROM hourly_counts WHERE client_id = ? AND began_at >= ? GROUP BY kind, detail ORDER BY kind, detail"

// Uses implements store.HourlyCounts.
func (d *DB) Uses(ctx context.Context, clientID string, since time.Time) (uses []store.Use, err error) {
	err = d.Read(ctx, func(db *gorm.DB) error {
		uses = nil
		return engine.Rows(db, usesOf, []any{clientID, millis(since)}, func(s engine.Scanner) error {
			u := store.Use{HourlyKey: store.HourlyKey{ClientID: clientID}}
			err := s.Scan(&u.Kind, &u.Detail, &u.N, (*moment)(&u.Last))
			uses = append(uses, u)
			return err
		})
	})
	return uses, err
}

// CountActive implements store.HourlyCounts: a range of the index for each role.
func (d *DB) CountActive(ctx context.Context, since time.Time) (int64, error) {
	return d.Count(ctx, "SELECT COUNT(*) FROM users"+fmt.Sprintf(d.Dialect.UseIndex, "users_by_last_login")+
		" WHERE role IN (?, ?, ?) AND active = ? AND last_login_at >= ?", store.RoleUser, store.RoleStaff, store.RoleAdmin, true, millis(since))
}

// SweepHourly implements store.HourlyCounts.
func (d *DB) SweepHourly(ctx context.Context, limit time.Time, n int) (int64, error) {
	return d.Sweep(ctx, "hourly_counts", "began_at", "began_at < ?", n, millis(limit))
}
