package account

import (
	"context"
	"errors"
	"fmt"

	"gatehouse/internal/audit"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/internal/link"
	"gatehouse/internal/mail"
	"gatehouse/internal/names"
	"gatehouse/store"
)

// SendVerification mails a person a link to prove their address, unless that is proved.
// It does nothing if mail cannot reach anybody. The errors are *throttle.Limited and those of the store.
func (s *Service) SendVerification(ctx context.Context, person store.User) error {
	if person.EmailVerified || !s.Reaches() {
		return nil
	}
	if _, err := s.Limits.Mail(ctx, mail.Verify, person.EmailKey); err != nil {
		return err
	}
	return s.sendOwn(ctx, person, store.LinkVerify)
}

// sendAnew is SendVerification after the answer to a sign-in.
func (s *Service) sendAnew(ctx context.Context, person store.User) error {
	return s.chores.do(ctx, func(ctx context.Context) {
		if err := s.SendVerification(ctx, person); err != nil {
			s.Log.WarnContext(ctx, "a link to prove an address was not mailed", "error", err)
		}
	})
}

// AddressOfLink returns the address that a link would prove, or link.ErrSpent. It uses
// nothing up.
func (s *Service) AddressOfLink(ctx context.Context, token string) (string, error) {
	l, _, err := s.look(ctx, token, store.LinkVerify, store.LinkAddress)
	return l.Address, err
}

// Verify uses up a link that proves an address. If the person wanted to change to that
// address, it becomes theirs, and the old one is told. It returns the person, or an error:
// link.ErrSpent, *throttle.Limited, or *fields.Errors if somebody else has the address
// now, which does not use up the link.
func (s *Service) Verify(ctx context.Context, token fields.Text) (store.User, error) {
	faults := &fields.Errors{}
	if !present("token", token, true, faults) {
		return store.User{}, faults
	}
	l, _, err := s.look(ctx, token.Value, store.LinkVerify, store.LinkAddress)
	if err != nil {
		return store.User{}, err
	}
	var after store.User
	err = s.DB.Write(ctx, func(tx store.Tx) (err error) {
		after, err = s.verify(ctx, tx, l)
		return err
	})
	if err != nil {
		return store.User{}, fmt.Errorf("verifying an address: %w", taken(err))
	}
	return after, nil
}

func (s *Service) verify(ctx context.Context, tx store.Tx, l store.Link) (store.User, error) {
	person, err := s.Links.Use(tx, l)
	if err != nil {
		return store.User{}, err
	}
	owner, d := ownerOf(person), draft{addressVouch: &vouch{person.Email, true}}
	if l.Purpose == store.LinkAddress {
		address, key, err := names.Email(l.Address)
		if err != nil {
			return store.User{}, link.ErrSpent // cannot happen: it was read when the link was made
		}
		d = draft{email: &address, emailKey: &key, addressVouch: &vouch{address, true}}
	}
	if err := s.recordLink(ctx, tx, owner, person, audit.LinkUsed{Purpose: l.Purpose}); err != nil {
		return store.User{}, err
	}
	after, _, err := s.write(ctx, tx, owner, person, d)
	return after, err
}

// ErrNoMail refuses what only a mail could finish.
var ErrNoMail = errors.New("account: mail is not set up")

// MoveTo mails a link to the address that a person wants. Until the link is used, they
// keep the one that they have. The current password is needed as in ChangeOwn, whose
// errors it returns, and ErrNoMail. Proved says that the caller has another proof of who
// it is.
func (s *Service) MoveTo(ctx context.Context, actor authz.Actor, me store.User, in Input, proved bool) (err error) {
	if !s.Reaches() {
		return ErrNoMail
	}
	d, faults := s.examine(authz.Actor{}, Input{Email: in.Email, CurrentPassword: in.CurrentPassword}, me, false)
	if !in.Email.Sent {
		faults.Add("email", fields.Required)
	}
	if faults.Err() != nil {
		return faults
	}
	if *d.emailKey == me.EmailKey {
		return s.SendVerification(ctx, me)
	}
	proof := ownProof{hash: me.PasswordHash}
	if !proved {
		if proof, err = s.proven(ctx, &d, in, me); err != nil {
			return err
		}
	}
	if err := s.unclaimed(ctx, d, me, faults); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx store.Tx) error {
		row, err := tx.LockUser(me.ID)
		if errors.Is(err, store.ErrNotFound) || err == nil && (!row.Active || row.Generation != me.Generation) {
			return authz.ErrDenied
		}
		if err != nil {
			return err
		}
		if err := s.spend(tx, row, proof); err != nil {
			return err
		}
		return s.sendLink(ctx, tx, actor, row, store.LinkAddress, *d.email)
	})
}
