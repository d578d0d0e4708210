package sqlstore

import (
	"context"
	"slices"
	"time"

	"gorm.io/gorm"

	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

// browserColumns are the columns of a browser session.
var browserColumns = slices.Concat([]column[store.BrowserSession]{
	col("id", func(b *store.BrowserSession) any { return &b.ID }),
	col("cookie_digest", func(b *store.BrowserSession) any { return (*digestColumn)(&b.Cookie) }).written(),
	col("user_id", func(b *store.BrowserSession) any { return &b.UserID }),
	col("created_at", func(b *store.BrowserSession) any { return (*moment)(&b.CreatedAt) }),
	col("last_seen_at", func(b *store.BrowserSession) any { return (*moment)(&b.LastSeenAt) }),
	col("expires_at", func(b *store.BrowserSession) any { return (*moment)(&b.ExpiresAt) }),
	col("ended_at", func(b *store.BrowserSession) any { return (*moment)(&b.EndedAt) }),
	col("user_gen", func(b *store.BrowserSession) any { return (*number)(&b.User) }).written(),
	col("ip", func(b *store.BrowserSession) any { return &b.IP }).upTo(64),
	col("user_agent", func(b *store.BrowserSession) any { return &b.UserAgent }).upTo(255),
}, within(func(b *store.BrowserSession) *store.SignIn { return &b.SignIn }, signInColumns))

var (
	browserTable   = tableOf("browser_sessions", "b.", browserColumns)
	browserRenewal = part(browserColumns, append(namesOf(signInColumns), "user_gen", "cookie_digest", "last_seen_at", "expires_at", "ip", "user_agent")...)
	renewBrowser   = "UPDATE browser_sessions SET " + browserRenewal.set + " WHERE id = ? AND user_id = ? AND ended_at = 0"

	// A browser session that the release before has renewed was founded anew at the sign-in.
	browserStands   = standing("b.user_gen", userNow, "b.auth_time", "u.all_ended_at")
	browserWithUser = "SELECT " + browserTable.selected + ", " + userTable.selected + ", " + epochBegan + " AS epoch, " + browserStands + " AS stands, u.all_ended_at" +
		" FROM browser_sessions b JOIN users u ON u.id = b.user_id WHERE b.cookie_digest = ?"
	listBrowsers = "SELECT " + browserTable.selected + " FROM browser_sessions b JOIN users u ON u.id = b.user_id" +
		" WHERE b.user_id = ? AND b.ended_at = 0 AND b.expires_at > ? AND b.auth_time >= " + epochBegan + " AND " + browserStands +
		" ORDER BY b.last_seen_at DESC, b.id DESC LIMIT 100"
)

// BrowserWithUser implements store.Browsers.
func (d *DB) BrowserWithUser(ctx context.Context, cookie store.Digest) (store.BrowserSession, store.User, error) {
	found := struct {
		browser store.BrowserSession
		user    store.User
		epoch   moment
		stands  bool
		ended   int64
	}{browser: store.BrowserSession{Cookie: cookie}}
	err := d.Read(ctx, func(db *gorm.DB) error {
		return engine.Row(db, browserWithUser, []any{blob(cookie[:])},
			browserTable.dest(&found.browser, userTable.dest(&found.user, &found.epoch, &found.stands, &found.ended)...)...)
	})
	if err != nil {
		return store.BrowserSession{}, store.User{}, err
	}
	b := found.browser
	if b.EndedAt.IsZero() && !found.stands {
		b.EndedAt = instant(max(1, found.ended))
	}
	b.EndedAt, _ = overtaken(b.SignIn.At, b.EndedAt, time.Time(found.epoch))
	return b, found.user, nil
}

// ListBrowsers implements store.Browsers.
func (d *DB) ListBrowsers(ctx context.Context, userID int64, now time.Time) (browsers []store.BrowserSession, err error) {
	err = d.Read(ctx, func(db *gorm.DB) error {
		browsers, err = browserTable.all(db, listBrowsers, userID, millis(now))
		return err
	})
	return browsers, err
}

// TouchBrowser implements store.Browsers.
func (d *DB) TouchBrowser(ctx context.Context, id string, at time.Time) error {
	return d.Pass(ctx, func(db *gorm.DB) error {
		_, err := engine.Update(db, "UPDATE browser_sessions SET last_seen_at = ? WHERE id = ? AND ended_at = 0 AND last_seen_at < ?",
			millis(at), id, millis(at))
		return err
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
