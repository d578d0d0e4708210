package sqlstore

import (
	"context"
	"time"

	"gorm.io/gorm"

	"gatehouse/store"
)

// noticeColumns are the columns of a logout notice.
var noticeColumns = []column[store.LogoutNotice]{
	col("id", func(n *store.LogoutNotice) any { return &n.ID }).byDatabase(),
	col("client_id", func(n *store.LogoutNotice) any { return &n.ClientID }),
	col("sub", func(n *store.LogoutNotice) any { return &n.Sub }),
	col("session_id", func(n *store.LogoutNotice) any { return &n.SessionID }),
	col("uri", func(n *store.LogoutNotice) any { return &n.URI }),
	col("created_at", func(n *store.LogoutNotice) any { return (*moment)(&n.CreatedAt) }),
	col("tries", func(n *store.LogoutNotice) any { return &n.Tries }),
	col("next_try", func(n *store.LogoutNotice) any { return (*moment)(&n.NextTry) }).written(),
}

var noticeQueue = queue[store.LogoutNotice]{
	name: "logout_notices", table: tableOf("logout_notices", "", noticeColumns),
	claim: func(n *store.LogoutNotice, again time.Time) int64 {
		n.Tries++
		n.NextTry = again
		return n.ID
	},
}

// AddNotice implements store.NoticesTx.
func (t *tx) AddNotice(n store.LogoutNotice) error {
	return t.Do(func(db *gorm.DB) error { return noticeQueue.add(db, n) })
}

// oweNotices adds a notice for the app of each of the sessions, which have just ended,
// if it has a back-channel logout URI. All code that ends sessions calls it, so that
// no app is forgotten. P knows what it needs of a user or client who is gone, or else
// the pending end of their deletion does, which has not come to the session yet.
func oweNotices(db *gorm.DB, sids []string, p store.PendingEnd, at time.Time) error {
	const gone = "FROM pending_ends e WHERE e.gone = 1 AND e.user_id = "
	sub := "COALESCE(u.sub, NULLIF(?, ''), (SELECT MAX(e.sub) " + gone + "s.user_id), '')"
	client := " LEFT JOIN clients c ON c.id = s.client_id"
	uri := "COALESCE(c.backchannel_logout_uri, NULLIF(?, ''), (SELECT MAX(e.logout_uri) " + gone + "0 AND e.client_id = s.client_id), '')"
	if p.Gone && p.ClientID != "" { // another client may have its ID by now
		client, uri = "", "?"
	}
	return db.Exec("INSERT INTO logout_notices (client_id, sub, session_id, uri, created_at, tries, next_try)"+
		" SELECT s.client_id, "+sub+", s.id, "+uri+", ?, 0, ? FROM sessions s"+client+
		" LEFT JOIN users u ON u.id = s.user_id WHERE s.id IN ? AND "+uri+" <> '' AND "+sub+" <> ''",
		p.Sub, p.LogoutURI, millis(at), millis(at), sids, p.LogoutURI, p.Sub).Error
}

// NoticedClients implements store.Notices.
func (d *DB) NoticedClients(ctx context.Context, now time.Time) (clients []string, err error) {
	err = d.Read(ctx, func(db *gorm.DB) error {
		clients = nil
		return db.Raw("SELECT client_id FROM logout_notices GROUP BY client_id HAVING MIN(next_try) <= ?", millis(now)).Scan(&clients).Error
	})
	return clients, err
}

// ClaimNotices implements store.Notices.
func (d *DB) ClaimNotices(ctx context.Context, clientID string, now, again time.Time, n int) (claimed []store.LogoutNotice, err error) {
	err = d.write(ctx, func(t *tx) error {
		return t.Do(func(db *gorm.DB) error {
			claimed, err = noticeQueue.claimDue(db, t.Dialect.ForUpdateOfFree, "client_id = ? AND ", []any{clientID}, now, again, n)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	return claimed, nil
}

// PutOffNotice implements store.Notices.
func (d *DB) PutOffNotice(ctx context.Context, id int64, next time.Time) error {
	return d.Change(ctx, func(db *gorm.DB) error {
		return db.Exec("UPDATE logout_notices SET next_try = ? WHERE id = ?", millis(next), id).Error
	})
}

// DropNotice implements store.Notices.
func (d *DB) DropNotice(ctx context.Context, id int64) error {
	return d.Change(ctx, func(db *gorm.DB) error {
		return db.Exec("DELETE FROM logout_notices WHERE id = ?", id).Error
	})
}
