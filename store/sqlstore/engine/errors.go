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

// ErrRefused means that the server or file refuses us and will do so again: a wrong
// password, an unknown database, a file that is not a database.
var ErrRefused = errors.New("the database refuses")

// refused reports whether another try would be refused, too.
func refused(err error) bool {
	if e, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return slices.Contains([]uint16{
			1044, 1045, 1698, 1251, 1820, 1862, 4151, // access denied, for various reasons
			1049, // unknown database
		}, e.Number)
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		code := e.Code() & 0xff
		return code == sqlite3.SQLITE_NOTADB || code == sqlite3.SQLITE_CORRUPT
	}
	return false
}

// ErrGaveUp means that the database gave up on a transaction through no fault of the
// transaction's.
var ErrGaveUp = errors.New("transaction given up")

// Translate turns an error of gorm or of a driver into one of package store. Only the
// text of the driver's error remains.
func Translate(ctx context.Context, err error) error {
	switch {
	case err == nil, errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrConflict), errors.Is(err, store.ErrFull), errors.Is(err, store.ErrUnavailable):
		return err
	case errors.Is(err, gorm.ErrRecordNotFound), errors.Is(err, sql.ErrNoRows):
		return store.ErrNotFound
	case Duplicate(err):
		return store.ErrConflict
	case errors.Is(context.Cause(ctx), context.Canceled), errors.Is(err, context.Canceled):
		return fmt.Errorf("querying the database: %w", context.Canceled) // the caller went away
	case ctx.Err() != nil:
		return fmt.Errorf("no answer in time: %w", because(store.ErrUnavailable, err))
	case refused(err):
		return because(fmt.Errorf("%w: %w", store.ErrUnavailable, ErrRefused), err)
	case gaveUp(err):
		return because(fmt.Errorf("%w: %w", store.ErrUnavailable, ErrGaveUp), err)
	case unavailable(err):
		return because(store.ErrUnavailable, err)
	}
	return because(errQuerying, err)
}

// errQuerying is for errors that are our own fault.
var errQuerying = errors.New("querying the database")

// because keeps the text of a driver's error and drops its type.
func because(kind, err error) error { return fmt.Errorf("%w: %s", kind, err.Error()) }

// numbered reports whether MySQL refused with one of these numbers.
func numbered(err error, numbers ...uint16) bool {
	e, ok := errors.AsType[*mysql.MySQLError](err)
	return ok && slices.Contains(numbers, e.Number)
}

// Duplicate reports whether a statement failed because another row has the same key.
func Duplicate(err error) bool {
	if e, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return e.Number == 1062
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	return false
}

// gaveUp reports a deadlock, a lock that took too long, a row that changed since it was
// read (MariaDB's snapshot check), or a busy file.
func gaveUp(err error) bool {
	if e, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return e.Number == 1213 || e.Number == 1205 || e.Number == 1020
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return busy(e.Code())
	}
	return errors.Is(err, ErrGaveUp)
}

// Busy reports whether a statement on SQLite failed because of another connection's lock.
func Busy(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && busy(e.Code())
}

// NoTable reports whether a statement failed because a table does not exist.
func NoTable(err error) bool {
	if e, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return e.Number == 1146
	}
	return err != nil && strings.Contains(err.Error(), "no such table") // SQLite has no code for it
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
	// database/sql exports no value for this error.
	return strings.Contains(err.Error(), "sql: database is closed")
}

// lost reports whether the connection broke during the statement, which may or may not
// have taken effect.
func lost(err error) bool {
	if err == nil {
		return false
	}
	if e, ok := errors.AsType[*mysql.MySQLError](err); ok {
		// shutting down; a killed connection, in MariaDB and in MySQL
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

// mysqlUnavailable judges by the class of the SQLSTATE. Classes 22, 23 and 42 are errors
// in our statements, and must be seen as such, except for some refusals that MySQL puts
// there although an operator caused them.
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
