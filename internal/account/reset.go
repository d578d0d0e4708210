package account

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"gatehouse/internal/audit"
	"gatehouse/internal/authz"
	"gatehouse/internal/factor"
	"gatehouse/internal/fields"
	"gatehouse/internal/link"
	"gatehouse/internal/signin"
	"gatehouse/store"
)

// A NewPassword is what the holder of a link sends: the token, the password that they
// choose and, if they have one, a second factor.
type NewPassword struct {
	Token, Password, OTP, RecoveryCode fields.Text
}

// PersonOfLink returns the person of a link for a password, or link.ErrSpent. It uses
// nothing up.
func (s *Service) PersonOfLink(ctx context.Context, token string) (store.User, error) {
	_, person, err := s.look(ctx, token, store.LinkReset, store.LinkInvite)
	return person, err
}

// look is link.Look. An unknown token counts as a failure of the network.
func (s *Service) look(ctx context.Context, token string, purposes ...store.LinkPurpose) (store.Link, store.User, error) {
	l, person, err := s.Links.Look(ctx, token, purposes...)
	if errors.Is(err, link.ErrSpent) {
		err = cmp.Or(s.Limits.Failure(ctx, "link", string(purposes[0])), err)
	}
	return l, person, err
}

// Reset sets the password of the person of a link, and ends all that is theirs: whoever
// knew the old password is signed out. The link is used up by success alone. The errors
// are *fields.Errors, link.ErrSpent, *throttle.Limited, *password.Busy and, for a person
// with a second factor, *factor.Required.
func (s *Service) Reset(ctx context.Context, in NewPassword) (store.User, error) {
	faults := &fields.Errors{}
	present("token", in.Token, true, faults)
	present("password", in.Password, true, faults)
	if faults.Err() != nil {
		return store.User{}, faults
	}
	l, person, err := s.look(ctx, in.Token.Value, store.LinkReset, store.LinkInvite)
	if err != nil {
		return store.User{}, err
	}
	var d draft
	if s.setPassword(&d, Input{Password: in.Password}, person, true, faults); faults.Err() != nil {
		return store.User{}, faults
	}
	shown, err := s.Factors.Prove(ctx, person, factor.Answer{OTP: in.OTP.Value, RecoveryCode: in.RecoveryCode.Value})
	if err != nil {
		return store.User{}, err
	}
	if d, err = s.hashed(ctx, d); err != nil {
		return store.User{}, err
	}
	var after store.User
	var ended store.EndResult
	err = s.DB.Write(ctx, func(tx store.Tx) (err error) {
		after, ended, err = s.reset(ctx, tx, l, d, shown)
		return err
	})
	if err != nil {
		return store.User{}, fmt.Errorf("setting a password by a link: %w", err)
	}
	s.Ends.Forget(ctx, ended)
	return after, nil
}

// reset writes the password. A link that came by mail also proves the address.
func (s *Service) reset(ctx context.Context, tx store.Tx, l store.Link, d draft, shown signin.Factor) (store.User, store.EndResult, error) {
	person, err := s.Links.Use(tx, l)
	if err != nil {
		return store.User{}, store.EndResult{}, err
	}
	for _, use := range shown.Uses {
		if err := use(tx, s.Now()); err != nil {
			return store.User{}, store.EndResult{}, err
		}
	}
	if l.Address == person.Email {
		d.addressVouch = &vouch{person.Email, true}
	}
	owner := ownerOf(person)
	if err := s.recordLink(ctx, tx, owner, person, audit.LinkUsed{Purpose: l.Purpose}); err != nil {
		return store.User{}, store.EndResult{}, err
	}
	return s.write(ctx, tx, owner, person, d)
}

// ResetByPasskey is Reset for a person without a password, who gets a passkey in its place.
// Those who have lost theirs show a recovery code. The errors are those of Reset,
// ErrHasPassword, ErrPasskeyTaken and ErrPasskeysFull.
func (s *Service) ResetByPasskey(ctx context.Context, in NewPassword, p store.Passkey) (FactorChange, error) {
	l, person, err := s.look(ctx, in.Token.Value, store.LinkReset, store.LinkInvite)
	if err != nil {
		return FactorChange{}, err
	}
	if person.PasswordHash != "" {
		return FactorChange{}, ErrHasPassword
	}
	shown, err := s.Factors.Prove(ctx, person, factor.Answer{OTP: in.OTP.Value, RecoveryCode: in.RecoveryCode.Value})
	if err != nil {
		return FactorChange{}, err
	}
	var done FactorChange
	err = s.DB.Write(ctx, func(tx store.Tx) (err error) {
		row, _, err := s.reset(ctx, tx, l, draft{}, shown)
		if err == nil {
			done, err = s.addPasskey(ctx, tx, ownerOf(row), row, p)
		}
		return err
	})
	if err != nil {
		return FactorChange{}, fmt.Errorf("setting a passkey by a link: %w", err)
	}
	s.Ends.Forget(ctx, done.ended)
	return done, nil
}

// ownerOf returns the person as the actor on their own account, without a session.
func ownerOf(person store.User) authz.Actor {
	return authz.Actor{UserID: person.ID, Sub: person.Sub, Role: person.Role}
}
