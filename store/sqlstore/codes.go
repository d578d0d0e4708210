package sqlstore

import (
	"context"
	"slices"
	"time"

	"gorm.io/gorm"

	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

// codeColumns are the columns of an authorization code.
var codeColumns = slices.Concat([]column[store.AuthCode]{
	col("digest", func(c *store.AuthCode) any { return (*digestColumn)(&c.Digest) }).written(),
	col("session_id", func(c *store.AuthCode) any { return &c.SessionID }),
	col("client_id", func(c *store.AuthCode) any { return &c.ClientID }),
	col("user_id", func(c *store.AuthCode) any { return &c.UserID }),
	col("browser_id", func(c *store.AuthCode) any { return &c.BrowserID }),
	col("redirect_uri", func(c *store.AuthCode) any { return &c.RedirectURI }),
	col("scope", func(c *store.AuthCode) any { return &c.Scope }),
	col("resources", func(c *store.AuthCode) any { return (*texts)(&c.Resources) }).orEmpty(),
	col("withdrawn", func(c *store.AuthCode) any { return &c.Withdrawn }).byDatabase().from(withdrawnNow),
	col("nonce", func(c *store.AuthCode) any { return &c.Nonce }),
	col("challenge", func(c *store.AuthCode) any { return &c.Challenge }),
	col("claims", func(c *store.AuthCode) any { return &c.Claims }),
	col("expires_at", func(c *store.AuthCode) any { return (*moment)(&c.ExpiresAt) }),
	col("used_at", func(c *store.AuthCode) any { return (*moment)(&c.UsedAt) }),
	col("misses", func(c *store.AuthCode) any { return &c.Misses }),
}, within(func(c *store.AuthCode) *store.SignIn { return &c.SignIn }, signInColumns),
	foundationColumns(func(c *store.AuthCode) *store.Foundation { return &c.Foundation },
		func(c *store.AuthCode) (int64, string) { return c.UserID, c.ClientID }))

var (
	codeTable    = tableOf("auth_codes", "a.", codeColumns)
	codesOpen    = fewer("auth_codes", "browser_id = ? AND used_at = 0")
	codeByDigest = "SELECT " + codeTable.selected + " FROM auth_codes a JOIN users u ON u.id = a.user_id" +
		joinClient("a.") + joinConsent("a.") + joinBrowser("a.") +
		" WHERE a.digest = ? AND a.auth_time >= " + epochBegan + " AND (a.used_at > 0 OR " + codeStands + ")"
	// A code of the release before, which does not say when it was issued, lives a minute.
	codeStands = founded("a.", "a.expires_at - 60000") + " AND COALESCE(b.ended_at, 0) = 0"
)

// AddCode implements store.AuthCodes. A code that a power cut takes away costs its app one
// more redirect.
func (d *DB) AddCode(ctx context.Context, c store.AuthCode) error {
	return d.Pass(ctx, func(db *gorm.DB) error { return addCode(db, c) })
}

// AddCode implements store.CodesTx.
func (t *tx) AddCode(c store.AuthCode) error {
	return t.Do(func(db *gorm.DB) error { return addCode(db, c) })
}

// addCode adds a code. While its browser session has less than its share, this is one
// statement.
func addCode(db *gorm.DB, c store.AuthCode) error {
	added, err := codeTable.addIf(db, c, codesOpen, c.BrowserID, store.MaxOpenCodes-1)
	if err != nil || added {
		return err
	}
	if err := codeTable.add(db, c); err != nil {
		return err
	}
	return dropOlder(db, c)
}

// dropOlder deletes the open codes of c's browser session but for c and the newest, as
// many as one statement may.
func dropOlder(db *gorm.DB, c store.AuthCode) error {
	var digests []any
	find := "SELECT digest FROM auth_codes WHERE browser_id = ? AND used_at = 0 AND digest <> ? ORDER BY expires_at DESC LIMIT ? OFFSET ?"
	args := []any{c.BrowserID, blob(c.Digest[:]), engine.SweepMax, store.MaxOpenCodes - 1}
	err := engine.Rows(db, find, args, func(s engine.Scanner) error {
		digests = append(digests, nil)
		return s.Scan(&digests[len(digests)-1])
	})
	if err != nil || len(digests) == 0 {
		return err
	}
	_, err = engine.Exec(db, "DELETE FROM auth_codes WHERE used_at = 0 AND digest IN ?", digests)
	return err
}

// CodeByDigest implements store.AuthCodes.
func (d *DB) CodeByDigest(ctx context.Context, digest store.Digest) (store.AuthCode, error) {
	c := store.AuthCode{Digest: digest}
	err := d.Read(ctx, func(db *gorm.DB) error {
		return engine.Row(db, codeByDigest, []any{blob(digest[:])}, codeTable.dest(&c)...)
	})
	if err != nil {
		return store.AuthCode{}, err
	}
	return c, nil
}

// MissCode implements store.AuthCodes. Each of several concurrent misses counts, and
// every caller gets a number that includes its own.
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

// UseCode implements store.CodesTx. The UPDATE is the gate: a second caller waits
// until the first one's transaction ends.
func (t *tx) UseCode(digest store.Digest, at time.Time) (used bool, err error) {
	err = t.Do(func(db *gorm.DB) error {
		n, err := engine.Exec(db, "UPDATE auth_codes SET used_at = ? WHERE digest = ? AND used_at = 0", millis(at), blob(digest[:]))
		used = n == 1
		return err
	})
	return used, err
}
