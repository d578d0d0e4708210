package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/internal/authz"
	"gatehouse/store"
)

// Granted is a user's consent and the client that it is for. LastUsedAt is when the user
// last allowed or used it: within a minute, as in store.Session.
type Granted struct {
	Consent    store.Consent
	Client     store.Client
	LastUsedAt time.Time
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
		used, err := s.DB.LastUse(ctx, userID, c.ClientID)
		if err != nil {
			return nil, fmt.Errorf("reading when a client was last used: %w", err)
		}
		granted = append(granted, Granted{c, client, later(c.GrantedAt, used)})
	}
	return granted, nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// WithdrawScope takes canonical scopes away from the consent that person gave a client,
// and from their sessions in it, and returns what is left. At our own endpoints the scopes
// are gone at once, and at others when the access tokens end that have them. With the last
// scope, all is withdrawn as by Withdraw. It returns store.ErrNotFound if one of the scopes
// is not part of a consent.
func (s *Service) WithdrawScope(ctx context.Context, actor authz.Actor, person store.User, clientID string, taken authz.Scope) (left store.Consent, err error) {
	var ended store.EndResult
	err = s.DB.Write(ctx, func(tx store.Tx) error {
		was, err := tx.LockConsent(person.ID, clientID)
		if err == nil && !taken.Within(authz.Consented(was)) {
			err = store.ErrNotFound
		}
		if err != nil {
			return err
		}
		left = authz.Withdraw(was, taken)
		if left.Scope == "" {
			ended, err = s.withdraw(ctx, tx, actor, person, clientID)
			return err
		}
		ended, err = s.narrow(ctx, tx, actor, person, &left, taken)
		return err
	})
	if err != nil {
		return store.Consent{}, fmt.Errorf("withdrawing scopes: %w", err)
	}
	s.Ends.Forget(ctx, ended)
	return left, nil
}

// narrow records a consent of which something was taken. If more was taken than a record
// holds, the sessions end instead.
func (s *Service) narrow(ctx context.Context, tx store.Tx, actor authz.Actor, person store.User, left *store.Consent, taken authz.Scope) (ended store.EndResult, err error) {
	now := s.Now()
	if len(left.Withdrawn) > store.MaxScopeBytes {
		left.Withdrawn = ""
		ended, err = s.Ends.All(ctx, tx, store.End{
			UserID: person.ID, ClientID: left.ClientID, Reason: store.EndedConsent, At: now, Actor: actor.String(), Sub: person.Sub,
		})
		if err != nil {
			return ended, err
		}
	}
	if err := tx.PutConsent(*left); err != nil {
		return ended, err
	}
	return ended, tx.Audit(audit.Event{
		Actor: actor.String(), Subject: audit.UserSubject(person.Sub), ClientID: left.ClientID,
		What: audit.ScopeWithdrawn{Scope: string(taken), Left: left.Scope},
	}.Record(ctx, now))
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
		What: audit.ConsentWithdrawn{Scope: string(authz.Consented(was))},
	}
	return ended, tx.Audit(event.Record(ctx, now))
}
