package sqlstore

import (
	"time"

	"gorm.io/gorm"

	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

// CreateBrowser implements store.BrowsersTx.
func (t *tx) CreateBrowser(b store.BrowserSession) error {
	return t.Do(func(db *gorm.DB) error { return browserTable.add(db, b) })
}

// RenewBrowser implements store.BrowsersTx. The ID stays, so that the app
// sessions that began in it still belong to it.
func (t *tx) RenewBrowser(b store.BrowserSession) (renewed bool, err error) {
	err = t.Do(func(db *gorm.DB) error {
		n, err := engine.Update(db, renewBrowser, browserRenewal.values(&b, b.ID, b.UserID)...)
		renewed = n == 1
		return err
	})
	return renewed, err
}

// EndBrowser implements store.BrowsersTx. The UPDATE is the gate.
func (t *tx) EndBrowser(id string, at time.Time) (ended bool, err error) {
	err = t.Do(func(db *gorm.DB) error {
		n, err := engine.Exec(db, "UPDATE browser_sessions SET ended_at = ? WHERE id = ? AND ended_at = 0", millis(at), id)
		ended = n == 1
		if err != nil || !ended {
			return err
		}
		return voidGrants(db, "browser_id = ?", id)
	})
	return ended, err
}

// EndBrowsers implements store.BrowsersTx.
func (t *tx) EndBrowsers(userID int64, except string, at time.Time) error {
	return t.Do(func(db *gorm.DB) error {
		err := db.Exec("UPDATE browser_sessions SET ended_at = ? WHERE user_id = ? AND ended_at = 0 AND id <> ?",
			millis(at), userID, except).Error
		if err != nil {
			return err
		}
		if except == "" {
			return voidGrants(db, "user_id = ?", userID)
		}
		return voidGrants(db, "user_id = ? AND browser_id <> ?", userID, except)
	})
}

// EndBrowserSessions implements store.BrowsersTx. The condition that browser_id is
// not empty spares sessions that began outside a browser. It also lets SQLite use
// the index, which leaves them out.
func (t *tx) EndBrowserSessions(browserID, reason string, at time.Time) (ended []store.Session, err error) {
	err = t.Do(func(db *gorm.DB) error {
		find := "SELECT " + sessionTable.selected + " FROM sessions s WHERE s.browser_id = ? AND s.browser_id <> '' AND s.ended_at = 0" + t.Dialect.ForUpdate
		ended, err = sessionTable.all(db, find, browserID)
		if err != nil {
			return err
		}
		ids := make([]string, len(ended))
		for i := range ended {
			ids[i] = ended[i].ID
			ended[i].EndedAt, ended[i].EndReason = instant(millis(at)), reason
		}
		return markEnded(db, ids, reason, at)
	})
	return ended, err
}
