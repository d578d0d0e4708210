package sqlstore

import (
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
	col("places", func(c *store.Consent) any { return (*texts)(&c.Places) }).orEmpty(),
}

var (
	consentTable = tableOf("consents", "", consentColumns)
	consentOf    = "SELECT " + consentTable.selected + " FROM consents WHERE user_id = ? AND client_id = ?"
	listConsents = "SELECT " + consentTable.selected + " FROM consents WHERE user_id = ? ORDER BY client_id"
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

// PutConsent implements store.ConsentsTx.
func (t *tx) PutConsent(c store.Consent) error {
	return t.Do(func(db *gorm.DB) error {
		return consentTable.put(db, t.Dialect.Replace("user_id, client_id", "scope", "granted_at", "places"), c)
	})
}

// DeleteConsent implements store.ConsentsTx. Codes go first: see voidGrants.
func (t *tx) DeleteConsent(userID int64, clientID string, at time.Time) (was bool, ended []string, err error) {
	if !plausible(clientID) {
		return false, nil, nil
	}
	err = t.Do(func(db *gorm.DB) error {
		n, err := engine.Exec(db, "DELETE FROM consents WHERE user_id = ? AND client_id = ?", userID, clientID)
		was = n == 1
		if err != nil || !was {
			return err
		}
		return voidGrants(db, "user_id = ? AND client_id = ?", userID, clientID)
	})
	if err != nil || !was {
		return false, nil, err
	}
	ended, err = t.endWhere("user_id = ? AND client_id = ?", "consent withdrawn", at, userID, clientID)
	return was, ended, err
}
