package browser

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/ending"
	"gatehouse/internal/secret"
	"gatehouse/internal/signin"
	"gatehouse/internal/test/testdb"
	"gatehouse/store"
	"gatehouse/store/sqlstore"
)

// rig is the service on a real database with its own clock.
type rig struct {
	*Service
	t      *testing.T
	db     store.DB
	now    time.Time
	forgot []string
}

func (r *rig) Forget(_ context.Context, sids ...string) error {
	r.forgot = append(r.forgot, sids...)
	return nil
}

func (r *rig) clock() time.Time { return r.now }

func newRig(t *testing.T) *rig {
	t.Helper()
	db, err := sqlstore.Open(t.Context(), sqlstore.Options{DSN: testdb.Ready(t), Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatalf("opening the store: %v", err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatalf("migrating the database: %v", err)
	}
	r := &rig{t: t, db: db, now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	log := slog.New(slog.DiscardHandler)
	r.Service = &Service{
		DB: db, Ends: &ending.Service{DB: db, Rotations: r, Now: r.clock, Log: log}, Idle: 24 * time.Hour, Lifetime: 30 * 24 * time.Hour,
		Now: r.clock, Log: log,
	}
	return r
}

func (r *rig) person(name string, role store.Role) store.User {
	r.t.Helper()
	u := store.User{
		Sub: rand.Text(), Username: name, UsernameKey: name, Email: name + "@example.com", EmailKey: name + "@example.com",
		Role: role, Active: true, PasswordHash: "a hash", JoinedAt: r.now,
	}
	err := r.db.Write(r.t.Context(), func(tx store.Tx) (err error) {
		u.ID, err = tx.CreateUser(u)
		return err
	})
	if err != nil {
		r.t.Fatalf("creating the user: %v", err)
	}
	return u
}

// proof returns a proof of the user as of now.
func (r *rig) proof(u store.User) signin.Proof { return signin.Password(u, signin.ByPage, r.now) }

func (r *rig) signIn(u store.User, old string) (string, store.BrowserSession) {
	r.t.Helper()
	cookie, b, err := r.SignIn(r.t.Context(), r.proof(u), old)
	if err != nil {
		r.t.Fatalf("signing %s in: %v", u.Username, err)
	}
	return cookie, b
}

func (r *rig) change(u store.User, c store.UserChange) {
	r.t.Helper()
	if err := r.db.Write(r.t.Context(), func(tx store.Tx) error { return tx.UpdateUser(u.ID, c) }); err != nil {
		r.t.Fatalf("changing the user: %v", err)
	}
}

func (r *rig) lives(cookie string) bool {
	r.t.Helper()
	_, _, err := r.Of(r.t.Context(), cookie)
	if err != nil && !errors.Is(err, ErrNone) {
		r.t.Fatalf("looking up the browser session: err = %v, want nil or ErrNone", err)
	}
	return err == nil
}

func TestIdleAndAbsoluteLimits(t *testing.T) {
	const minute, hour = time.Minute, time.Hour
	for _, c := range []struct {
		name  string
		role  store.Role
		every time.Duration // the interval between uses
		until time.Duration // the time of the last use
		after time.Duration // the time of the check
		lives bool
	}{
		{"unused, before the idle limit", store.RoleUser, 0, 0, 24*hour - minute, true},
		{"unused, at the idle limit", store.RoleUser, 0, 0, 24 * hour, false},
		{"used every day", store.RoleUser, 20 * hour, 700 * hour, 719 * hour, true},
		{"used every day, at the absolute limit", store.RoleUser, 20 * hour, 700 * hour, 720 * hour, false},
		{"staff have the usual limits", store.RoleStaff, 0, 0, 23 * hour, true},
		{"an administrator, unused", store.RoleAdmin, 0, 0, 30 * minute, false},
		{"an administrator at work", store.RoleAdmin, 20 * minute, 700 * minute, 719 * minute, true},
		{"an administrator at the end of the day", store.RoleAdmin, 20 * minute, 700 * minute, 12 * hour, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			cookie, _ := r.signIn(r.person("ann", c.role), "")
			began := r.now
			for at := c.every; at <= c.until && c.every > 0; at += c.every {
				if r.now = began.Add(at); !r.lives(cookie) {
					t.Fatalf("the session ended after %s, want it to live", at)
				}
			}
			if r.now = began.Add(c.after); r.lives(cookie) != c.lives {
				t.Errorf("lives after %s: %v, want %t", c.after, !c.lives, c.lives)
			}
		})
	}
}

// A new administrator has an administrator's limits at once.
func TestTheCurrentRoleDecidesTheLimits(t *testing.T) {
	r := newRig(t)
	ann := r.person("ann", store.RoleUser)
	cookie, _ := r.signIn(ann, "")
	r.now = r.now.Add(time.Hour)
	admin := store.RoleAdmin
	r.change(ann, store.UserChange{Role: &admin})
	if r.lives(cookie) {
		t.Error("an administrator's session lives after an hour unused, want it ended")
	}
}

func TestASignInLosesToAChangeOfTheAccount(t *testing.T) {
	inactive, hash := false, "another hash"
	for name, change := range map[string]store.UserChange{"deactivated": {Active: &inactive}, "another password": {PasswordHash: &hash}} {
		r := newRig(t)
		ann := r.person("ann", store.RoleUser)
		r.change(ann, change)
		if _, _, err := r.SignIn(t.Context(), r.proof(ann), ""); !errors.Is(err, signin.ErrCredentialsChanged) {
			t.Errorf("%s: err = %v, want ErrCredentialsChanged", name, err)
		}
	}
}

func TestACookieIsNewAtEverySignIn(t *testing.T) {
	r := newRig(t)
	ann, bob := r.person("ann", store.RoleUser), r.person("bob", store.RoleUser)
	first, one := r.signIn(ann, "")
	r.now = r.now.Add(time.Minute)
	second, two := r.signIn(ann, first)
	if second == first || r.lives(first) || !r.lives(second) || one.ID != two.ID || !two.SignIn.At.Equal(r.now) {
		t.Errorf("signing in again: %+v after %+v, want another cookie for the same session", two, one)
	}
	third, three := r.signIn(bob, second)
	if r.lives(second) || !r.lives(third) || three.ID == two.ID {
		t.Error("the first user is still signed in, want only the second, in a session of their own")
	}
	fourth, _ := r.signIn(bob, "a cookie that was never ours")
	if !r.lives(third) || !r.lives(fourth) {
		t.Error("one of the user's two browsers is signed out, want both signed in")
	}
}

func TestAnEndEndsTheClientsSessions(t *testing.T) {
	r := newRig(t)
	ann := r.person("ann", store.RoleUser)
	cookie, b := r.signIn(ann, "")
	err := r.db.Write(t.Context(), func(tx store.Tx) error {
		for _, s := range []store.Session{{ID: "here", BrowserID: b.ID}, {ID: "elsewhere", BrowserID: "another"}, {ID: "without"}} {
			s.UserID, s.ClientID, s.ExpiresAt = ann.ID, "shop", r.now.Add(time.Hour)
			if err := tx.CreateSession(s); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatalf("creating the session: %v", err)
	}
	if err := r.End(t.Context(), b, ann, "logout"); err != nil {
		t.Fatalf("ending the session: %v", err)
	}
	if r.lives(cookie) || !slices.Equal(r.forgot, []string{"here"}) {
		t.Errorf("lives %v, forgot %v, want false and [here]", r.lives(cookie), r.forgot)
	}
	events, err := r.db.ListAudit(t.Context(), store.AuditQuery{Limit: 10})
	var kinds []string
	for _, e := range events {
		kinds = append(kinds, e.Kind)
	}
	if want := []string{"session.ended", "browser.ended", "signin.ok"}; err != nil || !slices.Equal(kinds, want) {
		t.Errorf("on record: %v, %v; want %v", kinds, err, want)
	}
}

func TestCookiesThatAreNotOurs(t *testing.T) {
	good := secret.New()
	for name, header := range map[string]string{
		"none": "", "empty": "gh_sid=", "short": "gh_sid=abc", "not base64url": "gh_sid=" + good[:42] + "!", "longer": "gh_sid=" + good + "A",
		"two of the name": "gh_sid=" + good + "; gh_sid=" + secret.New(), "without the prefix": "gh_sid=" + good,
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Cookie", header)
		if got := (Cookies{Secure: name == "without the prefix"}).Session(r); got != "" {
			t.Errorf("%s: read %q, want nothing", name, got)
		}
	}
	w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Cookie", "__Host-gh_pre="+good)
	if got := (Cookies{Secure: true}).EnsurePre(w, r); got != good || w.Header().Get("Set-Cookie") != "" {
		t.Errorf("%q, set %q, want the present cookie and nothing set", got, w.Header())
	}
}

func TestCookieAttributes(t *testing.T) {
	for _, c := range []struct {
		secure bool
		base   string
		prefix string
	}{{true, "", "__Host-gh_sid="}, {false, "", "gh_sid="}, {true, "/auth", "__Host-gh_sid_7d2f30b87759="}, {true, "/other", "__Host-gh_sid_"}} {
		w := httptest.NewRecorder()
		Cookies{Secure: c.secure, Base: c.base}.SetSession(w, "value")
		got := w.Header().Get("Set-Cookie")
		cookie, err := http.ParseSetCookie(got)
		if err != nil || !strings.HasPrefix(got, c.prefix) || cookie.Secure != c.secure || !cookie.HttpOnly || cookie.Path != "/" ||
			cookie.Domain != "" || cookie.SameSite != http.SameSiteLaxMode || cookie.MaxAge != 0 {
			t.Errorf("cookie %s, %v; want the prefix %q, Secure %t, HttpOnly, the path / and no domain", got, err, c.prefix, c.secure)
		}
	}
}
