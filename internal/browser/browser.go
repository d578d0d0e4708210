// Package browser owns the sign-ins at our own pages: one person in one browser,
// known by a cookie. The apps' sessions that begin there are package session's;
// signing out ends them with the browser's.
package browser

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"gatehouse/store"
)

// Service signs browsers in, knows them again, and signs them out.
//
// The SQL record alone says whether a browser session lives, and it is asked at
// every request: an end counts everywhere as soon as it is committed.
type Service struct {
	DB interface {
		BrowserWithUser(ctx context.Context, cookie store.Digest) (store.BrowserSession, store.User, error)
		TouchBrowser(ctx context.Context, id string, at time.Time) error
		Write(ctx context.Context, f func(store.Tx) error) error
	}
	// Sessions is told which app sessions a sign-out has ended, after its commit.
	Sessions interface {
		ForgetEnded(ctx context.Context, sids []string) error
	}
	// Idle is how long a browser session lives unused, Lifetime how long at most.
	Idle, Lifetime time.Duration
	Now            func() time.Time
	Log            *slog.Logger
}

// Administrators are asked for their password more often, whatever the settings
// say: who finds such a browser open has everybody's account.
const (
	adminIdle     = 30 * time.Minute
	adminLifetime = 12 * time.Hour
)

// touchEvery is how exactly the record knows when a browser was last seen.
const touchEvery = time.Minute

// ErrNone: nobody is signed in with this cookie.
var ErrNone = errors.New("browser: nobody is signed in")

// Of returns the living browser session of a cookie, and its person as they are
// now. It returns ErrNone if there is none, for whatever reason.
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

// lives judges by the role of today: somebody who was made an administrator has
// an administrator's limits from then on.
func (s *Service) lives(b store.BrowserSession, u store.User, now time.Time) bool {
	idle, lifetime := s.Idle, s.Lifetime
	if u.Role == store.RoleAdmin {
		idle, lifetime = min(idle, adminIdle), min(lifetime, adminLifetime)
	}
	return u.Active && b.EndedAt.IsZero() && now.Before(b.ExpiresAt) &&
		now.Before(b.LastSeenAt.Add(idle)) && now.Before(b.SignIn.At.Add(lifetime))
}

// touch notes that the browser was seen. That the note could not be made is no
// reason to send the person away.
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
