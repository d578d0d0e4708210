package engine

import (
	"context"
	"errors"

	"gorm.io/gorm"

	"gatehouse/store"
	"gatehouse/store/breaker"
)

// Read runs f, which only reads, within the time that a call may take. It runs f once
// more if the connection had died unnoticed, so f must start afresh each time.
func (d *DB) Read(ctx context.Context, f func(*gorm.DB) error) error {
	return d.within(ctx, d.reader, func(db *gorm.DB) error {
		err := f(db)
		if lost(err) {
			err = f(db)
		}
		return err
	})
}

// Change runs f, which makes changes by single statements, within the same time. It
// runs f again if the database gave up on a statement, which then had no effect.
func (d *DB) Change(ctx context.Context, f func(*gorm.DB) error) error {
	return d.writeBy(ctx, d.writer, f)
}

// Pass is Change for the moving part, such as rotations, throttles and codes that wait, whose
// last changes may be lost when a machine dies (docs/decisions/0001). On SQLite it does not wait for the
// disk, which is most of the cost of a change there. The next call of Change brings
// these changes to the disk as well.
func (d *DB) Pass(ctx context.Context, f func(*gorm.DB) error) error {
	return d.writeBy(ctx, d.moving, f)
}

func (d *DB) writeBy(caller context.Context, db *gorm.DB, f func(*gorm.DB) error) error {
	if err := d.present(); err != nil {
		return because(store.ErrUnavailable, err)
	}
	ctx, cancel := context.WithTimeout(caller, d.options.Timeout)
	defer cancel()
	return d.guard(caller, ctx, func() error {
		return d.persist(ctx, func() error {
			return d.inTurn(ctx, func() error { return Translate(ctx, f(db.WithContext(ctx))) })
		})
	})
}

// inTurn runs f when it is its turn to write.
func (d *DB) inTurn(ctx context.Context, f func() error) error {
	if d.turn == nil {
		return f()
	}
	select {
	case d.turn <- struct{}{}:
	case <-ctx.Done():
		return Translate(ctx, ctx.Err())
	}
	defer func() { <-d.turn }()
	return f()
}

func (d *DB) within(caller context.Context, db *gorm.DB, f func(*gorm.DB) error) error {
	ctx, cancel := context.WithTimeout(caller, d.options.Timeout)
	defer cancel()
	return d.guard(caller, ctx, func() error { return Translate(ctx, f(db.WithContext(ctx))) })
}

// errHangs is what callers get while the breaker is open.
var errHangs = errors.New("it did not answer earlier requests")

// guard runs f, which must end with bounded, unless the breaker is open. It reports to
// the breaker whether the database hung on f: whether our time-out passed, and not the
// caller's.
func (d *DB) guard(caller, bounded context.Context, f func() error) error {
	if d.breaker == nil {
		return f()
	}
	if d.breaker.Open() {
		return because(store.ErrUnavailable, errHangs)
	}
	err := f()
	switch {
	case caller.Err() != nil:
		d.breaker.Report(breaker.Abandoned)
	case bounded.Err() != nil && err != nil:
		d.breaker.Report(breaker.Hung)
	default:
		d.breaker.Report(breaker.Answered)
	}
	return err
}

// A Scanner is a row of a result.
type Scanner interface{ Scan(dest ...any) error }

// Rows calls each for every row of the result. It bypasses gorm's builder, which copies
// a query letter by letter, and uses the pool or transaction under gorm's handle. So an
// argument must not be a list: each stands for one question mark.
func Rows(db *gorm.DB, query string, args []any, each func(Scanner) error) error {
	answer, err := db.Statement.ConnPool.QueryContext(db.Statement.Context, query, args...)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Close() }() // answer.Err reports errors
	for answer.Next() {
		if err := each(answer); err != nil {
			return err
		}
	}
	return answer.Err()
}

// Row reads the only row of the result, or returns store.ErrNotFound.
func Row(db *gorm.DB, query string, args []any, dest ...any) error {
	found := false
	err := Rows(db, query, args, func(s Scanner) error {
		found = true
		return s.Scan(dest...)
	})
	if err == nil && !found {
		return store.ErrNotFound
	}
	return err
}

// Exists reports whether the result has a row.
func Exists(db *gorm.DB, query string, args ...any) (bool, error) {
	found := false
	err := Rows(db, query, args, func(Scanner) error { found = true; return nil })
	return found, err
}

// Exec is Update through gorm, which expands a list into as many question marks.
func Exec(db *gorm.DB, statement string, args ...any) (int64, error) {
	done := db.Exec(statement, args...)
	return done.RowsAffected, done.Error
}

// Update runs a statement and returns how many rows matched. It bypasses gorm as Rows
// does, so an argument must not be a list.
func Update(db *gorm.DB, statement string, args ...any) (int64, error) {
	done, err := db.Statement.ConnPool.ExecContext(db.Statement.Context, statement, args...)
	if err != nil {
		return 0, err
	}
	return done.RowsAffected()
}

// Count reads a single number.
func (d *DB) Count(ctx context.Context, query string, args ...any) (n int64, err error) {
	err = d.Read(ctx, func(db *gorm.DB) error { return Row(db, query, args, &n) })
	return n, err
}

// Insert runs a statement that adds rows, and returns the ID that the database gave the
// last one. It bypasses gorm as Rows does.
func Insert(db *gorm.DB, statement string, args ...any) (int64, error) {
	done, err := db.Statement.ConnPool.ExecContext(db.Statement.Context, statement, args...)
	if err != nil {
		return 0, err
	}
	return done.LastInsertId()
}

// Sweep deletes at most n of the rows that the condition selects. It first finds their
// primary keys, because MySQL and SQLite have no limited DELETE in common. A condition,
// once true of a row, must stay true.
func (d *DB) Sweep(ctx context.Context, table, key, condition string, n int, args ...any) (int64, error) {
	var deleted int64
	err := d.inTurn(ctx, func() error {
		return d.within(ctx, d.writer, func(db *gorm.DB) (err error) {
			deleted, err = sweepOnce(db, table, key, condition, n, args)
			return err
		})
	})
	return deleted, err
}

func sweepOnce(db *gorm.DB, table, key, condition string, n int, args []any) (int64, error) {
	var keys []any
	find := "SELECT " + key + " FROM " + table + " WHERE " + condition + " LIMIT ?"
	err := Rows(db, find, append(args, min(n, SweepMax)), func(s Scanner) error {
		keys = append(keys, nil)
		return s.Scan(&keys[len(keys)-1])
	})
	if err != nil || len(keys) == 0 {
		return 0, err
	}
	return Exec(db, "DELETE FROM "+table+" WHERE "+key+" IN ?", keys)
}

// SweepMax limits the length of a statement and the number of its locks.
const SweepMax = 1000
