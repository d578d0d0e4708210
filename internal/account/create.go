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
// The answer reveals that a name is taken, because front ends need to know. Every
// attempt counts against the caller's network.
func (s *Service) SignUp(ctx context.Context, in Input) (store.User, error) {
	if !s.SignUpOpen {
		return store.User{}, ErrClosed
	}
	stranger := authz.Actor{}
	return s.admit(ctx, in, func(d draft) (store.User, error) {
		return s.create(ctx, stranger, newUser(d, s.Now()), "signup", nil)
	})
}

// admit examines what a stranger sent, takes a slot for them, and calls create with a
// valid draft. A form with other faults takes a slot too before its names are looked up,
// so that faults do not make it cheaper to ask which names are taken. Without a slot, the
// stranger learns the other faults alone.
func (s *Service) admit(ctx context.Context, in Input, create func(draft) (store.User, error)) (store.User, error) {
	in.Active = fields.Flag{}
	d, faults := s.examine(authz.Actor{}, in, store.User{Role: store.RoleUser}, true)
	if d.usernameKey == nil && d.emailKey == nil {
		return store.User{}, faults.Err()
	}
	attempt, err := s.Limits.SignUp(ctx)
	if err != nil {
		return store.User{}, cmp.Or(faults.Err(), err)
	}
	if faults.Err() != nil {
		return store.User{}, s.unique(ctx, d, 0, faults)
	}
	end, err := s.turns.wait(ctx, *d.usernameKey, *d.emailKey)
	if err != nil {
		return store.User{}, fmt.Errorf("waiting for a turn at the name: %w", err)
	}
	defer end()
	if err := s.unique(ctx, d, 0, faults); err != nil {
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
	if err := authz.ChangePeople.Allow(actor); err != nil {
		return store.User{}, err
	}
	d, faults := s.examine(actor, in, store.User{Role: store.RoleUser}, true)
	if err := s.unique(ctx, d, 0, faults); err != nil {
		return store.User{}, err
	}
	d, err := s.hashed(ctx, d)
	if err != nil {
		return store.User{}, err
	}
	by := "admin"
	if actor.Operator {
		by = "cli"
	}
	return s.create(ctx, actor, newUser(d, s.Now()), by, func(tx store.Tx) error {
		_, err := stillAdmin(tx, actor)
		return err
	})
}

// create writes a user and an audit event in one transaction. It calls first, which may
// refuse, at the start of the transaction. A new administrator invalidates the links
// for the first one.
func (s *Service) create(ctx context.Context, actor authz.Actor, u store.User, by string, first func(store.Tx) error) (store.User, error) {
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
		return tx.Audit(created(actor, u, by).Record(ctx, u.JoinedAt))
	})
	if err != nil {
		return store.User{}, fmt.Errorf("creating a person: %w", taken(err))
	}
	return u, nil
}

func created(actor authz.Actor, u store.User, by string) audit.Event {
	return audit.Event{
		Actor: actor.String(), Subject: audit.UserSubject(u.Sub),
		What: audit.UserCreated{By: by, Username: u.Username, Email: u.Email, Role: string(u.Role)},
	}
}

// newUser returns the account that d describes, with defaults for the rest.
func newUser(d draft, now time.Time) store.User {
	u := store.User{Sub: uuid.NewString(), Role: store.RoleUser, Active: true, JoinedAt: now, UpdatedAt: now}
	change, before, after := d.against(u)
	change.Profile = d.profileAgainst(store.Profile{}, before, after)
	return applied(u, change)
}
