package account

import (
	"context"
	"crypto/rand"
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

// signUpUnverified is SignUp where an address must be proved. Whether somebody has the
// address already shows neither in the answer nor in its time: then an account is created
// with names that nobody can use, which is erased after the answer, and the owner of the
// address gets a mail. The username that was asked for stays free.
func (s *Service) signUpUnverified(ctx context.Context, in Input) (store.User, error) {
	var owner *store.User
	free := func(ctx context.Context, d draft, faults *fields.Errors) (err error) {
		owner, err = s.freeOrHidden(ctx, d, faults)
		return err
	}
	return s.admit(ctx, in, free, func(d draft) (store.User, error) {
		asked := newUser(d, s.Now())
		_, err := s.Limits.Mail(ctx, mail.Verify, asked.EmailKey)
		told := err == nil && s.Reaches()
		if owner != nil {
			return s.pretend(ctx, asked, *owner, told)
		}
		return s.create(ctx, authz.Actor{}, asked, "signup", nil, func(tx store.Tx, u store.User) ([]store.AuditEvent, error) {
			if !told {
				return nil, nil // a sign-in sends another link
			}
			return s.welcome(ctx, tx, u)
		})
	})
}

// freeOrHidden adds a fault for a username that is taken, and returns the owner of the
// address, if somebody has it. A username that is the same address says no more.
func (s *Service) freeOrHidden(ctx context.Context, d draft, faults *fields.Errors) (*store.User, error) {
	clash, err := s.clash(ctx, d, 0)
	if err != nil {
		return nil, err
	}
	same := d.usernameKey != nil && d.emailKey != nil && *d.usernameKey == *d.emailKey
	addTaken(faults, store.NameTaken{Username: clash.Username && (!clash.Email || !same)})
	if faults.Err() != nil {
		return nil, faults
	}
	owner, err := s.DB.UserByName(ctx, *d.emailKey) // as often whether or not there is one
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("looking up the owner of an address: %w", err)
	}
	return &owner, nil
}

// pretend does what create does for an address that is free, and returns the account that
// there would be.
func (s *Service) pretend(ctx context.Context, asked, owner store.User, told bool) (store.User, error) {
	decoy := asked
	decoy.Active = false
	decoy.UsernameKey, decoy.EmailKey = "?"+rand.Text(), "?"+rand.Text() // no name that is typed has such a key
	err := s.DB.Write(ctx, func(tx store.Tx) (err error) {
		if decoy.ID, err = tx.CreateUser(decoy); err != nil {
			return err
		}
		if err := tx.Audit(audit.Event{Actor: "anonymous", Subject: audit.UserSubject(owner.Sub), What: audit.AddressTaken{}}.Record(ctx, s.Now())); err != nil || !told {
			return err
		}
		if _, err := s.Links.Make(tx, store.LinkVerify, decoy, ""); err != nil {
			return err
		}
		return s.post(tx, notice(ctx, mail.SignUpTaken, owner.Email, owner))
	})
	if err != nil {
		return store.User{}, fmt.Errorf("answering a sign-up with an address that is taken: %w", err)
	}
	asked.ID = decoy.ID
	return asked, s.chores.do(ctx, func(ctx context.Context) {
		if err := s.DB.Write(ctx, func(tx store.Tx) error { return tx.DeleteUser(decoy.ID) }); err != nil {
			s.Log.WarnContext(ctx, "a decoy of a sign-up was not erased", "user", decoy.ID, "error", err)
		}
	})
}

// OfferSignUp mails a link for a sign-up to an address or, if somebody has it already, a
// notice to them. The work follows the answer, which is the same for every address. The
// errors are ErrClosed, *fields.Errors, *throttle.Limited and *password.Busy.
func (s *Service) OfferSignUp(ctx context.Context, address fields.Text) error {
	if !s.SignUpOpen {
		return ErrClosed
	}
	shown, key, err := readAddress(address)
	if err != nil {
		return err
	}
	if _, err := s.Limits.Mail(ctx, mail.SignUp, key); err != nil {
		return err
	}
	return s.chores.do(ctx, func(ctx context.Context) {
		if err := s.sendOffer(ctx, shown, key); err != nil {
			s.Log.WarnContext(ctx, "a link for a sign-up was not mailed", "error", err)
		}
	})
}

func (s *Service) sendOffer(ctx context.Context, address, key string) error {
	if !s.Reaches() {
		return nil
	}
	owner, err := s.DB.UserByName(ctx, key)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("looking up an address: %w", err)
	}
	taken := err == nil
	return s.DB.Write(ctx, func(tx store.Tx) error {
		if taken {
			return s.post(tx, notice(ctx, mail.SignUpTaken, owner.Email, owner))
		}
		url, err := s.Links.MakeForNewcomer(tx, address, key)
		if err != nil {
			return err
		}
		return s.post(tx, s.withLink(notice(ctx, mail.SignUp, address, store.User{}), store.LinkSignUp, url))
	})
}

// OfferedAddress returns the address of a link for a sign-up, or link.ErrSpent. It uses
// nothing up.
func (s *Service) OfferedAddress(ctx context.Context, token string) (string, error) {
	l, _, err := s.look(ctx, token, store.LinkSignUp)
	return l.Address, err
}

// SignUpByLink creates an account with the address that the link proves. Its errors are
// those of SignUp, and link.ErrSpent. A fault in a field does not use up the link.
func (s *Service) SignUpByLink(ctx context.Context, token string, in Input) (store.User, error) {
	if !s.SignUpOpen {
		return store.User{}, ErrClosed
	}
	l, in, err := s.proved(ctx, token, in)
	if err != nil {
		return store.User{}, err
	}
	return s.admit(ctx, in, s.free, func(d draft) (store.User, error) {
		u := newUser(d, s.Now())
		u.EmailVerified = true
		return s.create(ctx, authz.Actor{}, u, "signup", func(tx store.Tx) error {
			_, err := s.Links.Use(tx, l)
			return err
		}, func(tx store.Tx, u store.User) ([]store.AuditEvent, error) { return s.equip(ctx, tx, u, d.key) })
	})
}

// proved returns the link with the token, and in with the address that it proves.
func (s *Service) proved(ctx context.Context, token string, in Input) (store.Link, Input, error) {
	l, _, err := s.look(ctx, token, store.LinkSignUp)
	if err != nil {
		return l, in, err
	}
	if _, key, err := names.Email(l.Address); err != nil || key != l.AddressKey {
		return l, in, link.ErrSpent // cannot happen: it was read when the link was made
	}
	in.Email = fields.Given(l.Address)
	return l, in, nil
}
