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

// tries is how many times, at most, a transaction or statement is begun.
const tries = 3

// Transact runs f in one transaction, as store.DB promises for Write.
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
		d.options.Log.Debug("retrying after the database gave up", "try", try+1, "err", err)
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
	db := d.writer.WithContext(ctx).Begin()
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

// A Tx is a transaction in progress. Its context is that of its call of Transact.
type Tx struct {
	Dialect Dialect
	db      *gorm.DB
	ctx     context.Context
	// gaveUp is set once the database has given up. MySQL has then ended the
	// transaction, and would commit further statements one by one.
	gaveUp error
}

// run runs f. If the database gave up, it returns that error, whatever f returned.
func (t *Tx) run(f func(*Tx) error) error {
	err := f(t)
	if t.gaveUp != nil {
		return t.gaveUp
	}
	return err
}

// commit commits. After an error nobody knows whether the change was made. So the
// transaction is not retried, unless the database says that it was not committed.
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

// Nested runs f behind a savepoint: if f fails, its changes are undone, and the
// transaction can continue.
func (t *Tx) Nested(f func(*gorm.DB) error) error {
	return t.Do(func(db *gorm.DB) error {
		if err := db.Exec("SAVEPOINT whole").Error; err != nil {
			return err
		}
		if err := f(db); err != nil {
			// This fails after a deadlock, which has undone everything already.
			db.Exec("ROLLBACK TO SAVEPOINT whole")
			return err
		}
		return db.Exec("RELEASE SAVEPOINT whole").Error
	})
}

// pause waits for d and a random time up to d, so that callers that collided do not
// collide again.
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
