package apis

import (
	"context"
	"errors"
	"fmt"

	"gatehouse/internal/attribute"
	"gatehouse/internal/audit"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/store"
)

// Create registers an API. An invalid registration is a *fields.Errors.
func (s *Service) Create(ctx context.Context, actor authz.Actor, in Input) (store.API, error) {
	if err := authz.ManageClients.Allow(actor); err != nil {
		return store.API{}, err
	}
	a, faults := s.examineNew(in)
	if err := faults.Err(); err != nil {
		return store.API{}, err
	}
	from, err := attribute.SignsFrom(ctx, s.Keys, actor.String(), in.SigningAlg, store.SigningAlgorithms())
	if err != nil {
		return store.API{}, fmt.Errorf("registering an API: %w", err)
	}
	a.Signing = a.Signing.Instead(Fresh().Signing, from, a.CreatedAt)
	err = s.DB.Write(ctx, func(tx store.Tx) error {
		if err := authz.ManageClients.AllowNow(tx, actor); err != nil {
			return err
		}
		if err := admit(tx, a); err != nil {
			return err
		}
		if err := tx.CreateAPI(a); err != nil {
			return err
		}
		return record(ctx, tx, actor, a.ID, audit.APICreated{Name: a.Name, Identifier: a.Identifier}, a.CreatedAt)
	})
	if errors.Is(err, store.ErrConflict) {
		return store.API{}, fields.New("id", idTaken)
	}
	if err != nil {
		return store.API{}, fmt.Errorf("registering an API: %w", err)
	}
	return a, nil
}

func (s *Service) examineNew(in Input) (store.API, *fields.Errors) {
	a, faults := Fresh(), &fields.Errors{}
	a.CreatedAt = s.Now()
	a.UpdatedAt = a.CreatedAt
	s.assign(&a, in, faults)
	examine(&a, in, true, faults)
	return a, faults
}

// Fresh returns an API with the defaults.
func Fresh() store.API {
	return store.API{Clients: store.ClientsRegistered, TokenType: store.TokenTypeAccess, Signing: store.SigningChoice{Alg: store.RS256}, Claims: []string{"role"}}
}

// examine copies what was sent into a. All of an API needs a name and scopes.
func examine(a *store.API, in Input, all bool, faults *fields.Errors) {
	if all && !in.Name.Sent {
		faults.Add("name", fields.Required)
	}
	if all && !in.Scopes.Sent {
		faults.Add("scopes", fields.Required)
	}
	attribute.Examine(Attributes(), a, in, faults)
}

// Check returns what Create finds wrong without the store.
func (s *Service) Check(in Input) error {
	_, faults := s.examineNew(in)
	return faults.Err()
}

// admit checks a new API against what else is there, and locks it.
func admit(tx store.Tx, a store.API) error {
	faults := &fields.Errors{}
	if err := checkClients(tx, a, faults); err != nil {
		return err
	}
	if err := tx.LockAPIs(); err != nil {
		return err
	}
	n, err := tx.CountAPIs()
	if err != nil {
		return err
	}
	if n >= MaxAPIs {
		faults.Add("non_field_errors", fmt.Sprintf("There may be no more than %d APIs.", MaxAPIs))
	}
	taken, err := tx.HasIdentifier(a.Identifier)
	if err != nil {
		return err
	}
	if taken {
		faults.Add("identifier", identifierTaken)
	}
	if _, err = tx.LockClient(a.Identifier); err == nil {
		faults.Add("identifier", "An app has that identifier as its client_id.")
	} else if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return faults.Err()
}

// ErrIsIdentifier means that an API has the ID that a new client was to have. An ID token
// for the client, whose `aud` is the ID, could be taken for a token for the API.
var ErrIsIdentifier = errors.New("an API has that identifier")

// CheckClientID returns ErrIsIdentifier if an API has the ID of a client that is about to
// be created, and makes sure that none gets it before the transaction ends. IDs that no
// identifier has need no such check.
func CheckClientID(tx store.Tx, id string) error {
	canonical, err := Canonical(id)
	if err != nil {
		return nil //nolint:nilerr // no API has it
	}
	if err := tx.LockAPIs(); err != nil {
		return err
	}
	found, err := tx.HasIdentifier(canonical)
	if err == nil && found {
		return ErrIsIdentifier
	}
	return err
}
