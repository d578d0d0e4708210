package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-sql-driver/mysql"
)

// ErrDenied means that the account of the servers may not do this.
var ErrDenied = errors.New("the database's account may not")

func denied(err error) bool {
	e, ok := errors.AsType[*mysql.MySQLError](err)
	return ok && (e.Number == 1142 || e.Number == 1044)
}

// Alter runs f, which changes a table of MySQL while servers use it. Its connection waits
// without end for an answer, but only a second for others to let go of the table, since
// whoever comes to the table after it waits behind it: then f gets ErrGaveUp, translated.
func (d *DB) Alter(ctx context.Context, f func(Session) error) error {
	pool, err := d.patient(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = pool.Close() }()
	conn, err := pool.Conn(ctx)
	if err != nil {
		return fmt.Errorf("altering: %w", Translate(ctx, err))
	}
	defer func() { _ = conn.Close() }()
	_, err = conn.ExecContext(ctx, "SET SESSION lock_wait_timeout = 1")
	if err == nil {
		err = f(conn)
	}
	if denied(err) {
		return because(ErrDenied, err)
	}
	return Translate(ctx, err)
}
