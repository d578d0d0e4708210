package account

import (
	"context"
	"errors"
	"fmt"

	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/internal/mail"
	"gatehouse/internal/names"
	"gatehouse/store"
)

// Forgot mails a link for a new password to the person with an address, if there is one.
// It does nothing without mail. The work follows the answer, which is the same for every
// address. The errors are *fields.Errors, *throttle.Limited and *password.Busy.
func (s *Service) Forgot(ctx context.Context, address fields.Text) error {
	_, key, err := readAddress(address)
	if err != nil {
		return err
	}
	if _, err := s.Limits.Mail(ctx, mail.Reset, key); err != nil {
		return err
	}
	return s.chores.do(ctx, func(ctx context.Context) {
		if err := s.sendReset(ctx, key); err != nil {
			s.Log.WarnContext(ctx, "a link for a new password was not mailed", "error", err)
		}
	})
}

func (s *Service) sendReset(ctx context.Context, key string) error {
	if !s.Reaches() {
		return nil
	}
	person, err := s.DB.UserByName(ctx, key)
	if errors.Is(err, store.ErrNotFound) || err == nil && (person.EmailKey != key || !person.Active) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("looking up an address: %w", err)
	}
	return s.sendOwn(ctx, person, store.LinkReset)
}

// sendOwn mails a person a link to the address that they have.
func (s *Service) sendOwn(ctx context.Context, person store.User, purpose store.LinkPurpose) error {
	return s.DB.Write(ctx, func(tx store.Tx) error {
		row, err := tx.LockUser(person.ID)
		if errors.Is(err, store.ErrNotFound) || err == nil && (row.EmailKey != person.EmailKey || !row.Active) {
			return nil
		}
		if err != nil {
			return err
		}
		return s.sendLink(ctx, tx, authz.Actor{}, row, purpose, row.Email)
	})
}

// readAddress returns an address for display and its key, or *fields.Errors.
func readAddress(t fields.Text) (shown, key string, err error) {
	faults := &fields.Errors{}
	if !present("email", t, true, faults) {
		return "", "", faults
	}
	shown, key, err = names.Email(t.Value)
	if err != nil {
		return "", "", fields.New("email", append(fields.Surrogates(t.Value), messages(err)...)...)
	}
	return shown, key, nil
}
