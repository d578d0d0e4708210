package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/internal/authz"
	"gatehouse/store"
)

var (
	// ErrHasPassword refuses to invite a person who has set a password.
	ErrHasPassword = errors.New("account: the person has a password already")
	// ErrInactive refuses a link for a person who could not use it.
	ErrInactive = errors.New("account: the person is deactivated")
)

// An Invitation is a one-time link that an administrator made for a person.
type Invitation struct {
	// URL is empty if the link was mailed.
	URL       string
	ExpiresAt time.Time
}

// Invite makes a link by which a person sets their first password. It is mailed or,
// without mail and for the command line, returned for the administrator to pass on. The errors are ErrHasPassword,
// ErrInactive and those of Change.
func (s *Service) Invite(ctx context.Context, actor authz.Actor, id int64) (Invitation, error) {
	return s.linkFor(ctx, actor, id, store.LinkInvite)
}

// ResetLink makes a link by which a person sets another password, as Invite does.
func (s *Service) ResetLink(ctx context.Context, actor authz.Actor, id int64) (Invitation, error) {
	return s.linkFor(ctx, actor, id, store.LinkReset)
}

func (s *Service) linkFor(ctx context.Context, actor authz.Actor, id int64, purpose store.LinkPurpose) (made Invitation, err error) {
	err = s.DB.Write(ctx, func(tx store.Tx) error {
		target, err := lockForAdmin(tx, actor, id, authz.Change{})
		if err == nil && purpose == store.LinkInvite && target.PasswordHash != "" {
			err = ErrHasPassword
		}
		if err != nil {
			return err
		}
		made, err = s.invite(ctx, tx, actor, target, purpose)
		return err
	})
	if err != nil {
		return Invitation{}, fmt.Errorf("making a link for a person: %w", err)
	}
	return made, nil
}

// invite makes the link for a person who is locked.
func (s *Service) invite(ctx context.Context, tx store.Tx, actor authz.Actor, target store.User, purpose store.LinkPurpose) (made Invitation, err error) {
	if !target.Active {
		return made, ErrInactive
	}
	made.ExpiresAt = s.Now().Add(s.Links.Life(purpose))
	if s.Mail.On() && !actor.Operator { // the command line prints it
		return made, s.sendLink(ctx, tx, actor, target, purpose, target.Email)
	}
	if made.URL, err = s.Links.Make(tx, purpose, target, ""); err != nil {
		return made, err
	}
	return made, s.recordLink(ctx, tx, actor, target, audit.LinkMade{Purpose: purpose})
}
