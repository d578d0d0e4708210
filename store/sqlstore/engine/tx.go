package engine

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"time"

	"gorm.io/gorm"

	"gatehouse/store"
)

// tries is how often a transaction or statement is begun at most.
const tries = 3

// Transact runs f in one transaction, as store.DB promises it of Write.
func (d *DB) Transact(caller context.Context, f func(*Tx) error) error {
	ctx, cancel := context.WithTimeout(caller, d.options.Timeout*3/2)
	defer cancel()
	return d.guard(caller, ctx, func() error {
		return d.persist(ctx, func() error {
			return d.inTurn(ctx, func() error { return d.attempt(ctx, f) })
		})
	})
}

// persist runs f again if the database gave up on it.
func (d *DB) persist(ctx context.Context, f func() error) error {
	for try := 1; ; try++ {
		err := f()
		if err == nil || try == tries || !errors.Is(err, ErrGaveUp) {
			return err
		}
		d.options.Log.Debug("asking the database again", "try", try+1, "err", err)
		if pause(ctx, time.Duration(try)*10*time.Millisecond) != nil {
			return err
		}
	}
}

// attempt runs f in one transaction.
func (d *DB) attempt(ctx context.Context, f func(*Tx) error) error {
	if err := d.present(); err != nil {
		return because(store.ErrUnavailable, err)
	}
	db := d.tx.WithContext(ctx).Begin()
	if db.Error != nil {
		return Translate(ctx, db.Error)
	}
	open := true
	defer func() {
		if open { // f failed, or panicked
			db.Rollback()
		}
	}()
	t := &Tx{Dialect: d.Dialect, db: db, ctx: ctx}
	if err := t.run(f); err != nil {
		return err
	}
	open = false
	return t.commit()
}

// A Tx is a transaction in progress. Its context is that of the one call of
// Transact that it lives in.
type Tx struct {
	Dialect Dialect
	db      *gorm.DB
	ctx     context.Context
	// gaveUp is set once the database has given up. MySQL has then ended the
	// transaction, and would commit further statements one by one.
	gaveUp error
}

// run runs f. That the database gave up comes before what f made of it.
func (t *Tx) run(f func(*Tx) error) error {
	err := f(t)
	if t.gaveUp != nil {
		return t.gaveUp
	}
	return err
}

// commit: after an error it is not known whether the change was made, so that it
// is not begun again, unless the database says that it was not.
func (t *Tx) commit() error {
	err := t.db.Commit().Error
	switch translated := Translate(t.ctx, err); {
	case err == nil, errors.Is(translated, store.ErrUnavailable), errors.Is(translated, context.Canceled):
		return translated
	default:
		return fmt.Errorf("committing: %w", because(store.ErrUnavailable, err))
	}
}

// Do runs statements of the transaction.
func (t *Tx) Do(f func(*gorm.DB) error) error {
	if t.gaveUp != nil {
		return t.gaveUp
	}
	err := Translate(t.ctx, f(t.db))
	if errors.Is(err, ErrGaveUp) {
		t.gaveUp = err
	}
	return err
}

// Whole runs f so that nothing of it remains if it fails, though the
// transaction goes on.
func (t *Tx) Whole(f func(*gorm.DB) error) error {
	return t.Do(func(db *gorm.DB) error {
		if err := db.Exec("SAVEPOINT whole").Error; err != nil {
			return err
		}
		if err := f(db); err != nil {
			// It fails after a deadlock, when there is nothing left to undo.
			db.Exec("ROLLBACK TO SAVEPOINT whole")
			return err
		}
		return db.Exec("RELEASE SAVEPOINT whole").Error
	})
}

// pause waits for d and up to as long again, so that callers that collided do not
// meet again.
func pause(ctx context.Context, d time.Duration) error {
	extra, err := rand.Int(rand.Reader, big.NewInt(int64(d)))
	if err != nil {
		return err
	}
	timer := time.NewTimer(d + time.Duration(extra.Int64()))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
