package engine

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"

	"github.com/go-sql-driver/mysql"
	"gorm.io/gorm"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"gatehouse/store"
)

// ErrRefused: the server or file is there and refuses us, and will do so again: a wrong
// password, an unknown database, a file that is not a database.
var ErrRefused = errors.New("the database refuses")

// refused reports whether another try would be refused likewise.
func refused(err error) bool {
	if e, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return slices.Contains([]uint16{
			1044, 1045, 1698, 1251, 1820, 1862, 4151, // access denied, in its kinds
			1049, // unknown database
		}, e.Number)
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		code := e.Code() & 0xff
		return code == sqlite3.SQLITE_NOTADB || code == sqlite3.SQLITE_CORRUPT
	}
	return false
}

// ErrGaveUp: the database gave up on a transaction through no fault of its own.
var ErrGaveUp = errors.New("transaction given up")

// Translate turns an error of gorm or of a driver into one of package store.
// Of the driver's error the text alone remains.
func Translate(ctx context.Context, err error) error {
	switch {
	case err == nil, errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrConflict), errors.Is(err, store.ErrUnavailable):
		return err
	case errors.Is(err, gorm.ErrRecordNotFound), errors.Is(err, sql.ErrNoRows):
		return store.ErrNotFound
	case Duplicate(err):
		return store.ErrConflict
	case errors.Is(context.Cause(ctx), context.Canceled), errors.Is(err, context.Canceled):
		return fmt.Errorf("asking the database: %w", context.Canceled) // the caller went away
	case ctx.Err() != nil:
		return fmt.Errorf("no answer in time: %w", because(store.ErrUnavailable, err))
	case refused(err):
		return because(fmt.Errorf("%w: %w", store.ErrUnavailable, ErrRefused), err)
	case gaveUp(err):
		return because(fmt.Errorf("%w: %w", store.ErrUnavailable, ErrGaveUp), err)
	case unavailable(err):
		return because(store.ErrUnavailable, err)
	}
	return because(errAsking, err)
}

// errAsking is what remains of a fault of ours.
var errAsking = errors.New("asking the database")

// because keeps the text of a driver's error and drops its type.
func because(kind, err error) error { return fmt.Errorf("%w: %s", kind, err.Error()) }

// Duplicate reports whether a row has a key that another row has.
func Duplicate(err error) bool {
	if e, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return e.Number == 1062
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	return false
}

// gaveUp: a deadlock, a lock that took too long, a row that changed since it
// was read (MariaDB's snapshot check), a busy file.
func gaveUp(err error) bool {
	if e, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return e.Number == 1213 || e.Number == 1205 || e.Number == 1020
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return busy(e.Code())
	}
	return errors.Is(err, ErrGaveUp)
}

// Busy reports whether another connection keeps SQLite from what was asked.
func Busy(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && busy(e.Code())
}

// NoTable reports whether a statement names a table that is not there.
func NoTable(err error) bool {
	if e, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return e.Number == 1146
	}
	return err != nil && strings.Contains(err.Error(), "no such table") // it has no number of its own
}

// busy looks at the primary code, which is the lowest byte.
func busy(code int) bool {
	return code&0xff == sqlite3.SQLITE_BUSY || code&0xff == sqlite3.SQLITE_LOCKED
}

func unavailable(err error) bool {
	if e, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return mysqlUnavailable(e)
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return sqliteUnavailable(e.Code() & 0xff)
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	for _, lost := range []error{
		driver.ErrBadConn, sql.ErrConnDone, sql.ErrTxDone, io.EOF, io.ErrUnexpectedEOF, context.DeadlineExceeded,
		mysql.ErrInvalidConn, mysql.ErrMalformPkt, mysql.ErrPktSync, mysql.ErrBusyBuffer,
	} {
		if errors.Is(err, lost) {
			return true
		}
	}
	// database/sql has no value for it.
	return strings.Contains(err.Error(), "sql: database is closed")
}

// lost: the connection ended under the statement, and it is not known how far it came.
func lost(err error) bool {
	if err == nil {
		return false
	}
	if e, ok := errors.AsType[*mysql.MySQLError](err); ok {
		// shutting down, MariaDB's and MySQL's words for a connection that was ended
		return e.Number == 1053 || e.Number == 1927 || e.Number == 4031
	}
	if e, ok := errors.AsType[net.Error](err); ok {
		return !e.Timeout()
	}
	for _, gone := range []error{driver.ErrBadConn, mysql.ErrInvalidConn, io.EOF, io.ErrUnexpectedEOF} {
		if errors.Is(err, gone) {
			return true
		}
	}
	return false
}

// mysqlUnavailable goes by the SQLSTATE's class. What is wrong with a statement
// of ours (22, 23, 42) is a fault to be seen, unless it is one of the refusals
// that MySQL files there though an operator's doing is behind it.
func mysqlUnavailable(e *mysql.MySQLError) bool {
	switch string(e.SQLState[:2]) {
	case "08", "28", "40", "53", "70":
		return true
	case "22", "23", "42":
		return slices.Contains([]uint16{
			1044, 1142, 1143, // access denied
			1049,       // unknown database
			1203, 1226, // too many connections of this user
		}, e.Number)
	}
	return e.Number != 1366 && e.Number != 1364 // a value that does not fit, a column without one
}

func sqliteUnavailable(primary int) bool {
	return slices.Contains([]int{
		sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_READONLY,
		sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_FULL,
		sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_PERM,
	}, primary)
}
