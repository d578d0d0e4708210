package account

import (
	"context"
	"errors"
	"fmt"

	"gatehouse/internal/audit"
	"gatehouse/internal/authz"
	"gatehouse/store"
)

// Granted is what a person let an app have.
type Granted struct {
	Consent store.Consent
	Client  store.Client
}

// Consents returns what the person let apps have, by client ID.
func (s *Service) Consents(ctx context.Context, userID int64) ([]Granted, error) {
	consents, err := s.DB.ListConsents(ctx, userID)
	if err != nil {
		return nil, fmt.Errorf("listing consents: %w", err)
	}
	granted := make([]Granted, 0, len(consents))
	for _, c := range consents {
		client, err := s.DB.ClientByID(ctx, c.ClientID)
		if errors.Is(err, store.ErrNotFound) {
			continue // deleted meanwhile, and the consent with it
		}
		if err != nil {
			return nil, fmt.Errorf("reading an app with consent: %w", err)
		}
		granted = append(granted, Granted{c, client})
	}
	return granted, nil
}

// Withdraw takes back what person let an app have, and ends the app's sessions of
// the person: what was allowed once is used no longer. It returns
// store.ErrNotFound if there is no consent.
func (s *Service) Withdraw(ctx context.Context, actor authz.Actor, person store.User, clientID string) error {
	was, err := s.DB.ConsentOf(ctx, person.ID, clientID)
	if err != nil {
		return fmt.Errorf("reading a consent: %w", err)
	}
	var ended []string
	err = s.DB.Write(ctx, func(tx store.Tx) (err error) {
		ended, err = s.withdraw(ctx, tx, actor, person, was)
		return err
	})
	if err != nil {
		return fmt.Errorf("withdrawing a consent: %w", err)
	}
	s.forget(ctx, ended)
	return nil
}

func (s *Service) withdraw(ctx context.Context, tx store.Tx, actor authz.Actor, person store.User, was store.Consent) ([]string, error) {
	now := s.Now()
	there, ended, err := tx.DeleteConsent(person.ID, was.ClientID, now)
	if err != nil {
		return nil, err
	}
	if !there {
		return nil, store.ErrNotFound
	}
	if err := recordEnded(ctx, tx, actor, person, ended, "consent withdrawn", now); err != nil {
		return nil, err
	}
	event := audit.Event{
		Actor: actor.String(), Subject: audit.UserSubject(person.Sub), ClientID: was.ClientID,
		What: audit.ConsentWithdrawn{Scope: was.Scope},
	}
	return ended, tx.Audit(event.Record(ctx, now))
}
