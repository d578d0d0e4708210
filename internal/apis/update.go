package apis

import (
	"context"
	"fmt"
	"time"

	"gatehouse/internal/attribute"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/internal/version"
	"gatehouse/store"
)

// Update changes the attributes that were sent or, if replaceAll, replaces everything but
// the ID and the identifier. An API that is not as in.Shown says any more is not changed:
// version.ErrChanged.
func (s *Service) Update(ctx context.Context, actor authz.Actor, id string, in Input, replaceAll bool) (store.API, error) {
	if err := authz.ManageClients.Allow(actor); err != nil {
		return store.API{}, err
	}
	var after store.API
	var from time.Time
	if id != store.OwnAPI {
		var err error
		if from, err = attribute.SignsFrom(ctx, s.Keys, actor.String(), in.SigningAlg, store.SigningAlgorithms()); err != nil {
			return store.API{}, fmt.Errorf("changing an API: %w", err)
		}
	}
	err := s.DB.Write(ctx, func(tx store.Tx) error {
		if err := authz.ManageClients.AllowNow(tx, actor); err != nil {
			return err
		}
		was, is, err := s.update(tx, id, in, from, replaceAll)
		if err != nil {
			return err
		}
		after = is
		if changed := Change(was, is); len(changed.After) > 0 {
			return record(ctx, tx, actor, id, changed, is.UpdatedAt)
		}
		return nil
	})
	if err != nil {
		return store.API{}, fmt.Errorf("changing an API: %w", err)
	}
	return after, nil
}

// Version stands for all of an API that a change can overwrite.
func Version(a store.API) (version.Tag, error) { return version.Of(shownOf(a)) }

// shownOf returns a without what changes by itself.
func shownOf(a store.API) store.API {
	a.LastUsedAt = time.Time{}
	return a
}

// update locks the clients on the lists, then all APIs, then this one. The deletion of a
// client locks in this order, too. From is when the algorithm signs that was sent.
func (s *Service) update(tx store.Tx, id string, in Input, from time.Time, replaceAll bool) (was, is store.API, err error) {
	if id == store.OwnAPI {
		if err := tx.LockAPIs(); err != nil {
			return was, is, err
		}
		return s.updateOwn(tx, in)
	}
	faults := &fields.Errors{}
	named := store.API{ListedClients: in.ListedClients.Values, IntrospectionClients: in.IntrospectionClients.Values}
	if len(named.ListedClients) <= maxClients && len(named.IntrospectionClients) <= maxClients {
		if err := checkClients(tx, named, faults); err != nil {
			return was, is, err
		}
	}
	if err := tx.LockAPIs(); err != nil {
		return was, is, err
	}
	if was, err = tx.LockAPI(id); err == nil {
		err = in.Shown.Check(shownOf(was))
	}
	if err != nil {
		return was, is, err
	}
	is = was
	if replaceAll {
		is = Fresh()
		is.ID, is.Identifier, is.CreatedAt, is.UpdatedAt = was.ID, was.Identifier, was.CreatedAt, was.UpdatedAt
	}
	examine(&is, in, replaceAll, faults)
	if err := faults.Err(); err != nil || len(Change(was, is).After) == 0 {
		return was, was, err
	}
	is.UpdatedAt = s.Now()
	is.Signing = is.Signing.Instead(was.Signing, from, is.UpdatedAt)
	return was, is, tx.PutAPI(is)
}
