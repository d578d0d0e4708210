package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"gatehouse/internal/oauth"
	"gatehouse/store"
)

// An app is one of the rig's apps, and what its requests ask for.
type app struct {
	id, scope string
	// resource is the API that its requests name (RFC 8707); empty: none.
	resource string
}

// The rows with an API have apps of their own, which differ from the others only in what
// they ask for.
const (
	apiIdentifier = "https://api.example.com/orders"
	apiScope      = apiIdentifier + "#orders:read"
	forAPI        = ", for an API"
)

var (
	publicApp    = app{id: "bench-spa", scope: appScope}
	publicAPIApp = app{id: "bench-api-spa", scope: "openid profile email offline_access " + apiScope, resource: apiIdentifier}

	confidentialApp    = app{id: "bench-app", scope: appScope}
	confidentialAPIApp = app{id: "bench-robot", scope: apiScope, resource: apiIdentifier}
)

// form adds the parameters of the app.
func (a app) form(values url.Values) url.Values {
	if a.resource != "" {
		values.Set(oauth.Resource, a.resource)
	}
	return values
}

// resources returns the list that a session or a code of the app keeps, as JSON.
func (a app) resources() string {
	if a.resource == "" {
		return "[]"
	}
	return `["` + a.resource + `"]`
}

// resourcesOf returns the resources of a session as its row has them.
func resourcesOf(s store.Session) string {
	if s.ClientID == publicAPIApp.id {
		return publicAPIApp.resources()
	}
	return publicApp.resources()
}

// addAPI registers the API, and gives its apps their scopes.
func (m *mint) addAPI(ctx context.Context, c *crowd) error {
	err := m.db.Write(ctx, func(tx store.Tx) error {
		err := errors.Join(tx.LockAPIs(), tx.CreateAPI(store.API{
			ID: "orders", Identifier: apiIdentifier, Name: "Orders", Scopes: []store.APIScope{{Name: "orders:read", Description: "Read your orders"}},
			Clients: store.ClientsRegistered, TokenType: store.TokenTypeAccess, Claims: []string{"role"}, CreatedAt: c.now, UpdatedAt: c.now,
		}))
		for _, a := range []app{publicAPIApp, confidentialAPIApp} {
			client, fault := tx.LockClient(a.id)
			client.Scope = a.scope
			err = errors.Join(err, fault, tx.PutClient(client))
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("adding the API: %w", err)
	}
	return nil
}
