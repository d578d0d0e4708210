// Package account manages users: sign-up, creation, password checks, changes,
// deactivation and deletion, and the first administrator. Package authz decides what a
// user may do, and package session how long a sign-in lasts.
package account

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"gatehouse/internal/authz"
	"gatehouse/internal/cursor"
	"gatehouse/internal/factor"
	"gatehouse/internal/fields"
	"gatehouse/internal/link"
	"gatehouse/internal/mail"
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
		ClientNamed(ctx context.Context, lower string) (bool, error)
		ListSessions(ctx context.Context, userID int64, now time.Time) ([]store.Session, error)
		store.Consents
		PasskeyByID(ctx context.Context, id []byte) (store.Passkey, error)
		TOTPOf(ctx context.Context, userID int64) (store.TOTPFactor, error)
		ListRecoveryCodes(ctx context.Context, userID int64) ([]store.Digest, error)
		Audit(ctx context.Context, e store.AuditEvent) error
		Write(ctx context.Context, f func(store.Tx) error) error
	}
	// Ends ends sessions, and forgets them after the commit.
	Ends interface {
		All(ctx context.Context, tx store.Tx, e store.End) (store.EndResult, error)
		Forget(ctx context.Context, ended ...store.EndResult)
	}
	// Mail brings people links, and tells them of changes to their accounts; nil: no mail
	// server.
	Mail      *mail.Outbox
	Passwords *password.Hasher
	Policy    password.Policy
	Limits    *throttle.Limiter
	// Factors checks second factors.
	Factors *factor.Service
	// Cursors seals the cursors of the list of users.
	Cursors cursor.Sealer
	// SignUpOpen says that strangers may create an account for themselves, and
	// SignUpVerified that they must first prove their address.
	SignUpOpen, SignUpVerified bool
	// SignUpPasskey says that they may do so with a passkey and no password.
	SignUpPasskey bool
	// Links makes one-time links.
	Links *link.Service
	// Terminal, if set, is shown the links where there is no mail.
	Terminal func(m mail.Message)
	// Observe, if set, gets the result of every password check.
	Observe func(method signin.Method, result string)
	Now     func() time.Time
	Log     *slog.Logger

	turns  turns
	chores chores
}

var (
	// ErrCredentials refuses a name and password. The same error stands for every
	// reason.
	ErrCredentials = errors.New("account: name and password do not open an account")

	// ErrUnverified refuses a right name and password because the address must first be
	// proved. It is an ErrCredentials to callers that make no difference.
	ErrUnverified = fmt.Errorf("%w: the address is not verified", ErrCredentials)

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
	invitedSetsIt = "Leave this out: the invited person chooses it."
	notOwnAddress = "Enter a valid username. It may be an email address only if it is your own."
)

// taken turns a *store.NameTaken into field messages and returns any other error as it is.
func taken(err error) error {
	var name *store.NameTaken
	if !errors.As(err, &name) {
		return err
	}
	var faults fields.Errors
	addTaken(&faults, *name)
	return faults.Err()
}

func addTaken(faults *fields.Errors, name store.NameTaken) {
	if name.Username {
		faults.Add("username", usernameTaken)
	}
	if name.Email {
		faults.Add("email", emailTaken)
	}
}

// Get returns a user, or store.ErrNotFound.
func (s *Service) Get(ctx context.Context, id int64) (store.User, error) {
	return s.DB.UserByID(ctx, id)
}

// end ends all that is the user's, except one session with its browser session.
func (s *Service) end(ctx context.Context, tx store.Tx, actor authz.Actor, target store.User, except string, reason store.EndReason, now time.Time) (store.EndResult, error) {
	return s.Ends.All(ctx, tx, store.End{
		UserID: target.ID, Spare: except, Reason: reason, At: now, Actor: actor.String(), Sub: target.Sub,
	})
}
