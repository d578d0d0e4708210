package account

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"gatehouse/internal/audit"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/store"
)

// SignUp creates an account with the role "user" for a stranger. The errors are
// ErrClosed, *fields.Errors, *throttle.Limited and *password.Busy.
//
// The answer reveals that a name is taken, because front ends need to know, but under
// SignUpVerified not whether an address is. Every attempt counts against the caller's
// network.
func (s *Service) SignUp(ctx context.Context, in Input) (store.User, error) {
	if !s.SignUpOpen {
		return store.User{}, ErrClosed
	}
	if s.SignUpVerified {
		return s.signUpUnverified(ctx, in)
	}
	stranger := authz.Actor{}
	return s.admit(ctx, in, s.free, func(d draft) (store.User, error) {
		return s.create(ctx, stranger, newUser(d, s.Now()), "signup", nil, func(tx store.Tx, u store.User) ([]store.AuditEvent, error) {
			evidence, err := s.equip(ctx, tx, u, d.key)
			if err != nil {
				return nil, err
			}
			more, err := s.welcome(ctx, tx, u)
			return append(evidence, more...), err
		})
	})
}

// welcome mails a new user a link to prove their address, and returns the evidence.
func (s *Service) welcome(ctx context.Context, tx store.Tx, u store.User) ([]store.AuditEvent, error) {
	if !s.Reaches() {
		return nil, nil
	}
	evidence, err := s.mailLink(ctx, tx, ownerOf(u), u, store.LinkVerify, u.Email)
	return []store.AuditEvent{evidence}, err
}

// free is unique for a new account.
func (s *Service) free(ctx context.Context, d draft, faults *fields.Errors) error {
	return s.unique(ctx, d, 0, faults)
}

// admit examines what a stranger sent, takes a slot for them, and calls create with a
// valid draft. Free adds a fault for each name that they may not have. A form with other faults takes a slot too before its names are looked up,
// so that faults do not make it cheaper to ask which names are taken. Without a slot, the
// stranger learns the other faults alone.
func (s *Service) admit(ctx context.Context, in Input, free func(context.Context, draft, *fields.Errors) error, create func(draft) (store.User, error)) (store.User, error) {
	in.Active, in.Invite = fields.Flag{}, fields.Flag{}
	d, faults := s.examine(authz.Actor{}, in, store.User{Role: store.RoleUser}, true)
	if d.usernameKey == nil && d.emailKey == nil {
		return store.User{}, faults.Err()
	}
	attempt, err := s.Limits.SignUp(ctx)
	if err != nil {
		return store.User{}, cmp.Or(faults.Err(), err)
	}
	if faults.Err() != nil {
		return store.User{}, free(ctx, d, faults)
	}
	end, err := s.turns.wait(ctx, *d.usernameKey, *d.emailKey)
	if err != nil {
		return store.User{}, fmt.Errorf("waiting for a turn at the name: %w", err)
	}
	defer end()
	if err := free(ctx, d, faults); err != nil {
		return store.User{}, err
	}
	if d, err = s.hashed(ctx, d); err != nil {
		attempt.Abandoned(context.WithoutCancel(ctx))
		return store.User{}, err
	}
	return create(d)
}

// Check returns what Create finds wrong with an operator's input without the store.
func (s *Service) Check(in Input) error {
	_, faults := s.examine(authz.Operator, in, store.User{Role: store.RoleUser}, true)
	return faults.Err()
}

// Create creates an account on behalf of actor, who may give it any role.
func (s *Service) Create(ctx context.Context, actor authz.Actor, in Input) (store.User, error) {
	in.Invite = fields.Flag{}
	u, _, err := s.CreateOrInvite(ctx, actor, in)
	return u, err
}

// CreateOrInvite is Create. If in.Invite is set, the account has no password, and the
// Invitation is not zero.
func (s *Service) CreateOrInvite(ctx context.Context, actor authz.Actor, in Input) (u store.User, invited Invitation, err error) {
	if err := authz.ChangePeople.Allow(actor); err != nil {
		return store.User{}, invited, err
	}
	d, faults := s.examine(actor, in, store.User{Role: store.RoleUser}, true)
	if err := s.free(ctx, d, faults); err != nil {
		return store.User{}, invited, err
	}
	if d, err = s.hashed(ctx, d); err != nil {
		return store.User{}, invited, err
	}
	by := "admin"
	if actor.Operator {
		by = "cli"
	}
	still := func(tx store.Tx) error {
		_, err := stillAdmin(tx, actor)
		return err
	}
	u, err = s.create(ctx, actor, newUser(d, s.Now()), by, still, func(tx store.Tx, u store.User) (_ []store.AuditEvent, err error) {
		if in.Invite.Value {
			invited, err = s.invite(ctx, tx, actor, u, store.LinkInvite)
		}
		return nil, err
	})
	return u, invited, err
}

// create writes a user and an audit event in one transaction. It calls first, which may
// refuse, at the start of the transaction, and last with the new user, which may return
// more evidence. A new administrator invalidates the links for the first one.
func (s *Service) create(ctx context.Context, actor authz.Actor, u store.User, by string, first func(store.Tx) error, last func(store.Tx, store.User) ([]store.AuditEvent, error)) (store.User, error) {
	err := s.DB.Write(ctx, func(tx store.Tx) (err error) {
		if u.Role == store.RoleAdmin {
			if err := tx.LockAdmins(); err != nil {
				return err
			}
		}
		if first != nil {
			if err := first(tx); err != nil {
				return err
			}
		}
		if u.ID, err = tx.CreateUser(u); err != nil {
			return err
		}
		if u.Role == store.RoleAdmin {
			if err := tx.ClearBootstrap(); err != nil {
				return err
			}
		}
		evidence := []store.AuditEvent{created(actor, u, by).Record(ctx, u.JoinedAt)}
		if last != nil {
			more, err := last(tx, u)
			if err != nil {
				return err
			}
			evidence = append(evidence, more...)
		}
		return tx.Audit(evidence...)
	})
	if err != nil {
		return store.User{}, fmt.Errorf("creating a person: %w", taken(err))
	}
	return u, nil
}

func created(actor authz.Actor, u store.User, by string) audit.Event {
	return audit.Event{
		Actor: actor.String(), Subject: audit.UserSubject(u.Sub),
		What: audit.UserCreated{By: by, Username: u.Username, Email: u.Email, EmailVerified: u.EmailVerified, Role: string(u.Role)},
	}
}

// newUser returns the account that d describes, with defaults for the rest.
func newUser(d draft, now time.Time) store.User {
	u := store.User{Sub: uuid.NewString(), Role: store.RoleUser, Active: true, JoinedAt: now, UpdatedAt: now}
	if d.key != nil {
		u.Sub, u.Factors = d.key.Sub, store.FactorPasskey|store.FactorRecovery
	}
	change, before, after := d.against(u)
	change.Profile = d.profileAgainst(store.Profile{}, before, after)
	return applied(u, change)
}
