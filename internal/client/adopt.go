package client

import (
	"context"
	"errors"
	"fmt"

	"gatehouse/internal/apis"
	"gatehouse/internal/audit"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/internal/version"
	"gatehouse/store"
)

// described refuses a change of a client that its document describes: the next fetch would
// undo it. Only whether the client is switched off is ours to say.
func described(was store.Client, changed audit.ClientUpdated) error {
	faults := &fields.Errors{}
	for name := range changed.After {
		if was.Origin == store.OriginDocument && name != "disabled" {
			faults.Add(name, "The document of the app says this. Adopt the app to change it here.")
		}
	}
	return faults.Err()
}

// Adopt makes a client that a document describes, or that registered itself, one that
// administrators registered: only they change it from then on, the document is not fetched
// again, and APIs that admit registered clients admit it. Its ID, consents and sessions stay.
// It is registered for the scopes that it could ask for until now: those of the APIs that
// are open to any client.
func (s *Service) Adopt(ctx context.Context, actor authz.Actor, id string, shown version.Tag) (store.Client, error) {
	if err := authz.ManageClients.Allow(actor); err != nil {
		return store.Client{}, err
	}
	all, err := s.APIs.All(ctx)
	if err != nil {
		return store.Client{}, err
	}
	var adopted store.Client
	err = s.DB.Write(ctx, func(tx store.Tx) error {
		if err := authz.ManageClients.AllowNow(tx, actor); err != nil {
			return err
		}
		c, err := lock(tx, id, shown)
		if err != nil {
			return err
		}
		if c.Origin == store.OriginRegistered {
			return fields.New("non_field_errors", "Only an app that a document describes, or that registered itself, can be adopted.")
		}
		now := s.Now()
		c.Origin, c.Scope, c.UpdatedAt = store.OriginRegistered, string(apis.WithOpen(authz.Scope(c.Scope), all)), now
		adopted = c
		if err := tx.PutClient(c); err != nil {
			return err
		}
		if err := tx.DropClientDocument(id); err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		return record(ctx, tx, actor.String(), id, audit.ClientAdopted{Name: c.Name}, now)
	})
	if err != nil {
		return store.Client{}, fmt.Errorf("adopting a client: %w", err)
	}
	return adopted, nil
}
