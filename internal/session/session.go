// Package session owns the life of a session: one sign-in of one user in one client, and
// its family of refresh tokens (RFC 9700 §4.14.2). It starts sessions, moves them from
// one refresh token to the next, decides whether a token is still valid, and ends them.
// Package account decides who may sign in, and package token has the form of tokens.
package session

import (
	"context"
	"log/slog"
	"time"

	"gatehouse/internal/apis"
	"gatehouse/internal/authz"
	"gatehouse/internal/ending"
	"gatehouse/internal/token"
	"gatehouse/store"
)

// Service starts, refreshes, inspects and ends sessions.
//
// Only the SQL record decides whether a session lives, and every use of a token reads it
// in one joined query: refresh, introspection and our own API. So a revocation counts on
// every replica as soon as it is committed, and no cache outlives it. Rotations holds
// only the moving part: which refresh token of a session is the current one.
//
// No token survives a revocation that races a refresh or a beginning. The end of a
// session first writes the record and then removes the session from Rotations; a refresh
// first reads the record and then rotates. If the refresh reads the ended record, it is
// refused. If it reads a living one, the end is committed later, and the record refuses
// the new tokens at their first use. An ended session never lives again, because nothing
// clears EndedAt or lowers a generation. A session that begins while all ends has the
// generations that its beginning was decided by, and is dead like the others. After the removal from Rotations, a refresh that hung between its two steps
// fails, instead of returning a token that is already void.
type Service struct {
	DB interface {
		SessionWithUser(ctx context.Context, id string) (store.Session, store.User, error)
		SessionInUse(ctx context.Context, id string) (store.Session, store.User, error)
		ListSessions(ctx context.Context, userID int64, now time.Time) ([]store.Session, error)
		TouchSessions(ctx context.Context, touches ...store.SessionTouch) error
		UseSession(ctx context.Context, id string, at time.Time) error
		UserBySub(ctx context.Context, sub string) (store.User, error)
		ConsentOf(ctx context.Context, userID int64, clientID string) (store.Consent, error)
		RevokeToken(ctx context.Context, jti string, expires time.Time, e store.AuditEvent) (bool, error)
		TokenRevoked(ctx context.Context, jti string, issued time.Time) (bool, error)
		Audit(ctx context.Context, e store.AuditEvent) error
		Write(ctx context.Context, f func(store.Tx) error) error
	}
	Rotations store.Rotations
	Ends      *ending.Service
	// Record is the record as Rotations, for clients with store.RotationAdopted. It is
	// nil if Rotations is the record already.
	Record store.Rotations
	// Clients returns clients as they were at most a second ago. The tokens of a client
	// that was disabled or deleted are void.
	Clients interface {
		ClientByID(ctx context.Context, id string) (store.Client, error)
	}
	Inspectors Inspectors
	// Upgrade decides the audience of new sessions' refresh tokens; nil: it is finished.
	Upgrade *Upgrade
	Keys    interface {
		SigningKeyID(ctx context.Context, algorithms ...string) (string, error)
	}
	// APIs decides for which API an access token is.
	APIs interface {
		Aim(ctx context.Context, client store.Client, granted apis.Grant, asked apis.Asked) (apis.Target, error)
	}
	Minter interface {
		Mint(ctx context.Context, g token.Grant) (token.Set, error)
		Preview(g token.Grant) (typ string, access token.Access)
	}
	Verifier interface {
		Access(ctx context.Context, raw string) (token.Access, error)
		AccessToAny(ctx context.Context, raw string) (token.Access, error)
		Refresh(ctx context.Context, raw string) (token.Refresh, error)
	}

	// Lifetimes apply to clients that have none of their own.
	Lifetimes Lifetimes
	// Grace is how long the immediate predecessor of a refresh token gets the same
	// successor; 0 switches it off.
	Grace time.Duration
	// TouchEvery is how often a session's rotation is copied to the record if Redis
	// holds it (DefaultTouchEvery). It is 0, for never, if the record itself holds it.
	TouchEvery time.Duration
	// Touches writes them; nil: each refresh writes its own.
	Touches *Touches
	// MaxSessions is how many sessions a user may have in a client that has no limit of
	// its own; 0: any number.
	MaxSessions int
	// ObserveLimit, if set, is called when a session begins at the limit: it is refused,
	// or another one ends for it.
	ObserveLimit func(clientID string, refused bool)
	// Observe, if set, gets each event and its number of sessions.
	Observe func(what Event, sessions int)

	Now func() time.Time
	Log *slog.Logger
}

// An Event is something that happens to sessions.
type Event string

// The events, for metrics; the evidence is in the audit log.
const (
	Started   Event = "started"
	Refreshed Event = "refreshed"
	Repeated  Event = "repeated"
	Ended     Event = "ended"
	Reused    Event = "reused"
)

func (s *Service) observe(what Event) {
	if s.Observe != nil {
		s.Observe(what, 1)
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

// For returns the lifetimes of a client, which are its own if it has them. A signing key
// verifies for the server's RefreshAbsolute after its last signature. So a client may
// have longer sessions than that, but not a refresh token that outlives its key.
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

// AccountsID is the client ID of the built-in client behind /api/accounts. A registered
// client cannot have it.
const AccountsID = "accounts"

// Accounts returns the built-in client whose sessions begin at /api/accounts/login/. It is
// public and has no grant at the token endpoint. Rotation is one of store.RotationRules.
func Accounts(rotation string) store.Client {
	return store.Client{
		ID: AccountsID, Name: "Accounts", AuthMethod: store.NoSecret, FirstParty: true,
		Scope: string(authz.AllScopes), Rotation: rotation,
	}
}
