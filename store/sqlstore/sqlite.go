package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	gormsqlite "gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"modernc.org/sqlite"
)

// sqliteReaders is how many connections read. Each has a page cache of its own.
const sqliteReaders = 4

// openSQLite opens a connection that writes what must last, one that writes what
// may be lost in a power cut, of which one at a time has its turn, and a few to
// read beside them.
func openSQLite(ctx context.Context, o Options, at place) (*DB, error) {
	if o.ReadOnly {
		return openToLook(o, at.file)
	}
	held, err := lock(at.file, false)
	if err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	if err := create(at.file); err != nil {
		return nil, fmt.Errorf("opening the database: %w", closing(held, err))
	}
	return openLocked(ctx, o, at.file, held)
}

// openLocked is openSQLite for a file that is there, and whose lock, if it has one,
// ends with the DB.
func openLocked(ctx context.Context, o Options, file string, held io.Closer) (*DB, error) {
	d := &DB{options: o, dialect: sqliteDialect(), present: sameFile(file), turn: make(chan struct{}, 1), held: held}
	writer, err := d.sqlitePool(file, 1, lasting)
	if err != nil {
		return nil, closing(d, err)
	}
	// The first connection turns the write-ahead log on, which is busy while
	// another process does the same.
	if err := patiently(ctx, writer.PingContext); err != nil {
		return nil, fmt.Errorf("opening the database: %w", closing(d, translate(ctx, err)))
	}
	moving, err := d.sqlitePool(file, 1, passing)
	if err != nil {
		return nil, closing(d, err)
	}
	reader, err := d.sqlitePool(file, sqliteReaders, reading)
	if err != nil {
		return nil, closing(d, err)
	}
	d.pool = writer
	d.migrations = func(context.Context) (*sql.DB, error) { return sqlitePool(file, lasting) }
	return d, d.attach(writer, moving, reader)
}

// openToLook opens connections that change nothing, not even how the log is kept. A
// file with nothing beside it is nobody's at the moment, and is read as one that does
// not change: SQLite would make a log and an index for it and, as it may not write,
// leave both. Should somebody begin to use it meanwhile, present says so.
func openToLook(o Options, file string) (*DB, error) {
	query := url.Values{"mode": {"ro"}, "_dqs": {"0"}, "_pragma": {"busy_timeout(1000)"}}
	present := sameFile(file)
	if alone(file) == nil {
		query.Set("immutable", "1")
		present = func() error { return alone(file) }
	}
	pool, err := openFile(file, query)
	if err != nil {
		return nil, err
	}
	d := &DB{options: o, dialect: sqliteDialect(), present: present, turn: make(chan struct{}, 1), pool: pool, closers: []io.Closer{pool}}
	pool.SetMaxOpenConns(2) // Examine has one and asks for another
	d.migrations = func(context.Context) (*sql.DB, error) {
		return nil, errors.New("the database was opened to be read only")
	}
	return d, d.attach(pool, pool, pool)
}

// alone is an error if a log is beside the file, as it is while somebody uses it.
func alone(file string) error {
	for _, end := range []string{"-wal", "-journal"} {
		if _, err := os.Lstat(file + end); !errors.Is(err, fs.ErrNotExist) {
			return cmpError(err, errors.New("somebody has begun to use the database"))
		}
	}
	return nil
}

// attach puts gorm over the pools.
func (d *DB) attach(writer, moving, reader *sql.DB) error {
	var over [3]*gorm.DB
	for i, pool := range []*sql.DB{writer, moving, reader} {
		db, err := gorm.Open(gormsqlite.New(gormsqlite.Config{Conn: pool}), gormConfig())
		if err != nil {
			return fmt.Errorf("preparing the database: %w", closing(d, err))
		}
		over[i] = db
	}
	d.connected(over[2], over[0])
	d.moving = over[1].Session(&gorm.Session{PrepareStmt: true})
	return nil
}

// A purpose is what connections to SQLite are for.
type purpose struct {
	queryOnly bool
	// synchronous FULL: what was acknowledged survives a power cut. NORMAL: it
	// survives the death of the process.
	synchronous string
}

var (
	lasting = purpose{false, "FULL"}
	passing = purpose{false, "NORMAL"}
	reading = purpose{true, "FULL"}
)

// create makes the file, unless it is there, readable for its owner alone. SQLite gives
// its log the same mode and owner.
func create(file string) error {
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // G304: the operator names the file
	if errors.Is(err, fs.ErrExist) {
		missing := os.O_CREATE // a link may lead nowhere yet
		if strangersLink(file) {
			missing = 0
		}
		f, err = os.OpenFile(file, os.O_RDWR|missing, 0o600) //nolint:gosec // G304: as above
	} else if err == nil {
		err = likeOwner(file, filepath.Dir(file))
	}
	if err != nil {
		return err
	}
	return f.Close()
}

func (d *DB) sqlitePool(file string, conns int, use purpose) (*sql.DB, error) {
	pool, err := sqlitePool(file, use)
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(conns)
	pool.SetMaxIdleConns(conns)
	d.closers = append(d.closers, pool)
	return pool, nil
}

// sqlitePool never makes a file (mode=rw): one that was removed under a running
// server must not come back empty, with a new first administrator.
func sqlitePool(file string, use purpose) (*sql.DB, error) {
	query := url.Values{"mode": {"rw"}, "_txlock": {"immediate"}, "_dqs": {"0"}, "_pragma": {
		"busy_timeout(5000)", // the context ends a wait before
		"journal_mode(WAL)",
		"synchronous(" + use.synchronous + ")",
		"foreign_keys(1)",
		"cache_size(-1024)",
		"temp_store(MEMORY)",
		"query_only(" + strconv.FormatBool(use.queryOnly) + ")",
	}}
	return openFile(file, query)
}

// rawSQLite opens a file as it is, in mode "ro" or "rw", on one connection.
func rawSQLite(file, mode string) (*sql.DB, error) {
	pool, err := openFile(file, url.Values{"mode": {mode}, "_txlock": {"immediate"}, "_dqs": {"0"}, "_pragma": {"busy_timeout(1000)"}})
	if err == nil {
		pool.SetMaxOpenConns(1)
	}
	return pool, err
}

func openFile(file string, query url.Values) (*sql.DB, error) {
	dsn := url.URL{Scheme: "file", Opaque: (&url.URL{Path: file}).EscapedPath(), RawQuery: query.Encode()}
	pool, err := sql.Open("sqlite", dsn.String())
	if err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	return pool, nil
}

// sameFile returns a check that the name still leads to the file it led to.
// SQLite itself would go on writing to a file that no longer has a name.
func sameFile(file string) func() error {
	opened, err := os.Stat(file)
	return func() error {
		if err != nil {
			return err
		}
		now, err := os.Stat(file)
		if err == nil && !os.SameFile(opened, now) {
			err = errors.New("the database file was replaced")
		}
		return err
	}
}

// patiently repeats f while the database is busy.
func patiently(ctx context.Context, f func(context.Context) error) error {
	for {
		err := f(ctx)
		if e, ok := errors.AsType[*sqlite.Error](err); !ok || !busy(e.Code()) {
			return err
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return err
		}
	}
}
