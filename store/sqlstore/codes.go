package sqlstore

import (
	"context"
	"time"

	"gorm.io/gorm"

	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

// A codeRow is an authorization code.
type codeRow struct {
	Digest      []byte `gorm:"primaryKey"`
	SessionID   string
	ClientID    string
	UserID      int64
	BrowserID   string
	RedirectURI string `gorm:"column:redirect_uri"`
	Scope       string
	Nonce       string
	Challenge   string
	ACR         string `gorm:"column:acr"`
	AMR         string `gorm:"column:amr"`
	Claims      string
	AuthTime    int64
	ExpiresAt   int64
	UsedAt      int64
	Misses      int
}

// TableName implements gorm's Tabler.
func (codeRow) TableName() string { return "auth_codes" }

func rowOfCode(c store.AuthCode) codeRow {
	return codeRow{
		Digest: c.Digest[:], SessionID: c.SessionID, ClientID: c.ClientID, UserID: c.UserID, BrowserID: c.BrowserID,
		RedirectURI: c.RedirectURI, Scope: c.Scope, Nonce: c.Nonce, Challenge: c.Challenge,
		ACR: c.ACR, AMR: list(c.AMR), Claims: c.Claims, AuthTime: millis(c.AuthTime),
		ExpiresAt: millis(c.ExpiresAt), UsedAt: millis(c.UsedAt), Misses: c.Misses,
	}
}

// AddCode implements store.AuthCodes.
func (d *DB) AddCode(ctx context.Context, c store.AuthCode) error {
	row := rowOfCode(c)
	return d.Change(ctx, func(db *gorm.DB) error { return db.Create(&row).Error })
}

// CodeByDigest implements store.AuthCodes.
func (d *DB) CodeByDigest(ctx context.Context, digest store.Digest) (store.AuthCode, error) {
	c := store.AuthCode{Digest: digest}
	var authTime, expires, used int64
	err := d.Read(ctx, func(db *gorm.DB) error {
		return engine.Row(db, "SELECT session_id, client_id, user_id, browser_id, redirect_uri, scope, nonce, challenge, acr, amr, claims,"+
			" auth_time, expires_at, used_at, misses FROM auth_codes WHERE digest = ? AND auth_time >= "+epochBegan, []any{blob(digest[:])},
			&c.SessionID, &c.ClientID, &c.UserID, &c.BrowserID, &c.RedirectURI, &c.Scope, &c.Nonce, &c.Challenge,
			&c.ACR, (*texts)(&c.AMR), &c.Claims, &authTime, &expires, &used, &c.Misses)
	})
	if err != nil {
		return store.AuthCode{}, err
	}
	c.AuthTime, c.ExpiresAt, c.UsedAt = instant(authTime), instant(expires), instant(used)
	return c, nil
}

// MissCode implements store.AuthCodes. Of those who miss at once each counts, and
// none is told fewer than there were with his own.
func (d *DB) MissCode(ctx context.Context, digest store.Digest) (misses int, err error) {
	err = d.Change(ctx, func(db *gorm.DB) error {
		if _, err := engine.Exec(db, "UPDATE auth_codes SET misses = misses + 1 WHERE digest = ?", blob(digest[:])); err != nil {
			return err
		}
		return engine.Row(db, "SELECT misses FROM auth_codes WHERE digest = ?", []any{blob(digest[:])}, &misses)
	})
	return misses, err
}

// SweepCodes implements store.AuthCodes.
func (d *DB) SweepCodes(ctx context.Context, limit time.Time, n int) (int64, error) {
	return d.Sweep(ctx, "auth_codes", "digest", "expires_at < ?", n, millis(limit))
}

// UseCode implements store.CodesTx. The UPDATE is the gate: whoever comes second
// waits for the end of the transaction that came first.
func (t *tx) UseCode(digest store.Digest, at time.Time) (used bool, err error) {
	err = t.Do(func(db *gorm.DB) error {
		n, err := engine.Exec(db, "UPDATE auth_codes SET used_at = ? WHERE digest = ? AND used_at = 0", millis(at), blob(digest[:]))
		used = n == 1
		return err
	})
	return used, err
}

// voidGrants takes back what could still found a session: codes that were not
// redeemed and devices that were approved. It waits for those who are redeeming
// one, so that sessions ended after it in the same transaction are all of them.
func voidGrants(db *gorm.DB, condition string, args ...any) error {
	if err := db.Exec("DELETE FROM auth_codes WHERE used_at = 0 AND "+condition, args...).Error; err != nil {
		return err
	}
	return db.Exec("UPDATE device_grants SET status = 'denied' WHERE status = 'approved' AND "+condition, args...).Error
}
