package sqlstore

import (
	"cmp"
	"context"
	"time"

	"gorm.io/gorm"

	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

// consentColumns are the columns of a consent.
var consentColumns = []column[store.Consent]{
	col("user_id", func(c *store.Consent) any { return &c.UserID }),
	col("client_id", func(c *store.Consent) any { return &c.ClientID }),
	col("scope", func(c *store.Consent) any { return &c.Scope }),
	col("granted_at", func(c *store.Consent) any { return (*moment)(&c.GrantedAt) }),
	col("first_granted_at", func(c *store.Consent) any { return (*moment)(&c.FirstGrantedAt) }).from("COALESCE(%sfirst_granted_at, %sgranted_at)").
		as("?", func(c *store.Consent) several { return several{millis(c.GrantedAt)} }),
	col("places", func(c *store.Consent) any { return (*texts)(&c.Places) }).orEmpty(),
	col("client_gen", func(c *store.Consent) any { return (*number)(&c.Client) }),
	col("generation", func(c *store.Consent) any { return (*number)(&c.Generation) }).byDatabase().from(consentNow),
	col("withdrawn", func(c *store.Consent) any { return &c.Withdrawn }).byDatabase().from(withdrawnNow),
}

var (
	consentTable = tableOf("consents", "k.", consentColumns)
	consentOf    = selectConsents + " AND k.client_id = ?"
	listConsents = selectConsents + " ORDER BY k.client_id"
	lastUse      = "SELECT COALESCE(MAX(u.last_used_at), 0) FROM" +
		" (SELECT last_used_at FROM sessions WHERE user_id = ? AND client_id = ? ORDER BY ended_at LIMIT 1000) u"
	// A consent to a client that was deleted does not count for another one with its ID.
	selectConsents = "SELECT " + consentTable.selected + " FROM consents k" + joinClient("k.") + joinConsent("k.") +
		" WHERE COALESCE(k.client_gen, k.granted_at) >= COALESCE(gc.erased, 0) AND k.user_id = ?"
)

// ConsentOf implements store.Consents.
func (d *DB) ConsentOf(ctx context.Context, userID int64, clientID string) (store.Consent, error) {
	if !plausible(clientID) {
		return store.Consent{}, store.ErrNotFound
	}
	var c store.Consent
	err := d.Read(ctx, func(db *gorm.DB) error {
		return engine.Row(db, consentOf, []any{userID, clientID}, consentTable.dest(&c)...)
	})
	if err != nil {
		return store.Consent{}, err
	}
	return c, nil
}

// ListConsents implements store.Consents.
func (d *DB) ListConsents(ctx context.Context, userID int64) (consents []store.Consent, err error) {
	err = d.Read(ctx, func(db *gorm.DB) error {
		consents, err = consentTable.all(db, listConsents, userID)
		return err
	})
	return consents, err
}

// LastUse implements store.Consents. The living sessions come first.
func (d *DB) LastUse(ctx context.Context, userID int64, clientID string) (at time.Time, err error) {
	err = d.Read(ctx, func(db *gorm.DB) error {
		return engine.Row(db, lastUse, []any{userID, clientID}, (*moment)(&at))
	})
	return at, err
}

// PutConsent implements store.ConsentsTx.
func (t *tx) PutConsent(c store.Consent) error {
	return t.Do(func(db *gorm.DB) error {
		err := consentTable.put(db, t.Dialect.Replace("user_id, client_id", "scope", "granted_at", "places", "client_gen"), c)
		if err != nil {
			return err
		}
		return t.putWithdrawn(db, c)
	})
}

// putWithdrawn notes what sessions may not use. It is where they read it: in the row of
// the generation.
func (t *tx) putWithdrawn(db *gorm.DB, c store.Consent) error {
	if c.Withdrawn == "" {
		_, err := engine.Exec(db, "UPDATE generations SET withdrawn = NULL WHERE user_id = ? AND client_id = ? AND withdrawn IS NOT NULL", c.UserID, c.ClientID)
		return err
	}
	_, err := engine.Update(db, "INSERT INTO generations (user_id, client_id, generation, all_ended_at, erased, withdrawn) VALUES (?, ?, 0, 0, 0, ?)"+
		t.Dialect.Replace("user_id, client_id", "withdrawn"), c.UserID, c.ClientID, c.Withdrawn)
	return err
}

// LockConsent implements store.ConsentsTx.
func (t *tx) LockConsent(userID int64, clientID string) (c store.Consent, err error) {
	if !plausible(clientID) {
		return c, store.ErrNotFound
	}
	err = t.Do(func(db *gorm.DB) error {
		// Only this row is locked, and not the generations that are read with it.
		lock := "SELECT user_id FROM consents WHERE user_id = ? AND client_id = ?" + t.Dialect.ForUpdate
		if found, err := engine.Exists(db, lock, userID, clientID); err != nil || !found {
			return cmp.Or(err, store.ErrNotFound)
		}
		return engine.Row(db, consentOf, []any{userID, clientID}, consentTable.dest(&c)...)
	})
	return c, err
}

// DeleteConsent implements store.ConsentsTx.
func (t *tx) DeleteConsent(userID int64, clientID string) (store.Consent, error) {
	c, err := t.LockConsent(userID, clientID)
	if err != nil {
		return store.Consent{}, err
	}
	return c, t.Do(func(db *gorm.DB) error {
		if err := db.Exec("DELETE FROM consents WHERE user_id = ? AND client_id = ?", userID, clientID).Error; err != nil {
			return err
		}
		return t.putWithdrawn(db, store.Consent{UserID: userID, ClientID: clientID})
	})
}
