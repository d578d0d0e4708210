package engine

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"time"

	"gorm.io/gorm"
	"modernc.org/sqlite"

	"gatehouse/store/sqlstore/dbfile"
)

// sqliteReaders is how many connections read. Each has its own page cache.
const sqliteReaders = 4

// openSQLite opens a connection for changes that must last, one for changes that a power
// cut may undo, and a few that read. The first two take turns.
func openSQLite(ctx context.Context, o Options, at Place) (*DB, error) {
	if o.ReadOnly {
		return OpenToLook(o, at.File)
	}
	held, err := dbfile.Lock(at.File, false)
	if err != nil {
		return nil, err
	}
	if err := dbfile.Create(at.File); err != nil {
		return nil, closing(held, err)
	}
	return OpenLocked(ctx, o, at.File, held)
}

// OpenLocked is openSQLite for an existing file. Closing the DB releases the lock held,
// which may be nil.
func OpenLocked(ctx context.Context, o Options, file string, held io.Closer) (*DB, error) {
	d := &DB{options: o, Dialect: sqliteDialect(), present: dbfile.Same(file), turn: make(chan struct{}, 1), held: held}
	writer, err := d.sqlitePool(file, 1, lasting)
	if err != nil {
		return nil, closing(d, err)
	}
	// The first connection turns the write-ahead log on, which is busy while
	// another process does the same.
	if err := patiently(ctx, writer.PingContext); err != nil {
		return nil, fmt.Errorf("opening the database: %w", closing(d, Translate(ctx, err)))
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
	d.patient = func(context.Context) (*sql.DB, error) { return openPool(file, lasting) }
	return d, d.attach(writer, moving, reader)
}

// OpenToLook opens connections that change nothing, not even the journal mode. A file
// without a log beside it is not in use, and is read as immutable. Otherwise SQLite
// would make a log and an index for it and, as it may not write, leave both behind. If
// another process begins to use the file meanwhile, present returns an error.
func OpenToLook(o Options, file string) (*DB, error) {
	query := url.Values{"mode": {"ro"}, "_dqs": {"0"}, "_pragma": {"busy_timeout(1000)"}}
	present := dbfile.Same(file)
	if dbfile.Alone(file) == nil {
		query.Set("immutable", "1")
		present = func() error { return dbfile.Alone(file) }
	}
	pool, err := openFile(file, query)
	if err != nil {
		return nil, err
	}
	d := &DB{options: o, Dialect: sqliteDialect(), present: present, turn: make(chan struct{}, 1), pool: pool, closers: []io.Closer{pool}}
	pool.SetMaxOpenConns(2) // Examine holds one and opens another
	d.patient = func(context.Context) (*sql.DB, error) {
		return nil, errors.New("the database was opened for reading only")
	}
	return d, d.attach(pool, pool, pool)
}

// attach opens gorm's handles of the pools.
func (d *DB) attach(writer, moving, reader *sql.DB) error {
	var over [3]*gorm.DB
	for i, pool := range []*sql.DB{writer, moving, reader} {
		db, err := gorm.Open(sqliteDialector{pool}, gormConfig())
		if err != nil {
			return fmt.Errorf("preparing the database: %w", closing(d, err))
		}
		over[i] = db
	}
	d.writer, d.moving, d.reader = over[0], over[1], over[2]
	return nil
}

// A purpose is what connections to SQLite are for.
type purpose struct {
	queryOnly bool
	// synchronous FULL: acknowledged changes survive a power cut. NORMAL: they survive
	// the death of the process.
	synchronous string
}

var (
	lasting = purpose{false, "FULL"}
	passing = purpose{false, "NORMAL"}
	reading = purpose{true, "FULL"}
)

func (d *DB) sqlitePool(file string, conns int, use purpose) (*sql.DB, error) {
	pool, err := openPool(file, use)
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(conns)
	pool.SetMaxIdleConns(conns)
	d.closers = append(d.closers, pool)
	return pool, nil
}

// openPool never makes a file (mode=rw): a file that is removed under a running server
// must not come back empty, ready for a new first administrator.
func openPool(file string, use purpose) (*sql.DB, error) {
	query := url.Values{"mode": {"rw"}, "_txlock": {"immediate"}, "_dqs": {"0"}, "_pragma": {
		"busy_timeout(5000)", // the context ends a wait earlier
		"journal_mode(WAL)",
		"synchronous(" + use.synchronous + ")",
		"foreign_keys(1)",
		"cache_size(-1024)",
		"temp_store(MEMORY)",
		"query_only(" + strconv.FormatBool(use.queryOnly) + ")",
	}}
	return openFile(file, query)
}

// CopySQLite lets SQLite write a copy, as one reading transaction sees it, log included.
func CopySQLite(ctx context.Context, file, to string) error {
	pool, err := openPool(file, lasting)
	if err != nil {
		return err
	}
	defer func() { _ = pool.Close() }()
	return patiently(ctx, func(ctx context.Context) error {
		_, err := pool.ExecContext(ctx, "VACUUM INTO ?", to)
		return err
	})
}

// RawSQLite opens a file as it is, in mode "ro" or "rw", on one connection.
func RawSQLite(file, mode string) (*sql.DB, error) {
	pool, err := openFile(file, url.Values{"mode": {mode}, "_txlock": {"immediate"}, "_dqs": {"0"}, "_pragma": {"busy_timeout(1000)"}})
	if err == nil {
		pool.SetMaxOpenConns(1)
	}
	return pool, err
}

func openFile(file string, query url.Values) (*sql.DB, error) {
	dsn := url.URL{Scheme: "file", Opaque: (&url.URL{Path: file}).EscapedPath(), RawQuery: query.Encode()}
	c, err := sqlite.NewConnector(dsn.String())
	if err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	return sql.OpenDB(keeping{c}), nil
}

// patiently repeats f while the database is busy.
func patiently(ctx context.Context, f func(context.Context) error) error {
	for {
		err := f(ctx)
		if !Busy(err) {
			return err
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return err
		}
	}
}
