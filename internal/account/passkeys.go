package account

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"gatehouse/internal/audit"
	"gatehouse/internal/authz"
	"gatehouse/internal/factor"
	"gatehouse/internal/fields"
	"gatehouse/store"
)

// MaxPasskeyName is how long the name of a passkey may be, in characters.
const MaxPasskeyName = 64

var (
	// ErrPasskeyTaken refuses a credential that somebody has here already.
	ErrPasskeyTaken = errors.New("account: this passkey is on record already")
	// ErrPasskeysFull refuses a passkey beyond store.MaxPasskeys.
	ErrPasskeysFull = errors.New("account: as many passkeys as a person may have")
	// ErrOnlyWayIn refuses to remove the last passkey of a person without a password.
	ErrOnlyWayIn = errors.New("account: the only way into the account")
)

// PasskeyID returns the ID of a passkey as pages write it, and Parse reads it.
func PasskeyID(p store.Passkey) string { return base64.RawURLEncoding.EncodeToString(p.ID) }

// ParsePasskeyID returns the ID that PasskeyID wrote, or store.ErrNotFound.
func ParsePasskeyID(text string) ([]byte, error) {
	id, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(id) == 0 || len(id) > store.MaxPasskeyID {
		return nil, fmt.Errorf("reading the ID of a passkey: %w", store.ErrNotFound)
	}
	return id, nil
}

// AddPasskey gives the acting person a passkey that package passkey has verified, and ends
// their other sessions. With their first factor they get recovery codes. The errors are
// ErrPasskeyTaken, ErrPasskeysFull and *signin.StepUp.
func (s *Service) AddPasskey(ctx context.Context, actor authz.Actor, me store.User, p store.Passkey) (FactorChange, error) {
	if err := s.StepUp(actor, me); err != nil {
		return FactorChange{}, err
	}
	return s.changeFactors(ctx, me, func(tx store.Tx, row store.User) (FactorChange, error) {
		return s.addPasskey(ctx, tx, actor, row, p)
	})
}

// addPasskey adds the passkey of a person whom the caller has locked.
func (s *Service) addPasskey(ctx context.Context, tx store.Tx, actor authz.Actor, row store.User, p store.Passkey) (FactorChange, error) {
	if err := putPasskey(tx, row, p); err != nil {
		return FactorChange{}, err
	}
	return s.FactorAdded(ctx, tx, actor, row, store.FactorPasskey, factor.Passkey)
}

// putPasskey writes the passkey as the person's.
func putPasskey(tx store.Tx, row store.User, p store.Passkey) error {
	p.UserID = row.ID
	err := tx.AddPasskey(p)
	switch {
	case errors.Is(err, store.ErrConflict):
		return ErrPasskeyTaken
	case errors.Is(err, store.ErrFull):
		return ErrPasskeysFull
	}
	return err
}

// RenamePasskey gives a passkey of the acting person another name. It returns
// store.ErrNotFound if they do not have it, or the faults of the name.
func (s *Service) RenamePasskey(ctx context.Context, actor authz.Actor, id []byte, name string) error {
	name, err := passkeyName(name)
	if err != nil {
		return err
	}
	old, err := s.DB.PasskeyByID(ctx, id)
	if err != nil {
		return fmt.Errorf("reading a passkey: %w", err)
	}
	if old.UserID != actor.UserID {
		return fmt.Errorf("a passkey of another person: %w", store.ErrNotFound)
	}
	if name == old.Name {
		return nil
	}
	err = s.DB.Write(ctx, func(tx store.Tx) error {
		if err := tx.RenamePasskey(actor.UserID, id, name); err != nil {
			return err
		}
		event := audit.Event{Actor: actor.String(), Subject: audit.UserSubject(actor.Sub), What: audit.PasskeyRenamed{Before: old.Name, After: name}}
		return tx.Audit(event.Record(ctx, s.Now()))
	})
	if err != nil {
		return fmt.Errorf("renaming a passkey: %w", err)
	}
	return nil
}

// RemovePasskey takes a passkey away from the acting person, and ends their other sessions:
// somebody else may have signed in with the authenticator. The errors are store.ErrNotFound
// if they do not have it, ErrOnlyWayIn and *signin.StepUp.
func (s *Service) RemovePasskey(ctx context.Context, actor authz.Actor, me store.User, id []byte) (FactorChange, error) {
	if err := s.StepUp(actor, me); err != nil {
		return FactorChange{}, err
	}
	return s.changeFactors(ctx, me, func(tx store.Tx, row store.User) (FactorChange, error) {
		left, err := tx.RemovePasskey(row.ID, id)
		if err != nil {
			return FactorChange{}, err
		}
		if left > 0 {
			return s.FactorRemoved(ctx, tx, actor, row, 0, factor.Passkey)
		}
		if row.PasswordHash == "" {
			return FactorChange{}, ErrOnlyWayIn
		}
		return s.FactorRemoved(ctx, tx, actor, row, store.FactorPasskey, factor.Passkey)
	})
}

// passkeyName returns the name as it is kept.
func passkeyName(name string) (string, error) {
	name = strings.TrimSpace(name)
	switch {
	case name == "":
		return "", fields.New("name", fields.Required)
	case utf8.RuneCountInString(name) > MaxPasskeyName:
		return "", fields.New("name", fmt.Sprintf("Ensure this field has no more than %d characters.", MaxPasskeyName))
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		return "", fields.New("name", "Enter a name without control characters.")
	}
	return name, nil
}
