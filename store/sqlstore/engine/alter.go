package engine

import (
	"context"
	"database/sql"
	"errors"
)

// ErrDenied means that the account of the servers may not do this.
var ErrDenied = errors.New("the database's account may not")

// Alter runs f, which changes a table of MySQL while servers use it. Its connection waits
// without end for an answer, but only a second for others to let go of the table, since
// whoever comes to the table after it waits behind it: then f gets ErrGaveUp, translated.
func (d *DB) Alter(ctx context.Context, f func(Session) error) error {
	return d.apart(ctx, "altering", func(conn *sql.Conn) error {
		_, err := conn.ExecContext(ctx, "SET SESSION lock_wait_timeout = 1")
		if err == nil {
			err = f(conn)
		}
		if numbered(err, 1142, 1044) {
			return because(ErrDenied, err)
		}
		return Translate(ctx, err)
	})
}
