package client

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/internal/secret"
	"gatehouse/store"
)

// The bounds of an initial access token (RFC 7591 §1.2), and how many there may be.
const (
	DefaultTokenLife = 24 * time.Hour
	MaxTokenLife     = 90 * 24 * time.Hour
	DefaultTokenUses = 1
	MaxTokenUses     = 1000
	MaxTokens        = 1000
)

// NewRegistrationToken makes a token by which as many apps may register as uses says, and
// returns it with its secret, which cannot be shown again. It returns a *fields.Errors for
// a life or uses that are out of bounds.
func (s *Service) NewRegistrationToken(ctx context.Context, actor authz.Actor, life time.Duration, uses int) (store.RegistrationToken, string, error) {
	if err := authz.ManageClients.Allow(actor); err != nil {
		return store.RegistrationToken{}, "", err
	}
	if err := checkToken(life, uses); err != nil {
		return store.RegistrationToken{}, "", err
	}
	now, text := s.Now(), secret.New()
	token := store.RegistrationToken{
		ID: strings.ToLower(rand.Text()[:12]), Digest: store.DigestOf(text), MaxUses: uses, CreatedAt: now, ExpiresAt: now.Add(life),
	}
	made := audit.RegistrationTokenCreated{MaxUses: uses, ExpiresAt: token.ExpiresAt.Format(time.RFC3339)}
	err := s.DB.Write(ctx, func(tx store.Tx) error {
		if err := authz.ManageClients.AllowNow(tx, actor); err != nil {
			return err
		}
		if err := tx.CreateRegistrationToken(token); err != nil {
			return err
		}
		return tx.Audit(audit.Event{Actor: actor.String(), Subject: audit.RegistrationSubject(token.ID), What: made}.Record(ctx, now))
	})
	if err != nil {
		return store.RegistrationToken{}, "", fmt.Errorf("making a registration token: %w", err)
	}
	return token, text, nil
}

func checkToken(life time.Duration, uses int) error {
	faults := &fields.Errors{}
	if life < time.Minute || life > MaxTokenLife {
		faults.Add("lifetime", fmt.Sprintf("Give a duration from 1m to %dh.", MaxTokenLife/time.Hour))
	}
	if uses < 1 || uses > MaxTokenUses {
		faults.Add("uses", fmt.Sprintf("Give a number from 1 to %d.", MaxTokenUses))
	}
	return faults.Err()
}

// RegistrationTokens returns the tokens that were not withdrawn, the newest first, until an
// hour after they have expired.
func (s *Service) RegistrationTokens(ctx context.Context, actor authz.Actor) ([]store.RegistrationToken, error) {
	if err := authz.ManageClients.Allow(actor); err != nil {
		return nil, err
	}
	tokens, err := s.DB.ListRegistrationTokens(ctx, MaxTokens)
	if err != nil {
		return nil, fmt.Errorf("listing registration tokens: %w", err)
	}
	return tokens, nil
}

// WithdrawRegistrationToken makes a token useless, or returns store.ErrNotFound. The apps
// that have registered by it stay.
func (s *Service) WithdrawRegistrationToken(ctx context.Context, actor authz.Actor, id string) error {
	if err := authz.ManageClients.Allow(actor); err != nil {
		return err
	}
	err := s.DB.Write(ctx, func(tx store.Tx) error {
		if err := authz.ManageClients.AllowNow(tx, actor); err != nil {
			return err
		}
		if err := tx.DeleteRegistrationToken(id); err != nil {
			return err
		}
		return tx.Audit(audit.Event{Actor: actor.String(), Subject: audit.RegistrationSubject(id), What: audit.RegistrationTokenWithdrawn{}}.Record(ctx, s.Now()))
	})
	if err != nil {
		return fmt.Errorf("withdrawing a registration token: %w", err)
	}
	return nil
}
