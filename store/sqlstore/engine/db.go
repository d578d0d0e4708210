// Package engine asks a database, MySQL or MariaDB or a SQLite file without cgo:
// connections, statements and transactions with their time-outs and second tries,
// locks, and migrations. It knows no records. The drivers' errors stay inside: what
// leaves are those of package store. No secret is logged or shown in an error.
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
	// Now is the clock by which SQLite judges a rotation's grace and a throttle's
	// delay; MySQL, which several replicas share, judges by its own.
	Now func() time.Time
	Log *slog.Logger
	// MaxConns is how many connections to MySQL there may be; 0 means 32.
	MaxConns int
	// Timeout is how long a call may take before it is ErrUnavailable; a
	// transaction with its retries has half as long again. 0 means 2 s.
	Timeout time.Duration
	// ReadOnly is for looking at the database: it makes no file, and every change fails.
	// On MySQL it means nothing.
	ReadOnly bool
}

// WithDefaults fills in the options that were not given.
func (o Options) WithDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now //nolint:forbidigo // the usual clock, unless another one was given
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
	// reader and writer serve single statements, transactions begin on tx. On
	// MySQL all three are one pool.
	reader, writer, tx *gorm.DB
	// moving is for what may be lost in a power cut: see pass. On MySQL it is writer.
	moving *gorm.DB
	// turn is held by the caller that writes to SQLite, which has one writer at a
	// time: a queue in memory is fairer and faster than polling its lock. nil on MySQL.
	turn chan struct{}
	// breaker refuses at once while MySQL hangs. It is nil on SQLite, whose waits are
	// for locks of our own machine: each ends by itself, and reading goes on meanwhile.
	breaker *breaker.Breaker
	// pool is the pool that writes.
	pool *sql.DB
	// patient opens the pool for changes of the schema, which may take long.
	patient func(context.Context) (*sql.DB, error)
	// present reports why the file is not the one that was opened.
	present func() error
	closers []io.Closer
	// held keeps a backup from being put in the place of the file; nil on MySQL.
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

// closing closes c, which is not used after err.
func closing(c io.Closer, err error) error {
	_ = c.Close() // err is what matters
	return err
}

// Close does not wait: calls in progress fail.
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

// Options are those that it was opened with.
func (d *DB) Options() Options { return d.options }

// Pool is the pool that writes.
func (d *DB) Pool() *sql.DB { return d.pool }

// Present reports why the file is not the one that was opened.
func (d *DB) Present() error { return d.present() }

// Stats are those of the pool that writes.
func (d *DB) Stats() sql.DBStats { return d.pool.Stats() }

// Refusing reports whether the database hangs, and is not asked.
func (d *DB) Refusing() bool { return d.breaker != nil && d.breaker.Open() }

// Ping asks whether the database answers. It asks the database, not only the network: a
// proxy in between answers for itself.
func (d *DB) Ping(ctx context.Context) error {
	if err := d.present(); err != nil {
		return because(store.ErrUnavailable, err)
	}
	_, err := d.Count(ctx, "SELECT 1")
	return err
}
