package client

import (
	"context"
	"time"

	"gatehouse/internal/apis"
	"gatehouse/internal/audit"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/store"
)

// known returns every API, if a scope was sent.
func (s *Service) known(ctx context.Context, scope fields.Text) ([]store.API, error) {
	if !scope.Is() {
		return nil, nil
	}
	return s.APIs.All(ctx)
}

// setScope sets the scope, of which the client holds some already. All is every API.
func setScope(c *store.Client, t fields.Text, held string, all []store.API, faults *fields.Errors) {
	switch {
	case t.Problem != "":
		faults.Add("scope", t.Problem)
	case t.Sent:
		scope, wrong := apis.Resolve(authz.Scope(t.Value), authz.Scope(held), *c, all)
		c.Scope = string(scope)
		faults.Add("scope", wrong...)
	}
}

// Shown returns clients with their scopes as people and answers have them: bare names where
// those suffice, and the scopes that are gone in their long form.
func (s *Service) Shown(ctx context.Context, clients ...store.Client) ([]store.Client, error) {
	var all []store.API
	shown := make([]store.Client, len(clients))
	for i, c := range clients {
		if shown[i] = c; !apis.NeedsAPIs(authz.Scope(c.Scope)) {
			continue
		}
		if all == nil {
			var err error
			if all, err = s.APIs.All(ctx); err != nil {
				return nil, err
			}
		}
		shown[i].Scope = string(apis.Short(authz.Scope(c.Scope), c, all))
	}
	return shown, nil
}

// Offered returns the scopes that a client may be registered for, in the form in which they
// are kept, but no more than a person reads.
func (s *Service) Offered(ctx context.Context, c store.Client) ([]string, error) {
	all, err := s.APIs.All(ctx)
	return apis.Offered(c, all), err
}

// Gone returns the scopes of a client that no API has any more.
func (s *Service) Gone(ctx context.Context, c store.Client) ([]string, error) {
	if !apis.NeedsAPIs(authz.Scope(c.Scope)) {
		return nil, nil
	}
	all, err := s.APIs.All(ctx)
	return apis.Gone(authz.Scope(c.Scope), all), err
}

// forget records that APIs lose a client that is about to be deleted, and reports whether
// there are any. The store takes it off their lists.
func forget(ctx context.Context, tx store.Tx, actor, id string, at time.Time) (listed bool, err error) {
	listing, err := tx.APIsOf(id)
	if err != nil {
		return false, err
	}
	for _, was := range listing {
		is := was
		is.Forget(id)
		event := audit.Event{Actor: actor, Subject: audit.APISubject(was.ID), What: apis.Change(was, is)}
		if err := tx.Audit(event.Record(ctx, at)); err != nil {
			return false, err
		}
	}
	return len(listing) > 0, nil
}
