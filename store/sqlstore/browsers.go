package sqlstore

import (
	"context"
	"time"

	"gorm.io/gorm"

	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

// A browserRow is a browser session.
type browserRow struct {
	ID           string `gorm:"primaryKey"`
	CookieDigest []byte
	UserID       int64
	AuthTime     int64
	AMR          string `gorm:"column:amr"`
	ACR          string `gorm:"column:acr"`
	Created      int64  `gorm:"column:created_at"`
	LastSeenAt   int64
	ExpiresAt    int64
	EndedAt      int64
	IP           string `gorm:"column:ip"`
	UserAgent    string
}

// TableName implements gorm's Tabler.
func (browserRow) TableName() string { return "browser_sessions" }

func rowOfBrowser(b store.BrowserSession) browserRow {
	return browserRow{
		ID: b.ID, CookieDigest: b.Cookie[:], UserID: b.UserID, AuthTime: millis(b.AuthTime), AMR: list(b.AMR), ACR: b.ACR,
		Created: millis(b.CreatedAt), LastSeenAt: millis(b.LastSeenAt), ExpiresAt: millis(b.ExpiresAt), EndedAt: millis(b.EndedAt),
		IP: text(b.IP, 64), UserAgent: text(b.UserAgent, 255),
	}
}

// browserColumns are what browserScan takes, of a table that is called b.
const browserColumns = "b.id, b.user_id, b.auth_time, b.amr, b.acr, b.created_at, b.last_seen_at, b.expires_at, b.ended_at, b.ip, b.user_agent"

// A browserScan receives browserColumns.
type browserScan struct {
	browser                                store.BrowserSession
	authTime, created, seen, expires, over int64
}

func (s *browserScan) dest() []any {
	b := &s.browser
	return []any{
		&b.ID, &b.UserID, &s.authTime, (*texts)(&b.AMR), &b.ACR, &s.created, &s.seen, &s.expires, &s.over, &b.IP, &b.UserAgent,
	}
}

func (s *browserScan) record(cookie store.Digest) store.BrowserSession {
	b := s.browser
	b.Cookie = cookie
	b.AuthTime, b.CreatedAt, b.LastSeenAt = instant(s.authTime), instant(s.created), instant(s.seen)
	b.ExpiresAt, b.EndedAt = instant(s.expires), instant(s.over)
	return b
}

// BrowserWithUser implements store.Browsers.
func (d *DB) BrowserWithUser(ctx context.Context, cookie store.Digest) (store.BrowserSession, store.User, error) {
	var b browserScan
	var u userScan
	var epoch int64
	err := d.Read(ctx, func(db *gorm.DB) error {
		return engine.Row(db, "SELECT "+browserColumns+", "+userColumns+", "+epochBegan+
			" FROM browser_sessions b JOIN users u ON u.id = b.user_id WHERE b.cookie_digest = ?",
			[]any{blob(cookie[:])}, append(append(b.dest(), u.dest()...), &epoch)...)
	})
	if err != nil {
		return store.BrowserSession{}, store.User{}, err
	}
	b.over, _ = overtaken(b.authTime, b.over, epoch)
	return b.record(cookie), u.record(), nil
}

// TouchBrowser implements store.Browsers. It never goes back.
func (d *DB) TouchBrowser(ctx context.Context, id string, at time.Time) error {
	return d.Change(ctx, func(db *gorm.DB) error {
		return db.Exec("UPDATE browser_sessions SET last_seen_at = ? WHERE id = ? AND ended_at = 0 AND last_seen_at < ?",
			millis(at), id, millis(at)).Error
	})
}

// SweepBrowsers implements store.Browsers.
func (d *DB) SweepBrowsers(ctx context.Context, limit, idle time.Time, n int) (swept int64, err error) {
	for _, over := range []struct {
		condition string
		limit     time.Time
	}{
		{"expires_at < ?", limit},
		{"ended_at > 0 AND ended_at < ?", limit},
		{"last_seen_at < ?", idle},
	} {
		if swept >= int64(n) {
			break
		}
		some, err := d.Sweep(ctx, "browser_sessions", "id", over.condition, n-int(swept), millis(over.limit))
		swept += some
		if err != nil {
			return swept, err
		}
	}
	return swept, nil
}
