// Package session owns the life of a session: one sign-in of one person in one
// app, and the family of refresh tokens that began there (RFC 9700 §4.14.2). It
// starts sessions, moves them from one refresh token to the next, says whether a
// token still counts, and ends them. Who may sign in is package account's to
// decide, and what a token looks like is package token's.
package session

import (
	"context"
	"log/slog"
	"time"

	"gatehouse/internal/authz"
	"gatehouse/internal/token"
	"gatehouse/store"
)

// Service starts, refreshes, inspects and ends sessions.
//
// Whether a session lives is for the SQL record alone to say, and every use of a
// token asks it in one joined query: refresh, introspection and our own API. So
// a revocation counts everywhere as soon as it is committed, on every replica,
// and there is no cache to outlive it. Rotations holds the moving part only,
// which of a session's refresh tokens is the current one.
//
// No token survives a revocation that races a refresh. Ending a session writes
// the record first and then lets Rotations forget it; a refresh reads the record
// first and rotates then. So either the refresh reads the ended record and is
// refused; or it reads a living one, which means that the end was committed
// later: then its tokens name a session that has ended by the time the end
// returned, and the record refuses them at their first use. An ended session
// never lives again, for nothing clears EndedAt. That Rotations has forgotten it
// spares the loser of the race a token that is dead on arrival, and ends the
// matter for a refresh that hung between its two steps.
type Service struct {
	DB interface {
		SessionWithUser(ctx context.Context, id string) (store.Session, store.User, error)
		ListSessions(ctx context.Context, userID int64, now time.Time) ([]store.Session, error)
		TouchSession(ctx context.Context, id string, r store.Rotation, at time.Time) error
		UserBySub(ctx context.Context, sub string) (store.User, error)
		RevokeToken(ctx context.Context, jti string, expires time.Time) error
		TokenRevoked(ctx context.Context, jti string, issued time.Time) (bool, error)
		Audit(ctx context.Context, e store.AuditEvent) error
		Write(ctx context.Context, f func(store.Tx) error) error
	}
	Rotations store.Rotations
	// Clients knows the apps as they are, at most a second old: a token of an app
	// that was switched off or erased counts no longer.
	Clients interface {
		ClientByID(ctx context.Context, id string) (store.Client, error)
	}
	Keys interface {
		SigningKeyID(ctx context.Context) (string, error)
	}
	Minter interface {
		Mint(ctx context.Context, g token.Grant) (token.Set, error)
	}
	Verifier interface {
		Access(ctx context.Context, raw string) (token.Access, error)
		Refresh(ctx context.Context, raw string) (token.Refresh, error)
	}

	// Lifetimes are those of a client that has none of its own.
	Lifetimes Lifetimes
	// Grace is how long the immediate predecessor of a refresh token is answered
	// with the same successor; 0 switches it off.
	Grace time.Duration
	// TouchEvery is how often the record learns of a session's rotations where
	// Redis holds them (DefaultTouchEvery); 0 means never, for where the record itself holds them.
	TouchEvery time.Duration
	// Observe, if set, is told how many sessions were started, refreshed or ended,
	// and of how many an old refresh token came back.
	Observe func(what Event, sessions int)

	Now func() time.Time
	Log *slog.Logger
}

// An Event is what happens to sessions.
type Event string

// The events, for figures; the evidence is in the audit log.
const (
	Started   Event = "started"
	Refreshed Event = "refreshed"
	Ended     Event = "ended"
	Reused    Event = "reused"
)

func (s *Service) observe(what Event, sessions int) {
	if s.Observe != nil && sessions > 0 {
		s.Observe(what, sessions)
	}
}

// Lifetimes say how long tokens and sessions last.
type Lifetimes struct {
	// Access is the life of an access token.
	Access time.Duration
	// RefreshIdle is the life of one refresh token, and so of an idle session.
	RefreshIdle time.Duration
	// RefreshAbsolute is the life of a session, however busy.
	RefreshAbsolute time.Duration
}

// For returns the lifetimes of a client: its own where it has them. A signing key
// verifies for the server's RefreshAbsolute after its last signature, so a client
// may have longer sessions than that, but no refresh token that outlives its key.
func (l Lifetimes) For(c store.Client) Lifetimes {
	if c.AccessTokenLifetime > 0 {
		l.Access = c.AccessTokenLifetime
	}
	if c.RefreshTokenIdle > 0 {
		l.RefreshIdle = min(c.RefreshTokenIdle, l.RefreshAbsolute)
	}
	if c.RefreshTokenLifetime > 0 {
		l.RefreshAbsolute = c.RefreshTokenLifetime
	}
	return l
}

// AccountsID is the client ID of the built-in app behind /api/accounts. No
// registered client may take it.
const AccountsID = "accounts"

// Accounts is the built-in app whose sessions begin at /api/accounts/login/. It
// is public, and has no grant at the token endpoint.
func Accounts() store.Client {
	return store.Client{
		ID: AccountsID, Name: "Accounts", AuthMethod: store.NoSecret, FirstParty: true,
		Scope: string(authz.AllScopes),
	}
}
