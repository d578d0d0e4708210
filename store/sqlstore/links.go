package sqlstore

import (
	"context"
	"time"

	"gorm.io/gorm"

	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

// linkColumns are the columns of a one-time link.
var linkColumns = []column[store.Link]{
	col("slot", func(l *store.Link) any { slot := l.Slot(); return blob(slot[:]) }).written(),
	col("digest", func(l *store.Link) any { return (*digestColumn)(&l.Digest) }).written(),
	col("purpose", func(l *store.Link) any { return &l.Purpose }),
	col("user_id", func(l *store.Link) any { return &l.UserID }),
	col("address", func(l *store.Link) any { return &l.Address }),
	col("address_key", func(l *store.Link) any { return &l.AddressKey }),
	col("generation", func(l *store.Link) any { return (*number)(&l.Generation) }),
	col("created_at", func(l *store.Link) any { return (*moment)(&l.CreatedAt) }),
	col("expires_at", func(l *store.Link) any { return (*moment)(&l.ExpiresAt) }),
}

var (
	linkTable    = tableOf("links", "", linkColumns)
	linkStands   = "digest = ? AND expires_at > ? AND created_at >= " + epochBegan
	linkByDigest = "SELECT " + linkTable.selected + " FROM links WHERE " + linkStands
	useLink      = "DELETE FROM links WHERE " + linkStands
)

// LinkByDigest implements store.Links.
func (d *DB) LinkByDigest(ctx context.Context, digest store.Digest, at time.Time) (store.Link, error) {
	l := store.Link{Digest: digest}
	err := d.Read(ctx, func(db *gorm.DB) error {
		return engine.Row(db, linkByDigest, []any{blob(digest[:]), millis(at)}, linkTable.dest(&l)...)
	})
	if err != nil {
		return store.Link{}, err
	}
	return l, nil
}

// SweepLinks implements store.Links.
func (d *DB) SweepLinks(ctx context.Context, limit time.Time, n int) (int64, error) {
	return d.Sweep(ctx, "links", "slot", "expires_at < ?", n, millis(limit))
}

// PutLink implements store.LinksTx. The primary key leaves one link in each slot.
func (t *tx) PutLink(l store.Link) error {
	return t.Do(func(db *gorm.DB) error {
		return linkTable.put(db, t.Dialect.Replace("slot", namesOf(linkColumns)[1:]...), l)
	})
}

// UseLink implements store.LinksTx. The DELETE is the gate.
func (t *tx) UseLink(digest store.Digest, at time.Time) (used bool, err error) {
	err = t.Do(func(db *gorm.DB) error {
		n, err := engine.Exec(db, useLink, blob(digest[:]), millis(at))
		used = n == 1
		return err
	})
	return used, err
}
