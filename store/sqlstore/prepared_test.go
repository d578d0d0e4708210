package sqlstore_test

import (
	"context"
	"crypto/rand"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"modernc.org/sqlite"

	"gatehouse/internal/test/testdb"
	"gatehouse/store"
	"gatehouse/store/sqlstore"
	"gatehouse/store/storetest"
)

// TestAStatementIsPreparedOnce: SQLite takes longer to prepare most statements than to run
// them. It prepares some of them again for another value, even 0 or 1 for another number.
func TestAStatementIsPreparedOnce(t *testing.T) {
	file := filepath.Join(testdb.Folder(t), "counted.db")
	prepared := countPreparing(t, file)
	db := migrated(t, "sqlite:"+file)
	w := newHotPaths(t, db)
	for name, call := range w.calls() {
		for range 2 {
			if err := call(t.Context()); err != nil {
				t.Fatalf("calling %s: %v", name, err)
			}
		}
		before := prepared.Load()
		if err := call(t.Context()); err != nil {
			t.Fatalf("calling %s: %v", name, err)
		}
		if n := prepared.Load() - before; n != 0 {
			t.Errorf("the third %s has prepared %d parts of statements, want 0", name, n)
		}
	}
}

// TestARepeatedStatementIsPreparedOnMySQL, and then answers as its text did.
func TestARepeatedStatementIsPreparedOnMySQL(t *testing.T) {
	db, err := sqlstore.Open(t.Context(), sqlstore.Options{DSN: testdb.GuardedMySQL(t), Timeout: patience, MaxConns: 1})
	if err != nil {
		t.Fatalf("opening the store: %v", err)
	}
	t.Cleanup(func() { db.Close() })
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatalf("migrating the database: %v", err)
	}
	count := func() (n int) {
		var name string
		if err := db.Pool().QueryRowContext(t.Context(), "SHOW SESSION STATUS LIKE 'Com_stmt_prepare'").Scan(&name, &n); err != nil {
			t.Fatalf("reading the counter: %v", err)
		}
		return n
	}
	w := newHotPaths(t, db)
	calls := w.calls()
	for name, call := range calls {
		for i := range 4 {
			before := count()
			if err := call(t.Context()); err != nil {
				t.Fatalf("calling %s: %v", name, err)
			}
			if n := count() - before; i > 1 && n != 0 {
				t.Errorf("time %d of %s has prepared %d statements, want 0", i+1, name, n)
			}
		}
	}
	if n := count(); n < len(calls) {
		t.Errorf("%d statements were prepared by %d calls, want one for each at least", n, len(calls))
	}
	s, _, err := db.SessionWithUser(t.Context(), "S")
	if err != nil || s.Rotation != w.last || !s.SignIn.At.Equal(w.session.SignIn.At) || s.ClientID != "shop" {
		t.Errorf("the session is %+v, %v, want the rotation %+v", s, err, w.last)
	}
}

var counted = struct {
	sync.Once
	preparing sync.Map // by the name of the file
}{}

// countPreparing returns how many SELECTs, INSERTs, UPDATEs and DELETEs the connections to
// the file prepare, parts of statements included: SQLite asks for permission for each.
func countPreparing(t *testing.T, file string) *atomic.Int64 {
	n := new(atomic.Int64)
	counted.preparing.Store(file, n)
	t.Cleanup(func() { counted.preparing.Delete(file) })
	counted.Do(func() {
		sqlite.RegisterConnectionHook(func(c sqlite.ExecQuerierContext, dsn string) error {
			at, _, _ := strings.Cut(strings.TrimPrefix(dsn, "file:"), "?")
			n, found := counted.preparing.Load(at)
			if !found {
				return nil
			}
			return c.(sqlite.AuthorizerRegisterer).RegisterAuthorizer(func(action sqlite.AuthorizerActionCode, _, _, _, _ string) sqlite.AuthorizerReturnCode {
				switch action {
				case sqlite.AuthSelect, sqlite.AuthInsert, sqlite.AuthUpdate, sqlite.AuthDelete:
					n.(*atomic.Int64).Add(1)
				}
				return sqlite.AuthorizerOK
			})
		})
	})
	return n
}

// hotPaths are the calls of the requests that come most often.
type hotPaths struct {
	db      *sqlstore.DB
	session store.Session
	browser store.BrowserSession
	last    store.Rotation
}

