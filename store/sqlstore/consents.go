package sqlstore

import (
	"context"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

// A consentRow is what a person let an app have.
type consentRow struct {
	UserID    int64  `gorm:"primaryKey;autoIncrement:false"`
	ClientID  string `gorm:"primaryKey"`
	Scope     string
	GrantedAt int64
}

// TableName implements gorm's Tabler.
func (consentRow) TableName() string { return "consents" }

func consentRows(db *gorm.DB, rest string, args ...any) (consents []store.Consent, err error) {
	err = engine.Rows(db, "SELECT user_id, client_id, scope, granted_at FROM consents "+rest, args, func(s engine.Scanner) error {
		var c store.Consent
		var granted int64
		if err := s.Scan(&c.UserID, &c.ClientID, &c.Scope, &granted); err != nil {
			return err
		}
		c.GrantedAt = instant(granted)
		consents = append(consents, c)
		return nil
	})
	return consents, err
}

// ConsentOf implements store.Consents.
func (d *DB) ConsentOf(ctx context.Context, userID int64, clientID string) (store.Consent, error) {
	if !plausible(clientID) {
		return store.Consent{}, store.ErrNotFound
	}
	var found []store.Consent
	err := d.Read(ctx, func(db *gorm.DB) (err error) {
		found, err = consentRows(db, "WHERE user_id = ? AND client_id = ?", userID, clientID)
		return err
	})
	switch {
	case err != nil:
		return store.Consent{}, err
	case len(found) == 0:
		return store.Consent{}, store.ErrNotFound
	}
	return found[0], nil
}

// ListConsents implements store.Consents.
func (d *DB) ListConsents(ctx context.Context, userID int64) (consents []store.Consent, err error) {
	err = d.Read(ctx, func(db *gorm.DB) error {
		consents, err = consentRows(db, "WHERE user_id = ? ORDER BY client_id", userID)
		return err
	})
	return consents, err
}

// PutConsent implements store.ConsentsTx.
func (t *tx) PutConsent(c store.Consent) error {
	row := consentRow{UserID: c.UserID, ClientID: c.ClientID, Scope: c.Scope, GrantedAt: millis(c.GrantedAt)}
	return t.Do(func(db *gorm.DB) error {
		return db.Clauses(clause.OnConflict{
			Columns:   []clause.Column{{Name: "user_id"}, {Name: "client_id"}},
			DoUpdates: clause.AssignmentColumns([]string{"scope", "granted_at"}),
		}).Create(&row).Error
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
