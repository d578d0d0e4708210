package session

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/internal/authz"
	"gatehouse/internal/reqctx"
	"gatehouse/internal/token"
	"gatehouse/store"
)

// Start asks for a session.
type Start struct {
	// User is the person as read when the password was checked.
	User   store.User
	Client store.Client
	Scope  authz.Scope
	// Method says how the person signed in, for the audit log: "login", "password".
	Method string
	// AuthTime is when the person proved who they are; zero: now.
	AuthTime time.Time
	// NewHash replaces the password's hash, if it is not empty.
	NewHash string

	// The rest is for a person who signed in at our own pages before, for a client
	// that comes with a code of theirs.

	// UserID is whose code it is, in the place of User: the person is read in the
	// transaction, as they are then, must be active, and their row is not written.
	UserID int64
	// ID is the session's, settled with the code; empty: a new one.
	ID string
	// BrowserID is the browser session it was asked for in.
	BrowserID string
	// ACR, AMR, Nonce and Claims go into the ID token; without an ACR there is none.
	ACR, Nonce, Claims string
	AMR                []string
	// Before, if set, is done first in the transaction; its error ends it.
	Before func(store.Tx) error
}

// Start begins a session and returns its first tokens. The session's CreatedAt
// is the person's new LastLoginAt.
//
// Checking a password takes long enough for the person to be deactivated or to
// change it meanwhile. The sign-in writes the person's row on condition that it
// still says what was checked, in the transaction that makes the session, so
// either the change comes first and this returns ErrCredentialsChanged, or the
// session is there for the change to end.
func (s *Service) Start(ctx context.Context, in Start) (token.Set, store.Session, error) {
	kid, err := s.Keys.SigningKeyID(ctx)
	if err != nil {
		return token.Set{}, store.Session{}, fmt.Errorf("choosing a signing key: %w", err)
	}
	session := s.newSession(ctx, in, kid)
	if err := s.DB.Write(ctx, func(tx store.Tx) error { return record(ctx, tx, &in, &session) }); err != nil {
		return token.Set{}, store.Session{}, fmt.Errorf("starting a session: %w", err)
	}
	s.observe(Started, 1)
	set, err := s.mint(ctx, in.Client, session, in.User, session.Rotation, in.Scope, in.Nonce)
	if err != nil {
		return token.Set{}, store.Session{}, fmt.Errorf("minting the first tokens: %w", err)
	}
	return set, session, nil
}

func (s *Service) newSession(ctx context.Context, in Start, kid string) store.Session {
	now := s.Now().UTC()
	second := now.Truncate(time.Second) // NumericDate, RFC 7519 §2
	life := s.Lifetimes.For(in.Client)
	if in.AuthTime.IsZero() {
		in.AuthTime = now
	}
	info := reqctx.From(ctx)
	end := second.Add(life.RefreshAbsolute)
	if in.ID == "" {
		in.ID = rand.Text()
	}
	return store.Session{
		ID: in.ID, ClientID: in.Client.ID, Scope: string(in.Scope),
		AuthTime: in.AuthTime, CreatedAt: now, LastUsedAt: now, ExpiresAt: end,
		IP: info.IPString(), UserAgent: info.UserAgent,
		BrowserID: in.BrowserID, ACR: in.ACR, AMR: in.AMR, Claims: in.Claims,
		Rotation: store.Rotation{
			Gen: 1, JTI: rand.Text(), IssuedAt: second, ExpiresAt: earlier(second.Add(life.RefreshIdle), end), KeyID: kid,
		},
	}
}

// record writes a sign-in, and adds the person to both.
func record(ctx context.Context, tx store.Tx, in *Start, session *store.Session) error {
	if in.Before != nil {
		if err := in.Before(tx); err != nil {
			return err
		}
	}
	if err := admit(tx, in, session.CreatedAt); err != nil {
		return err
	}
	session.UserID, session.Rotation.Role = in.User.ID, in.User.Role
	if err := tx.CreateSession(*session); err != nil {
		return fmt.Errorf("creating the session: %w", err)
	}
	subject := audit.UserSubject(in.User.Sub)
	return tx.Audit(audit.Event{
		Actor: subject, Subject: subject, SessionID: session.ID, ClientID: session.ClientID,
		What: audit.SignInOK{Method: in.Method},
	}.Record(ctx, session.CreatedAt))
}

// admit makes sure, in the transaction, that the person may still sign in.
func admit(tx store.Tx, in *Start, now time.Time) (err error) {
	if in.UserID != 0 {
		in.User, err = tx.LockUser(in.UserID)
		if errors.Is(err, store.ErrNotFound) || err == nil && !in.User.Active {
			return ErrCredentialsChanged
		}
		return err
	}
	change := store.UserChange{LastLoginAt: &now, IfActive: true, IfPasswordHash: in.User.PasswordHash}
	if in.NewHash != "" {
		change.PasswordHash = &in.NewHash
	}
	if err := tx.UpdateUser(in.User.ID, change); errors.Is(err, store.ErrNotFound) {
		return ErrCredentialsChanged
	} else if err != nil {
		return fmt.Errorf("noting the sign-in: %w", err)
	}
	return nil
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
