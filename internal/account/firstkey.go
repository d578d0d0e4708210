package account

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"gatehouse/internal/audit"
	"gatehouse/internal/factor"
	"gatehouse/internal/fields"
	"gatehouse/internal/link"
	"gatehouse/store"
)

// ErrNeedsPassword refuses a sign-up with a passkey alone, which the operator does not want.
var ErrNeedsPassword = errors.New("account: a sign-up needs a password here")

// A FirstKey is a passkey with which somebody signs up in place of a password. Package
// passkey has verified it.
type FirstKey struct {
	// Sub is the subject for which the authenticator made it.
	Sub     string
	Passkey store.Passkey

	codes []string // that came with it
}

// Newcomer returns the account that SignUpByPasskey would create, for an authenticator to
// make a passkey for, and creates nothing. Its errors are those of SignUpByPasskey.
func (s *Service) Newcomer(ctx context.Context, token string, in Input) (u store.User, err error) {
	if err := s.keyAllowed(token); err != nil {
		return store.User{}, err
	}
	if token != "" {
		if _, in, err = s.proved(ctx, token, in); err != nil {
			return store.User{}, err
		}
	}
	in.Key = &FirstKey{Sub: uuid.NewString()}
	return s.admit(ctx, in, s.free, func(d draft) (store.User, error) { return newUser(d, s.Now()), nil })
}

// SignUpByPasskey creates an account without a password, and with recovery codes. Token is
// that of the link that proved the address, empty where addresses need no proof. Its errors
// are those of SignUp and SignUpByLink, ErrNeedsPassword and ErrPasskeyTaken.
func (s *Service) SignUpByPasskey(ctx context.Context, token string, in Input, key FirstKey) (done FactorChange, err error) {
	if err := s.keyAllowed(token); err != nil {
		return FactorChange{}, err
	}
	in.Key, in.Password = &key, fields.Text{}
	if token != "" {
		done.User, err = s.SignUpByLink(ctx, token, in)
	} else {
		done.User, err = s.SignUp(ctx, in)
	}
	done.Codes = key.codes
	return done, err
}

func (s *Service) keyAllowed(token string) error {
	switch {
	case !s.SignUpOpen:
		return ErrClosed
	case !s.SignUpPasskey:
		return ErrNeedsPassword
	case s.SignUpVerified && token == "":
		return link.ErrSpent
	}
	return nil
}

// equip gives a new person their first passkey, if they have one, with recovery codes, and
// returns the evidence. Their row has these factors already.
func (s *Service) equip(ctx context.Context, tx store.Tx, u store.User, key *FirstKey) (evidence []store.AuditEvent, err error) {
	if key == nil {
		return nil, nil
	}
	if err := putPasskey(tx, u, key.Passkey); err != nil {
		return nil, err
	}
	if key.codes, err = s.giveCodes(tx, u.ID, u.JoinedAt); err != nil {
		return nil, fmt.Errorf("giving recovery codes: %w", err)
	}
	event := audit.Event{Actor: ownerOf(u).String(), Subject: audit.UserSubject(u.Sub), What: audit.FactorAdded{Factor: string(factor.Passkey)}}
	return []store.AuditEvent{event.Record(ctx, u.JoinedAt)}, nil
}
