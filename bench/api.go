package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path"
	"slices"

	"gatehouse/internal/oauth"
	"gatehouse/store"
)

// An app is one of the rig's apps, and what its requests ask for.
type app struct {
	id, scope string
	// resource is the API that its requests name (RFC 8707); empty: none.
	resource string
	// access signs the access tokens of that API, and refresh its refresh tokens; empty: RS256.
	access, refresh string
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
	for _, a := range publicApps() {
		if s.ClientID == a.id {
			return a.resources()
		}
	}
	return app{}.resources()
}

// addAPIs registers the APIs, and gives their apps their scopes and algorithms.
func (m *mint) addAPIs(ctx context.Context, c *crowd) error {
	err := m.db.Write(ctx, func(tx store.Tx) error {
		err := tx.LockAPIs()
		for _, a := range confidentialApps()[1:] {
			err = errors.Join(err, tx.CreateAPI(store.API{
				ID: path.Base(a.resource), Identifier: a.resource, Name: "Orders", Scopes: []store.APIScope{{Name: "orders:read", Description: "Read your orders"}},
				Signing: signedWith(a.access), Clients: store.ClientsRegistered, TokenType: store.TokenTypeAccess, Claims: []string{"role"}, CreatedAt: c.now, UpdatedAt: c.now,
			}))
		}
		for _, a := range slices.Concat(confidentialApps()[1:], publicApps()[1:]) {
			client, fault := tx.LockClient(a.id)
			client.Scope, client.RefreshSigning = a.scope, signedWith(a.refresh)
			err = errors.Join(err, fault, tx.PutClient(client))
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("adding the APIs: %w", err)
	}
	return nil
}
