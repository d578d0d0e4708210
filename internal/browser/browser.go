// Package browser owns the sign-ins at our own pages: one user in one browser, known by
// a cookie. Package session owns the clients' sessions that begin there; signing out
// ends them together with the browser session.
package browser

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"gatehouse/store"
)

// Service signs browsers in, recognizes them, and signs them out.
//
// Only the SQL record decides whether a browser session lives, and every request reads
// it: an end counts everywhere as soon as it is committed.
type Service struct {
	DB interface {
		BrowserWithUser(ctx context.Context, cookie store.Digest) (store.BrowserSession, store.User, error)
		ListBrowsers(ctx context.Context, userID int64, now time.Time) ([]store.BrowserSession, error)
		TouchBrowser(ctx context.Context, id string, at time.Time) error
		Write(ctx context.Context, f func(store.Tx) error) error
	}
	// Ends ends sessions, and forgets them after the commit.
	Ends interface {
		All(ctx context.Context, tx store.Tx, e store.End) (store.EndResult, error)
		Forget(ctx context.Context, ended ...store.EndResult)
	}
	// Idle is how long an unused browser session lives, and Lifetime how long any does.
	Idle, Lifetime time.Duration
	Now            func() time.Time
	Log            *slog.Logger
}

// Administrators must enter their password more often, whatever the settings say: an
// open browser of an administrator gives access to every account.
const (
	adminIdle     = 30 * time.Minute
	adminLifetime = 12 * time.Hour
)

// touchEvery is how old the last-seen time on record may become.
const touchEvery = time.Minute

// ErrNone says that nobody is signed in with this cookie.
var ErrNone = errors.New("browser: nobody is signed in")

// Of returns the living browser session of a cookie, and its user as they are now. It
// returns ErrNone if the cookie has no living session, for whatever reason.
func (s *Service) Of(ctx context.Context, cookie string) (store.BrowserSession, store.User, error) {
	if cookie == "" {
		return store.BrowserSession{}, store.User{}, ErrNone
	}
	b, u, err := s.DB.BrowserWithUser(ctx, store.DigestOf(cookie))
	if errors.Is(err, store.ErrNotFound) {
		return store.BrowserSession{}, store.User{}, ErrNone
	}
	if err != nil {
		return store.BrowserSession{}, store.User{}, fmt.Errorf("reading a browser session: %w", err)
	}
	now := s.Now()
	if !s.lives(b, u, now) {
		return store.BrowserSession{}, store.User{}, ErrNone
	}
	s.touch(ctx, &b, now)
	return b, u, nil
}

// lives applies the limits of the current role: a new administrator has an
// administrator's limits at once.
func (s *Service) lives(b store.BrowserSession, u store.User, now time.Time) bool {
	idle, lifetime := s.Idle, s.Lifetime
	if u.Role == store.RoleAdmin {
		idle, lifetime = min(idle, adminIdle), min(lifetime, adminLifetime)
	}
	return u.Active && b.EndedAt.IsZero() && now.Before(b.ExpiresAt) &&
		now.Before(b.LastSeenAt.Add(idle)) && now.Before(b.SignIn.At.Add(lifetime))
}

// touch records that the browser was seen. The request continues even if that fails.
func (s *Service) touch(ctx context.Context, b *store.BrowserSession, now time.Time) {
	if now.Sub(b.LastSeenAt) < touchEvery {
		return
	}
	if err := s.DB.TouchBrowser(ctx, b.ID, now); err != nil {
		s.Log.WarnContext(ctx, "a browser session was not touched", "error", err)
		return
	}
	b.LastSeenAt = now
}
