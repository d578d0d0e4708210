package browser

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"gatehouse/internal/audit"
	"gatehouse/internal/reqctx"
	"gatehouse/internal/secret"
	"gatehouse/internal/signin"
	"gatehouse/store"
)

// SignIn begins a browser session for the user of a new proof, and returns the value of
// its cookie. The value is always new, so that a planted cookie gains nothing (session
// fixation, OWASP ASVS 5.0 §7.2.4). Old is the value of the session cookie that the
// browser sent, or "".
//
// A user who signs in again keeps the same session, with the clients' sessions that
// began in it. Another user's sign-in ends the first user's session.
//
// Like Proof.Honour, it may return signin.ErrCredentialsChanged.
func (s *Service) SignIn(ctx context.Context, proof signin.Proof, old string) (string, store.BrowserSession, error) {
	before, person, err := s.Of(ctx, old)
	if err != nil && !errors.Is(err, ErrNone) {
		return "", store.BrowserSession{}, err
	}
	if before.ID != "" && person.ID != proof.User.ID {
		if err := s.End(ctx, before, person, store.EndedByAnother); err != nil {
			return "", store.BrowserSession{}, err
		}
		before = store.BrowserSession{}
	}
	value := secret.New()
	b := s.fresh(ctx, proof, value)
	err = s.DB.Write(ctx, func(tx store.Tx) (err error) {
		b, err = record(ctx, tx, proof, before.ID, b)
		return err
	})
	if err != nil {
		return "", store.BrowserSession{}, fmt.Errorf("signing a browser in: %w", err)
	}
	return value, b, nil
}

func (s *Service) fresh(ctx context.Context, proof signin.Proof, value string) store.BrowserSession {
	now, info := s.Now(), reqctx.From(ctx)
	return store.BrowserSession{
		ID: rand.Text(), Cookie: store.DigestOf(value), UserID: proof.User.ID, User: proof.User.Generation, SignIn: proof.SignIn,
		CreatedAt: now, LastSeenAt: now, ExpiresAt: now.Add(s.Lifetime),
		IP: info.IPString(), UserAgent: info.UserAgent,
	}
}

// record writes a sign-in and its audit event.
func record(ctx context.Context, tx store.Tx, proof signin.Proof, oldID string, b store.BrowserSession) (store.BrowserSession, error) {
	if err := proof.Honour(tx, b.LastSeenAt); err != nil {
		return b, err
	}
	b, err := place(tx, oldID, b)
	if err != nil {
		return b, err
	}
	subject := audit.UserSubject(proof.User.Sub)
	event := audit.Event{Actor: subject, Subject: subject, SessionID: b.ID, What: audit.SignInOK{Method: proof.Method}}
	return b, tx.Audit(event.Record(ctx, b.LastSeenAt))
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
