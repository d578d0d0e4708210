package browser

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"gatehouse/internal/audit"
	"gatehouse/internal/reqctx"
	"gatehouse/internal/secret"
	"gatehouse/internal/session"
	"gatehouse/store"
)

// SignIn asks for a browser session.
type SignIn struct {
	// User is the person as read when the password was checked; NewHash replaces
	// the password's hash, if it is not empty.
	User    store.User
	NewHash string
	// Old is the value of the session cookie that the browser came with, or "".
	Old string
}

// SignIn begins a browser session and returns the value of its cookie, which is
// always a new one: a cookie that somebody planted before gains nothing by it
// (session fixation, OWASP ASVS 5.0 §7.2.4).
//
// Somebody who proves their password once more goes on in the same session, with
// the apps that began in it. Somebody else signs the first person out.
//
// It returns session.ErrCredentialsChanged if the person was deactivated or
// changed the password since it was checked.
func (s *Service) SignIn(ctx context.Context, in SignIn) (string, store.BrowserSession, error) {
	old, oldUser, err := s.Of(ctx, in.Old)
	if err != nil && !errors.Is(err, ErrNone) {
		return "", store.BrowserSession{}, err
	}
	if old.ID != "" && oldUser.ID != in.User.ID {
		if err := s.End(ctx, old, oldUser, "another person signed in"); err != nil {
			return "", store.BrowserSession{}, err
		}
		old = store.BrowserSession{}
	}
	value := secret.New()
	b := s.fresh(ctx, in.User, value)
	err = s.DB.Write(ctx, func(tx store.Tx) (err error) {
		b, err = record(ctx, tx, in, old.ID, b)
		return err
	})
	if err != nil {
		return "", store.BrowserSession{}, fmt.Errorf("signing a browser in: %w", err)
	}
	return value, b, nil
}

func (s *Service) fresh(ctx context.Context, u store.User, value string) store.BrowserSession {
	now, info := s.Now(), reqctx.From(ctx)
	return store.BrowserSession{
		ID: rand.Text(), Cookie: store.DigestOf(value), UserID: u.ID,
		AuthTime: now, AMR: []string{MethodPassword}, ACR: LevelPassword,
		CreatedAt: now, LastSeenAt: now, ExpiresAt: now.Add(s.Lifetime),
		IP: info.IPString(), UserAgent: info.UserAgent,
	}
}

// record writes a sign-in: on condition that the person is as he was when the
// password was checked, so a deactivation meanwhile wins (see session.Start).
func record(ctx context.Context, tx store.Tx, in SignIn, oldID string, b store.BrowserSession) (store.BrowserSession, error) {
	change := store.UserChange{LastLoginAt: &b.AuthTime, IfActive: true, IfPasswordHash: in.User.PasswordHash}
	if in.NewHash != "" {
		change.PasswordHash = &in.NewHash
	}
	if err := tx.UpdateUser(in.User.ID, change); errors.Is(err, store.ErrNotFound) {
		return b, session.ErrCredentialsChanged
	} else if err != nil {
		return b, fmt.Errorf("noting the sign-in: %w", err)
	}
	b, err := place(tx, oldID, b)
	if err != nil {
		return b, err
	}
	subject := audit.UserSubject(in.User.Sub)
	event := audit.Event{Actor: subject, Subject: subject, SessionID: b.ID, What: audit.SignInOK{Method: "page"}}
	return b, tx.Audit(event.Record(ctx, b.AuthTime))
}

// place renews the old session if it still lives, and adds a new one otherwise.
func place(tx store.Tx, oldID string, b store.BrowserSession) (store.BrowserSession, error) {
	if oldID != "" {
		renewed := b
		renewed.ID = oldID
		done, err := tx.RenewBrowser(renewed)
		if err != nil {
			return b, fmt.Errorf("renewing a browser session: %w", err)
		}
		if done {
			return renewed, nil
		}
	}
	if err := tx.CreateBrowser(b); err != nil {
		return b, fmt.Errorf("creating a browser session: %w", err)
	}
	return b, nil
}
