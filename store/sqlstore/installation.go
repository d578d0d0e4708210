package sqlstore

import (
	"context"
	"crypto/rand"
	"errors"

	"gorm.io/gorm"

	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

// Installation returns the ID of this installation: random, made by the first caller,
// and the same ever after. It keeps installations apart that share a Redis. A copy of
// the database has the same ID, and so needs a Redis of its own.
func (d *DB) Installation(ctx context.Context) (id string, err error) {
	err = d.Read(ctx, func(db *gorm.DB) (err error) { id, err = installation(db); return err })
	if !errors.Is(err, store.ErrNotFound) {
		return id, err
	}
	err = d.Change(ctx, func(db *gorm.DB) error {
		const characters = 12 // of five bits
		err := db.Exec("INSERT INTO installations (only_one, id) VALUES (1, ?)", rand.Text()[:characters]).Error
		if err != nil && !engine.Duplicate(err) {
			return err
		}
		id, err = installation(db) // the first of several callers has made it
		return err
	})
	return id, err
}

func installation(db *gorm.DB) (id string, err error) {
	return id, engine.Row(db, "SELECT id FROM installations WHERE only_one = 1", nil, &id)
}
