package engine

import (
	"context"
	"database/sql"
	"fmt"

	"gorm.io/gorm"
)

// Alone runs f unless another replica is running a task of the same name. On MySQL it
// takes a lock of the database server, which ends with its connection. A SQLite file is
// used by one server only.
func (d *DB) Alone(ctx context.Context, name string, f func(context.Context)) error {
	if d.turn != nil {
		f(ctx)
		return nil
	}
	conn, err := d.pool.Conn(ctx)
	if err != nil {
		return fmt.Errorf("locking: %w", Translate(ctx, err))
	}
	defer func() { _ = conn.Close() }() // back into the pool
	// If our machine vanishes, the database server ends the connection, and so the lock.
	if _, err := conn.ExecContext(ctx, "SET SESSION wait_timeout = 900"); err != nil {
		return fmt.Errorf("locking: %w", Translate(ctx, err))
	}
	lock := "CONCAT(?, ' ', LEFT(SHA1(DATABASE()), 32))" // at most 64 characters
	var mine sql.NullInt64
	if err := conn.QueryRowContext(ctx, "SELECT GET_LOCK("+lock+", 0)", name).Scan(&mine); err != nil {
		return fmt.Errorf("locking: %w", Translate(ctx, err))
	}
	if mine.Int64 != 1 {
		return nil
	}
	f(ctx)
	// ctx may have ended during f, but the lock must not go back into the pool.
	release, cancel := context.WithTimeout(context.WithoutCancel(ctx), d.options.Timeout)
	defer cancel()
	if _, err := conn.ExecContext(release, "DO RELEASE_LOCK("+lock+")", name); err != nil {
		return fmt.Errorf("unlocking: %w", Translate(release, err))
	}
	return nil
}

// Rows returns roughly how many rows each table has. MySQL's estimate may be wrong by
// half. On SQLite it counts, which reads the smallest index and takes some milliseconds
// for a million rows.
func (d *DB) Rows(ctx context.Context) (map[string]int64, error) {
	found := map[string]int64{}
	err := d.Read(ctx, func(db *gorm.DB) error {
		list := "SELECT table_name, COALESCE(table_rows, 0) FROM information_schema.tables WHERE table_schema = DATABASE()"
		if d.Dialect.Name == "sqlite" {
			list = "SELECT name, 0 FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
		}
		return Rows(db, list, nil, func(s Scanner) error {
			var table string
			var n int64
			err := s.Scan(&table, &n)
			found[table] = n
			return err
		})
	})
	if err != nil || d.Dialect.Name != "sqlite" {
		return found, err
	}
	for table := range found {
		if found[table], err = d.Count(ctx, `SELECT COUNT(*) FROM "`+table+`"`); err != nil {
			return nil, err
		}
	}
	return found, nil
}
