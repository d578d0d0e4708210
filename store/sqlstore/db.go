// Package sqlstore keeps the records in SQL: MySQL or MariaDB, or a SQLite file
// without cgo. It implements store.DB, and store.Rotations and store.Throttles
// for those who run without Redis. How a database is asked is package engine's to
// know; backups and examinations are package rescue's.
//
// Rows and gorm stay inside: what leaves are the records and errors of package store.
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
type DB struct{ *engine.DB }

var _ store.DB = (*DB)(nil)

// Open connects to the database. It does not migrate it.
func Open(ctx context.Context, o Options) (*DB, error) {
	db, err := engine.Open(ctx, o)
	if err != nil {
		return nil, err
	}
	return &DB{db}, nil
}

// Write implements store.DB.
func (d *DB) Write(ctx context.Context, f func(store.Tx) error) error {
	return d.write(ctx, func(t *tx) error { return f(t) })
}

// write runs f and then what it put off to the end of the transaction.
func (d *DB) write(ctx context.Context, f func(*tx) error) error {
	return d.Transact(ctx, func(e *engine.Tx) error {
		t := &tx{Tx: e, counts: map[tally]int64{}}
		if err := f(t); err != nil {
			return err
		}
		return t.writeCounts()
	})
}

// A tx is a transaction in progress.
type tx struct {
	*engine.Tx
	// counts is what user_counts must grow by.
	counts map[tally]int64
}

var _ store.Tx = (*tx)(nil)
