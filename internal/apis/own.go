package apis

import (
	"context"
	"errors"
	"fmt"

	"gatehouse/internal/attribute"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/store"
)

// opened returns our own API with what an administrator changed of it: the zero API, or one
// that says which clients may use it. Open to any, it opens the scope account alone (see
// Offers), which then needs a recent sign-in: nobody vouches for such a client.
func opened(own, row store.API) store.API {
	own.CreatedAt, own.UpdatedAt = row.CreatedAt, row.UpdatedAt
	if row.Clients != store.ClientsAny {
		return own
	}
	own.Clients = store.ClientsAny
	for i := range own.Scopes {
		own.Scopes[i].Sensitive = own.Scopes[i].Name == authz.ScopeAccount
	}
	return own
}

// Offers returns the API's scope with this name, and whether the client may ask for it.
func Offers(a store.API, c store.Client, name string) (store.APIScope, bool) {
	scope, there := a.Scope(name)
	if a.ID == store.OwnAPI && c.Origin != store.OriginRegistered && name != authz.ScopeAccount {
		return scope, false
	}
	return scope, there && a.Admits(c)
}

// own returns our own API as an administrator left it.
func (s *Service) own(ctx context.Context) (store.API, error) {
	row, err := s.DB.APIByID(ctx, store.OwnAPI)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return store.API{}, fmt.Errorf("looking up our own API: %w", err)
	}
	return opened(Own(s.Audience), row), nil
}

// updateOwn changes the one rule of our own API that can change. Whatever else is sent must
// be as it is.
func (s *Service) updateOwn(tx store.Tx, in Input) (was, is store.API, err error) {
	row, err := tx.LockAPI(store.OwnAPI)
	isNew := errors.Is(err, store.ErrNotFound)
	if err != nil && !isNew {
		return was, is, err
	}
	was = opened(Own(s.Audience), row)
	if err := in.Shown.Check(shownOf(was)); err != nil {
		return was, is, err
	}
	is = was
	if in.Scopes == ScopesOf(was.Scopes...) {
		in.Scopes = fields.Text{} // sent back as they were read; their names are reserved for others
	}
	faults := &fields.Errors{}
	attribute.Examine(Attributes(), &is, in, faults)
	for name := range Change(was, is).After {
		if name != "clients" && !faults.Has(name) {
			faults.Add(name, "Of Gatehouse's own API, only clients can be changed.")
		}
	}
	if is.Clients == store.ClientsListed {
		faults.Add("clients", "Gatehouse's own API admits "+store.ClientsRegistered+" or "+store.ClientsAny+" clients.")
	}
	if err := faults.Err(); err != nil || is.Clients == was.Clients {
		return was, was, err
	}
	now := s.Now()
	row.ID, row.Clients, row.UpdatedAt = store.OwnAPI, is.Clients, now
	if isNew {
		row.CreatedAt = now
		err = tx.CreateAPI(row)
	} else {
		err = tx.PutAPI(row)
	}
	is = opened(Own(s.Audience), row)
	before := is // its scopes follow from the rule
	before.Clients = was.Clients
	return before, is, err
}
