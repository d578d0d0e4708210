package sqlstore

import (
	"context"
	"strings"
	"time"

	"gorm.io/gorm"

	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

// mailColumns are the columns of a message that waits.
var mailColumns = []column[store.Mail]{
	col("id", func(m *store.Mail) any { return &m.ID }).byDatabase(),
	col("digest", func(m *store.Mail) any { return (*digestColumn)(&m.Digest) }),
	col("purpose", func(m *store.Mail) any { return &m.Purpose }),
	col("user_id", func(m *store.Mail) any { return &m.UserID }),
	col("content", func(m *store.Mail) any { return &m.Content }),
	col("created_at", func(m *store.Mail) any { return (*moment)(&m.CreatedAt) }),
	col("tries", func(m *store.Mail) any { return &m.Tries }),
	col("next_try", func(m *store.Mail) any { return (*moment)(&m.NextTry) }).written(),
}

var mailQueue = queue[store.Mail]{
	name: "mails", table: tableOf("mails", "", mailColumns),
	claim: func(m *store.Mail, again time.Time) int64 {
		m.Tries++
		m.NextTry = again
		return m.ID
	},
}

// replaceMail is an INSERT that deletes the row with the same digest, in one step. The new
// row has an ID of its own, so that a replica which is sending the other does not drop it.
var replaceMail = "REPLACE" + strings.TrimPrefix(mailQueue.inserted, "INSERT")

// AddMail implements store.MailsTx.
func (t *tx) AddMail(m store.Mail, most int) (added bool, err error) {
	err = t.Do(func(db *gorm.DB) error {
		full, err := engine.Exists(db, "SELECT 1 FROM mails WHERE digest <> ? LIMIT 1 OFFSET ?", m.Digest[:], most-1)
		if added = err == nil && !full; !added {
			return err
		}
		_, err = engine.Insert(db, replaceMail, mailQueue.values(&m)...)
		return err
	})
	return added, err
}

// CountMails implements store.Mails.
func (d *DB) CountMails(ctx context.Context, most int) (n int, err error) {
	err = d.Read(ctx, func(db *gorm.DB) error {
		return engine.Row(db, "SELECT COUNT(*) FROM (SELECT 1 FROM mails LIMIT ?) AS waiting", []any{most}, &n)
	})
	return n, err
}

// ClaimMails implements store.Mails.
func (d *DB) ClaimMails(ctx context.Context, now, again time.Time, n int) (claimed []store.Mail, err error) {
	err = d.write(ctx, func(t *tx) error {
		return t.Do(func(db *gorm.DB) error {
			claimed, err = mailQueue.claimDue(db, t.Dialect.ForUpdateOfFree, "", nil, now, again, n)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	return claimed, nil
}

// PutOffMail implements store.Mails.
func (d *DB) PutOffMail(ctx context.Context, id int64, next time.Time) error {
	return d.Change(ctx, func(db *gorm.DB) error {
		return db.Exec("UPDATE mails SET next_try = ? WHERE id = ?", millis(next), id).Error
	})
}

// DropMail implements store.MailsTx.
func (t *tx) DropMail(id int64) (dropped bool, err error) {
	err = t.Do(func(db *gorm.DB) error {
		n, err := engine.Exec(db, "DELETE FROM mails WHERE id = ?", id)
		dropped = n > 0
		return err
	})
	return dropped, err
}

// SweepMails implements store.Mails.
func (d *DB) SweepMails(ctx context.Context, limit time.Time, n int) (int64, error) {
	return d.Sweep(ctx, "mails", "id", "created_at < ?", n, millis(limit))
}
