package sqlstore_test

import (
	"crypto/rand"
	"database/sql"
	"errors"
	"testing"
	"time"

	"gatehouse/internal/test/testdb"
	"gatehouse/store"
	"gatehouse/store/sqlstore"
)

// An older replica writes rows without generations, as the release before does.
type older struct {
	t    *testing.T
	pool *sql.DB
	user int64
}

func (o older) session(id string, at time.Time) {
	o.t.Helper()
	execute(o.t, o.pool, "INSERT INTO sessions (id, user_id, client_id, scope, auth_time, created_at, expires_at, last_used_at, ended_at, end_reason,"+
		" ip, user_agent, browser_id, gen, jti, prev_jti, token_iat, token_exp, token_role, key_id, rotated_at)"+
		" VALUES (?, ?, 'shop', 'openid', ?, ?, 9000000000000, 0, 0, '', '', '', ?, 1, 'J', '', 1000, 9000000000000, 'user', 'K', 0)",
		id, o.user, at.UnixMilli(), at.UnixMilli(), "of "+id)
}

func (o older) code(name string, at time.Time) {
	o.t.Helper()
	digest := store.DigestOf(name)
	execute(o.t, o.pool, "INSERT INTO auth_codes (digest, session_id, client_id, user_id, browser_id, redirect_uri, scope, nonce, challenge, acr, amr, claims,"+
		" auth_time, expires_at, used_at, misses) VALUES (?, ?, 'shop', ?, '', '', 'openid', '', '', '', '[]', '', ?, ?, 0, 0)",
		digest[:], "by "+name, o.user, at.UnixMilli(), at.Add(time.Minute).UnixMilli())
}

func (o older) browser(name string, at time.Time) {
	o.t.Helper()
	digest := store.DigestOf(name)
	execute(o.t, o.pool, "INSERT INTO browser_sessions (id, cookie_digest, user_id, auth_time, amr, acr, created_at, last_seen_at, expires_at, ended_at, ip, user_agent)"+
		" VALUES (?, ?, ?, ?, '[]', '', 0, 0, 9000000000000, 0, '', '')", name, digest[:], o.user, at.UnixMilli())
}

// live wants the rows of that name to live, or none of them.
func live(t *testing.T, db *sqlstore.DB, name string, want bool) {
	t.Helper()
	s, _, err := db.SessionWithUser(t.Context(), name)
	if err != nil || s.EndedAt.IsZero() != want {
		t.Errorf("session %q ended at %s, %v; want it to live: %t", name, s.EndedAt, err, want)
	}
	b, _, err := db.BrowserWithUser(t.Context(), store.DigestOf(name))
	if err != nil || b.EndedAt.IsZero() != want {
		t.Errorf("browser session %q ended at %s, %v; want it to live: %t", name, b.EndedAt, err, want)
	}
	_, err = db.CodeByDigest(t.Context(), store.DigestOf(name))
	if err != nil && !errors.Is(err, store.ErrNotFound) || (err == nil) != want {
		t.Errorf("code %q: %v; want it to live: %t", name, err, want)
	}
}

func (o older) all(name string, at time.Time) {
	o.t.Helper()
	o.session(name, at)
	o.code(name, at)
	o.browser(name, at)
}

