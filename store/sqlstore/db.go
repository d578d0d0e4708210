// Package sqlstore keeps the records in SQL: MySQL or MariaDB, or a SQLite file
// without cgo. It implements store.DB, and, for servers without Redis,
// store.Rotations and store.Throttles. Package engine runs the statements; package
// rescue makes backups and examines databases.
//
// Rows and gorm stay inside: callers see only the records and errors of package store.
package sqlstore

import (
	"context"

	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

// Options say where the database is and how to use it.
type Options = engine.Options

// ErrRefused is engine.ErrRefused.
var ErrRefused = engine.ErrRefused

// A DB is an open database. It implements store.DB.
type DB struct {
	*engine.DB
	// Audited, if set, gets the audit events of each change, once they are on record. It is
	// set before the first call.
	Audited func(events ...store.AuditEvent)

	partitioned partitioning
}

var _ store.DB = (*DB)(nil)

// Open connects to the database. It does not migrate it.
func Open(ctx context.Context, o Options) (*DB, error) {
	db, err := engine.Open(ctx, o)
	if err != nil {
		return nil, err
	}
	return &DB{DB: db}, nil
}

// Write implements store.DB.
func (d *DB) Write(ctx context.Context, f func(store.Tx) error) error {
	return d.write(ctx, func(t *tx) error { return f(t) })
}

// write runs f, and then writes the counts that f changed.
func (d *DB) write(ctx context.Context, f func(*tx) error) error {
	var t *tx
	err := d.Transact(ctx, func(e *engine.Tx) error {
		t = &tx{Tx: e, counts: map[tally]int64{}}
		if err := f(t); err != nil {
			return err
		}
		return t.writeCounts()
	})
	if err == nil && d.Audited != nil && len(t.audited) > 0 {
		d.Audited(t.audited...)
	}
	return err
}

// A tx is a transaction in progress.
type tx struct {
	*engine.Tx
	// counts is by how much each row of user_counts must grow.
	counts map[tally]int64
	// audited are the audit events that it wrote.
	audited []store.AuditEvent
}

var _ store.Tx = (*tx)(nil)