func newHotPaths(t *testing.T, db *sqlstore.DB) *hotPaths {
	now := time.Now()
	w := &hotPaths{db: db, browser: store.BrowserSession{ID: "B", Cookie: store.DigestOf("cookie"), SignIn: store.SignIn{At: now}}}
	w.session = store.Session{ID: "S", ClientID: "shop", CreatedAt: now, ExpiresAt: now.Add(time.Hour), BrowserID: "B", Rotation: storetest.NextRotation(store.Rotation{})}
	w.last = w.session.Rotation
	write(t, db, func(tx store.Tx) (err error) {
		if w.session.UserID, err = tx.CreateUser(store.User{Sub: "s", UsernameKey: "ann", EmailKey: "ann@x", Role: store.RoleUser, Active: true}); err != nil {
			return err
		}
		w.browser.UserID = w.session.UserID
		return errors.Join(tx.CreateClient(store.Client{ID: "shop"}), tx.CreateSession(w.session), tx.CreateBrowser(w.browser),
			tx.PutConsent(store.Consent{UserID: w.session.UserID, ClientID: "shop", Scope: "openid", GrantedAt: now}))
	})
	return w
}

func (w *hotPaths) calls() map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"SessionWithUser": func(ctx context.Context) error { _, _, err := w.db.SessionWithUser(ctx, "S"); return err },
		"BrowserWithUser": func(ctx context.Context) error { _, _, err := w.db.BrowserWithUser(ctx, w.browser.Cookie); return err },
		"ConsentOf":       func(ctx context.Context) error { _, err := w.db.ConsentOf(ctx, w.session.UserID, "shop"); return err },
		"ClientByID":      func(ctx context.Context) error { _, err := w.db.ClientByID(ctx, "shop"); return err },
		"TokenRevoked":    func(ctx context.Context) error { _, err := w.db.TokenRevoked(ctx, rand.Text(), time.Now()); return err },
		"UseSession":      func(ctx context.Context) error { return w.db.UseSession(ctx, "S", time.Now()) },
		"Rotate":          w.rotate,
		"TouchSessions": func(ctx context.Context) error {
			touch := store.SessionTouch{ID: "S", Rotation: w.last, At: time.Now()}
			return w.db.TouchSessions(ctx, touch, store.SessionTouch{ID: "none", Rotation: w.last, At: touch.At})
		},
		"AddCode": w.code,
		"Write":   w.redeem,
		"the list": func(ctx context.Context) error {
			_, err := w.db.ListUsers(ctx, store.UserQuery{Limit: 100})
			return err
		},
		"the search": func(ctx context.Context) error {
			_, err := w.db.ListUsers(ctx, store.UserQuery{Search: []string{"an"}, Limit: 100})
			return err
		},
	}
}

func (w *hotPaths) rotate(ctx context.Context) error {
	next := storetest.NextRotation(w.last)
	_, outcome, err := w.db.Rotations().Rotate(ctx, "S", store.Step{Gen: w.last.Gen, JTI: w.last.JTI, Known: w.last, Next: next})
	if w.last = next; outcome != store.Rotated && err == nil {
		err = errors.New("the session is not rotated")
	}
	return errors.Join(err, w.db.TouchSessions(ctx, store.SessionTouch{ID: "S", Rotation: next, At: time.Now()}))
}

func (w *hotPaths) newCode() store.AuthCode {
	return store.AuthCode{Digest: store.DigestOf(rand.Text()), ClientID: "shop", UserID: w.session.UserID, BrowserID: "B", ExpiresAt: time.Now().Add(time.Minute)}
}

func (w *hotPaths) code(ctx context.Context) error { return w.db.AddCode(ctx, w.newCode()) }

// redeem does what the redemption of a code does.
func (w *hotPaths) redeem(ctx context.Context) error {
	code, session := w.newCode(), w.session
	session.ID = rand.Text()
	if err := w.db.AddCode(ctx, code); err != nil {
		return err
	}
	if _, err := w.db.CodeByDigest(ctx, code.Digest); err != nil {
		return err
	}
	return w.db.Write(ctx, func(tx store.Tx) error {
		if _, err := tx.UseCode(code.Digest, time.Now()); err != nil {
			return err
		}
		if err := tx.UpdateUser(session.UserID, store.UserChange{LastLoginAt: new(time.Now()), IfActive: true}); err != nil {
			return err
		}
		_, err := tx.CreateSessionWithin(session, 100)
		return errors.Join(err, tx.Audit(store.AuditEvent{Kind: "x", At: time.Now()}))
	})
}