// TestRowsWithoutGenerations are judged by the time of the last end, whichever release
// wrote them, and a replica of the release before sees the end in the rows.
func TestRowsWithoutGenerations(t *testing.T) {
	for name, dsn := range backends {
		t.Run(name, func(t *testing.T) {
			dsn := dsn(t)
			db, pool := migrated(t, dsn), testdb.Raw(t, dsn)
			ended := time.Now().UTC().Truncate(time.Millisecond)
			u := store.User{Sub: rand.Text(), Username: "ann", UsernameKey: "ann", EmailKey: "a@example.com", Role: store.RoleUser, Active: true}
			write := func(f func(store.Tx) error) {
				t.Helper()
				if err := db.Write(t.Context(), f); err != nil {
					t.Fatalf("writing to the database: %v", err)
				}
			}
			write(func(tx store.Tx) (err error) { u.ID, err = tx.CreateUser(u); return err })
			o := older{t, pool, u.ID}
			o.all("before", ended.Add(-time.Hour))
			o.all("spared", ended.Add(-time.Hour))
			execute(t, pool, "UPDATE sessions SET browser_id = 'spared' WHERE id = 'spared'")
			live(t, db, "before", true)
			write(func(tx store.Tx) error {
				_, err := tx.EndAll(store.End{UserID: u.ID, Spare: "spared", Reason: store.EndedPassword, At: ended})
				return err
			})
			o.all("beside", ended.Add(time.Second))
			for range 2 { // also after the rows have followed
				live(t, db, "before", false)
				live(t, db, "beside", true)
				if s, _, err := db.SessionWithUser(t.Context(), "spared"); err != nil || !s.EndedAt.IsZero() {
					t.Errorf("the spared session ended at %s, %v; want it to live", s.EndedAt, err)
				}
				if b, _, err := db.BrowserWithUser(t.Context(), store.DigestOf("spared")); err != nil || !b.EndedAt.IsZero() {
					t.Errorf("the spared browser session ended at %s, %v; want it to live", b.EndedAt, err)
				}
				p, err := db.NextEnd(t.Context(), ended.Add(time.Minute))
				if err != nil {
					t.Fatalf("reading the next end: %v", err)
				}
				write(func(tx store.Tx) error { _, err := tx.ContinueEnd(p, ended.Add(30*time.Second), 10); return err })
			}
			for table, want := range map[string]int{"sessions WHERE ended_at = 0": 2, "browser_sessions WHERE ended_at = 0": 2, "auth_codes": 1} {
				var n int
				if err := pool.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM "+table).Scan(&n); err != nil || n != want {
					t.Errorf("the release before sees %d of %s, %v; want %d", n, table, err, want)
				}
			}
		})
	}
}

// TestFoundedTooLateByTheReleaseBefore: a replica of that release goes on with a browser
// session until the rows have followed. Anything that it founds meanwhile is dead, unless the
// browser session was spared.
func TestFoundedTooLateByTheReleaseBefore(t *testing.T) {
	for name, dsn := range backends {
		t.Run(name, func(t *testing.T) {
			dsn := dsn(t)
			db, pool := migrated(t, dsn), testdb.Raw(t, dsn)
			ended := time.Now().UTC().Truncate(time.Millisecond)
			u := store.User{Sub: rand.Text(), Username: "ann", UsernameKey: "ann", EmailKey: "a@example.com", Role: store.RoleUser, Active: true}
			err := db.Write(t.Context(), func(tx store.Tx) (err error) { u.ID, err = tx.CreateUser(u); return err })
			if err != nil {
				t.Fatalf("creating the person: %v", err)
			}
			o := older{t, pool, u.ID}
			for _, name := range []string{"spared", "other"} {
				o.browser(name, ended.Add(-time.Hour))
			}
			o.session("act", ended.Add(-time.Hour))
			execute(t, pool, "UPDATE sessions SET browser_id = 'spared'")
			err = db.Write(t.Context(), func(tx store.Tx) error {
				_, err := tx.EndAll(store.End{UserID: u.ID, Spare: "act", Reason: store.EndedPassword, At: ended})
				return err
			})
			if err != nil {
				t.Fatalf("ending all that is the person's: %v", err)
			}
			for browser, lives := range map[string]bool{"spared": true, "other": false} {
				late := "late-" + browser
				o.session(late, ended.Add(time.Second))
				o.code(late, ended.Add(time.Second))
				execute(t, pool, "UPDATE sessions SET browser_id = ?, auth_time = ? WHERE id = ?", browser, ended.Add(-time.Hour).UnixMilli(), late)
				execute(t, pool, "UPDATE auth_codes SET browser_id = ?, auth_time = ? WHERE session_id = ?", browser, ended.Add(-time.Hour).UnixMilli(), "by "+late)
				if s, _, err := db.SessionWithUser(t.Context(), late); err != nil || s.EndedAt.IsZero() != lives {
					t.Errorf("the session %q ended at %s, %v; want it to live: %t", late, s.EndedAt, err, lives)
				}
				_, err := db.CodeByDigest(t.Context(), store.DigestOf(late))
				if err != nil && !errors.Is(err, store.ErrNotFound) || (err == nil) != lives {
					t.Errorf("the code %q: %v; want it to live: %t", late, err, lives)
				}
			}
		})
	}
}

