// Package engine talks to a database: MySQL, MariaDB, or a SQLite file without cgo. It
// owns connections, statements and transactions with their time-outs and retries,
// locks, and migrations; records are left to sqlstore. The drivers' errors stay inside:
// callers get those of package store. No log line or error shows a secret.
package engine

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"time"

	"gorm.io/gorm"

	"gatehouse/store"
	"gatehouse/store/breaker"
)

// Options say where the database is and how to use it.
type Options struct {
	// DSN is "sqlite:path" or "mysql://user:password@host:3306/database".
	DSN string
	// Now is the clock for a rotation's grace and a throttle's delay on SQLite. MySQL,
	// which several replicas share, uses its own.
	Now func() time.Time
	Log *slog.Logger
	// MaxConns limits the connections to MySQL; 0 means 32.
	MaxConns int
	// Timeout is how long a call may take before it returns ErrUnavailable. A
	// transaction, with its retries, may take half as long again. 0 means 2 s.
	Timeout time.Duration
	// ReadOnly opens the database without making a file, and every change fails. It
	// has no effect on MySQL.
	ReadOnly bool
}

// WithDefaults fills in the options that are zero.
func (o Options) WithDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now //nolint:forbidigo // the usual clock, unless another one is given
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.MaxConns <= 0 {
		o.MaxConns = 32
	}
	if o.Timeout <= 0 {
		o.Timeout = 2 * time.Second
	}
	return o
}

// A DB is an open database.
type DB struct {
	options Options
	Dialect Dialect
	// reader reads, and writer makes changes and begins transactions. On MySQL both are
	// one pool.
	reader, writer *gorm.DB
	// moving is for changes that a power cut may undo: see Pass. On MySQL it is writer.
	moving *gorm.DB
	// turn is held by the caller that writes to SQLite, which has one writer at a
	// time: a queue in memory is fairer and faster than polling its lock. nil on MySQL.
	turn chan struct{}
	// breaker refuses calls at once while MySQL hangs. It is nil on SQLite, where calls
	// wait only for locks of our own machine, which end on their own, while reads still
	// work.
	breaker *breaker.Breaker
	// pool is the pool that writes.
	pool *sql.DB
	// patient opens a pool for changes of the schema, which may take long.
	patient func(context.Context) (*sql.DB, error)
	// present returns an error if the file is not the one that was opened.
	present func() error
	closers []io.Closer
	// held is the lock that keeps a restore from replacing the file; nil on MySQL.
	held io.Closer
}

// Open connects to the database. It does not migrate it.
func Open(ctx context.Context, o Options) (*DB, error) {
	o = o.WithDefaults()
	at, err := ParseDSN(o.DSN)
	if err != nil {
		return nil, err
	}
	open := openMySQL
	if at.File != "" {
		open = openSQLite
	}
	d, err := open(ctx, o, at)
	if err != nil {
		return nil, err
	}
	if err := d.Ping(ctx); err != nil {
		return nil, fmt.Errorf("connecting to the database: %w", closing(d, err))
	}
	return d, nil
}

// closing closes c after err, and returns err.
func closing(c io.Closer, err error) error {
	_ = c.Close() // err matters more
	return err
}

// Close closes the database without waiting: calls in progress fail.
func (d *DB) Close() error {
	var first error
	for _, c := range d.closers {
		if err := c.Close(); err != nil && first == nil {
			first = err
		}
	}
	if d.held != nil {
		if err := d.held.Close(); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// Options returns the options with which the database was opened.
func (d *DB) Options() Options { return d.options }

// Pool returns the pool that writes.
func (d *DB) Pool() *sql.DB { return d.pool }

// Present returns an error if the file is not the one that was opened.
func (d *DB) Present() error { return d.present() }

// Stats returns the statistics of the pool that writes.
func (d *DB) Stats() sql.DBStats { return d.pool.Stats() }

// Refusing reports whether calls are refused because the database hangs.
func (d *DB) Refusing() bool { return d.breaker != nil && d.breaker.Open() }

// Ping returns an error if the database does not answer. It runs a query, since a proxy
// in between would answer a mere connection.
func (d *DB) Ping(ctx context.Context) error {
	if err := d.present(); err != nil {
		return because(store.ErrUnavailable, err)
	}
	_, err := d.Count(ctx, "SELECT 1")
	return err
}
