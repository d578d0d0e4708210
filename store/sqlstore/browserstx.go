package sqlstore

import (
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
