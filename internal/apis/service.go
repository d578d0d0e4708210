package apis

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gatehouse/internal/attribute"
	"gatehouse/internal/audit"
	"gatehouse/internal/authz"
	"gatehouse/internal/cursor"
	"gatehouse/internal/version"
	"gatehouse/store"
)

// Service registers APIs.
type Service struct {
	DB interface {
		store.APIs
		ListClients(ctx context.Context, after string, limit int) ([]store.Client, error)
		Write(ctx context.Context, f func(store.Tx) error) error
	}
	// Issuer is our own URL, and Audience that of tokens for our own API.
	Issuer, Audience string
	// Cursors seals the cursors of the list of APIs.
	Cursors cursor.Sealer
	Keys    attribute.Keys
	Now     func() time.Time
}

// Get returns an API, ours among them, or store.ErrNotFound.
func (s *Service) Get(ctx context.Context, id string) (store.API, error) {
	if id == store.OwnAPI {
		return s.own(ctx)
	}
	return s.DB.APIByID(ctx, id)
}

// ErrOwn means that our own API cannot be deleted.
var ErrOwn = errors.New("the API is Gatehouse's own, and cannot be deleted")

// Delete deletes an API that is as it was shown (version.ErrChanged). Its scopes can be granted
// no longer; its tokens expire.
func (s *Service) Delete(ctx context.Context, actor authz.Actor, id string, shown version.Tag) error {
	if err := authz.ManageClients.Allow(actor); err != nil {
		return err
	}
	if id == store.OwnAPI {
		return ErrOwn
	}
	err := s.DB.Write(ctx, func(tx store.Tx) error {
		if err := authz.ManageClients.AllowNow(tx, actor); err != nil {
			return err
		}
		if err := tx.LockAPIs(); err != nil {
			return err
		}
		a, err := tx.LockAPI(id)
		if err == nil {
			err = shown.Check(shownOf(a))
		}
		if err != nil {
			return err
		}
		if err := tx.DeleteAPI(id); err != nil {
			return err
		}
		return record(ctx, tx, actor, id, audit.APIDeleted{Name: a.Name, Identifier: a.Identifier}, s.Now())
	})
	if err != nil {
		return fmt.Errorf("deleting an API: %w", err)
	}
	return nil
}

func record(ctx context.Context, tx store.Tx, actor authz.Actor, id string, what audit.Kind, at time.Time) error {
	return tx.Audit(audit.Event{Actor: actor.String(), Subject: audit.APISubject(id), What: what}.Record(ctx, at))
}
