// Package account is the life of a person: signing up, being created, proving a
// password, changing, being deactivated and erased; and how the first
// administrator comes to be. What the person may do meanwhile is package authz's
// to say, and how long a sign-in lasts is package session's.
package account

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/internal/authz"
	"gatehouse/internal/cursor"
	"gatehouse/internal/fields"
	"gatehouse/internal/password"
	"gatehouse/internal/throttle"
	"gatehouse/store"
)

// Service does what is asked of accounts, or says why not.
type Service struct {
	DB interface {
		UserByID(ctx context.Context, id int64) (store.User, error)
		UserByName(ctx context.Context, key string) (store.User, error)
		ListUsers(ctx context.Context, q store.UserQuery) (store.UserPage, error)
		HasAdmin(ctx context.Context) (bool, error)
		HasBootstrap(ctx context.Context, link store.Digest, now time.Time) (bool, error)
		ClientByID(ctx context.Context, id string) (store.Client, error)
		store.Consents
		Audit(ctx context.Context, e store.AuditEvent) error
		Write(ctx context.Context, f func(store.Tx) error) error
	}
	// Sessions is told which sessions a change has ended, after its commit.
	Sessions interface {
		ForgetEnded(ctx context.Context, sids []string) error
	}
	Passwords *password.Hasher
	Policy    password.Policy
	Limits    *throttle.Limiter
	// Cursors signs the marks between the pages of the list of people.
	Cursors cursor.Sealer
	// SignUpOpen lets strangers make themselves an account.
	SignUpOpen bool
	// Observe, if set, is told how every check of a password ended.
	Observe func(method, result string)
	Now     func() time.Time
	Log     *slog.Logger

	turns turns
}

var (
	// ErrCredentials: the name and password do not open an account. There is one
	// such error whatever the reason.
	ErrCredentials = errors.New("account: name and password do not open an account")

	// ErrClosed: strangers may not sign up here.
	ErrClosed = errors.New("account: sign-up is closed")

	// ErrLink: the link for the first administrator is unknown, used or expired,
	// or there is an administrator.
	ErrLink = errors.New("account: bootstrap link not valid")
)

// The messages about names that are taken, as front ends know them.
const (
	usernameTaken = "A user with that username already exists."
	emailTaken    = "User with this email already exists."
)

// taken makes field messages of a *store.NameTaken and leaves any other error.
func taken(err error) error {
	var name *store.NameTaken
	if !errors.As(err, &name) {
		return err
	}
	var faults fields.Errors
	if name.Username {
		faults.Add("username", usernameTaken)
	}
	if name.Email {
		faults.Add("email", emailTaken)
	}
	return faults.Err()
}

// Get returns a person, or store.ErrNotFound.
func (s *Service) Get(ctx context.Context, id int64) (store.User, error) {
	return s.DB.UserByID(ctx, id)
}

// forget passes on what a commit has ended. The record says so already, and every
// use of a token asks the record; so a failure here is no reason to tell the
// caller that the act failed.
func (s *Service) forget(ctx context.Context, sids []string) {
	if len(sids) == 0 {
		return
	}
	if err := s.Sessions.ForgetEnded(ctx, sids); err != nil {
		s.Log.WarnContext(ctx, "ended sessions are still in the rotations", "sessions", len(sids), "error", err)
	}
}

// endSessions ends the person's sessions but one, with a row of evidence for each,
// and signs the person out of our own pages in every browser.
func endSessions(ctx context.Context, tx store.Tx, actor authz.Actor, target store.User, except, reason string, now time.Time) ([]string, error) {
	if err := tx.EndBrowsers(target.ID, "", now); err != nil {
		return nil, err
	}
	sids, err := tx.EndSessions(target.ID, except, reason, now)
	if err != nil {
		return nil, err
	}
	return sids, recordEnded(ctx, tx, actor, target, sids, reason, now)
}

func recordEnded(ctx context.Context, tx store.Tx, actor authz.Actor, target store.User, sids []string, reason string, now time.Time) error {
	events := make([]store.AuditEvent, len(sids))
	for i, sid := range sids {
		events[i] = audit.Event{
			Actor: actor.String(), Subject: audit.UserSubject(target.Sub), SessionID: sid,
			What: audit.SessionEnded{Reason: reason},
		}.Record(ctx, now)
	}
	return tx.Audit(events...)
}