// TestABrowserSessionEndedByHand gives no session, whoever ended it.
func TestABrowserSessionEndedByHand(t *testing.T) {
	for name, dsn := range backends {
		t.Run(name, func(t *testing.T) {
			dsn := dsn(t)
			db, pool := migrated(t, dsn), testdb.Raw(t, dsn)
			u := store.User{Sub: rand.Text(), Username: "ann", UsernameKey: "ann", EmailKey: "a@example.com", Role: store.RoleUser, Active: true}
			now := time.Now().UTC()
			b := store.BrowserSession{ID: "B", Cookie: store.DigestOf("c"), ExpiresAt: now.Add(time.Hour)}
			c := store.AuthCode{Digest: store.DigestOf("code"), ClientID: "shop", BrowserID: b.ID, ExpiresAt: now.Add(time.Minute)}
			err := db.Write(t.Context(), func(tx store.Tx) (err error) {
				u.ID, err = tx.CreateUser(u)
				b.UserID, c.UserID = u.ID, u.ID
				return errors.Join(err, tx.CreateBrowser(b))
			})
			if err != nil {
				t.Fatalf("writing to the database: %v", err)
			}
			if err := db.AddCode(t.Context(), c); err != nil {
				t.Fatalf("adding the code: %v", err)
			}
			if _, err := db.CodeByDigest(t.Context(), c.Digest); err != nil {
				t.Errorf("before: %v, want the code", err)
			}
			execute(t, pool, "UPDATE browser_sessions SET ended_at = 1 WHERE id = 'B'")
			if _, err := db.CodeByDigest(t.Context(), c.Digest); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("after: %v, want ErrNotFound", err)
			}
		})
	}
}

// TestPushedWithoutAGeneration: a request that the release before has pushed is void once
// its client's authentication has changed, or the client was deleted.
func TestPushedWithoutAGeneration(t *testing.T) {
	for name, dsn := range backends {
		t.Run(name, func(t *testing.T) {
			dsn := dsn(t)
			db, pool := migrated(t, dsn), testdb.Raw(t, dsn)
			ended := time.Now().UTC().Truncate(time.Millisecond)
			push := func(name string, at time.Time) {
				digest := store.DigestOf(name)
				execute(t, pool, "INSERT INTO pushed_requests (digest, client_id, parameters, expires_at) VALUES (?, 'shop', '', ?)",
					digest[:], at.Add(90*time.Second).UnixMilli())
			}
			want := func(name string, lives bool) {
				t.Helper()
				_, err := db.PushedByDigest(t.Context(), store.DigestOf(name))
				if err != nil && !errors.Is(err, store.ErrNotFound) || (err == nil) != lives {
					t.Errorf("the request pushed %s the end: %v; want it to live: %t", name, err, lives)
				}
			}
			push("before", ended.Add(-time.Second))
			want("before", true)
			err := db.Write(t.Context(), func(tx store.Tx) error {
				_, err := tx.EndAll(store.End{ClientID: "shop", Reason: store.EndedClientAuth, At: ended})
				return err
			})
			if err != nil {
				t.Fatalf("ending all that is the client's: %v", err)
			}
			push("after", ended.Add(time.Second))
			want("before", false)
			want("after", true)
		})
	}
}
