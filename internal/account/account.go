// Package account manages users: sign-up, creation, password checks, changes,
// deactivation and deletion, and the first administrator. Package authz decides what a
// user may do, and package session how long a sign-in lasts.
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
	"gatehouse/internal/signin"
	"gatehouse/internal/throttle"
	"gatehouse/store"
)

// Service manages accounts.
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
	// Sessions forgets the sessions that a change has ended, after its commit.
	Sessions interface {
		ForgetEnded(ctx context.Context, sids []string) error
	}
	Passwords *password.Hasher
	Policy    password.Policy
	Limits    *throttle.Limiter
	// Cursors seals the cursors of the list of users.
	Cursors cursor.Sealer
	// SignUpOpen says that strangers may create an account for themselves.
	SignUpOpen bool
	// Observe, if set, gets the result of every password check.
	Observe func(method signin.Method, result string)
	Now     func() time.Time
	Log     *slog.Logger

	turns turns
}

var (
	// ErrCredentials refuses a name and password. The same error stands for every
	// reason.
	ErrCredentials = errors.New("account: name and password do not open an account")

	// ErrClosed refuses a sign-up because strangers may not sign up.
	ErrClosed = errors.New("account: sign-up is closed")

	// ErrLink refuses a link for the first administrator: it is unknown, used or
	// expired, or an administrator already exists.
	ErrLink = errors.New("account: bootstrap link not valid")
)

// The messages about names that are taken. Front ends recognize them.
const (
	usernameTaken = "A user with that username already exists."
	emailTaken    = "User with this email already exists."
)

// taken turns a *store.NameTaken into field messages and returns any other error as it is.
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

// Get returns a user, or store.ErrNotFound.
func (s *Service) Get(ctx context.Context, id int64) (store.User, error) {
	return s.DB.UserByID(ctx, id)
}

// forget passes on the sessions that a commit has ended. They are already ended in the
// record, which every use of a token reads, so a failure here does not fail the
// operation.
func (s *Service) forget(ctx context.Context, sids []string) {
	if len(sids) == 0 {
		return
	}
	if err := s.Sessions.ForgetEnded(ctx, sids); err != nil {
		s.Log.WarnContext(ctx, "ended sessions are still in the rotations", "sessions", len(sids), "error", err)
	}
}

// endSessions ends the user's sessions except one, with an audit event for each, and
// signs the user out of our own pages in every browser.
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
