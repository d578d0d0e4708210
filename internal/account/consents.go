package account

import (
	"context"
	"errors"
	"fmt"

	"gatehouse/internal/audit"
	"gatehouse/internal/authz"
	"gatehouse/store"
)

// Granted is a user's consent and the client that it is for.
type Granted struct {
	Consent store.Consent
	Client  store.Client
}

// Consents returns the user's consents, in the order of client IDs.
func (s *Service) Consents(ctx context.Context, userID int64) ([]Granted, error) {
	consents, err := s.DB.ListConsents(ctx, userID)
	if err != nil {
		return nil, fmt.Errorf("listing consents: %w", err)
	}
	granted := make([]Granted, 0, len(consents))
	for _, c := range consents {
		client, err := s.DB.ClientByID(ctx, c.ClientID)
		if errors.Is(err, store.ErrNotFound) {
			continue // just deleted, together with the consent
		}
		if err != nil {
			return nil, fmt.Errorf("reading a client with consent: %w", err)
		}
		granted = append(granted, Granted{c, client})
	}
	return granted, nil
}

// Withdraw withdraws the consent that person gave a client and ends their sessions with
// it. It returns store.ErrNotFound if there is none to withdraw.
func (s *Service) Withdraw(ctx context.Context, actor authz.Actor, person store.User, clientID string) error {
	var ended store.EndResult
	err := s.DB.Write(ctx, func(tx store.Tx) (err error) {
		ended, err = s.withdraw(ctx, tx, actor, person, clientID)
		return err
	})
	if err != nil {
		return fmt.Errorf("withdrawing a consent: %w", err)
	}
	s.Ends.Forget(ctx, ended)
	return nil
}

func (s *Service) withdraw(ctx context.Context, tx store.Tx, actor authz.Actor, person store.User, clientID string) (store.EndResult, error) {
	was, err := tx.DeleteConsent(person.ID, clientID)
	if err != nil {
		return store.EndResult{}, err
	}
	now := s.Now()
	ended, err := s.Ends.All(ctx, tx, store.End{
		UserID: person.ID, ClientID: clientID, Reason: store.EndedConsent, At: now, Actor: actor.String(), Sub: person.Sub,
	})
	if err != nil {
		return store.EndResult{}, err
	}
	event := audit.Event{
		Actor: actor.String(), Subject: audit.UserSubject(person.Sub), ClientID: clientID,
		What: audit.ConsentWithdrawn{Scope: was.Scope},
	}
	return ended, tx.Audit(event.Record(ctx, now))
}
