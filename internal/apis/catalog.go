package apis

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"gatehouse/internal/authz"
	"gatehouse/store"
)

// A Catalog finds the APIs that access tokens can be for. It reads each at most about once
// a second, and none for a request that concerns only our own API.
type Catalog struct {
	Store interface {
		APIByIdentifier(ctx context.Context, identifier string) (store.API, error)
		APIByID(ctx context.Context, id string) (store.API, error)
	}
	// Audience is `aud` of the tokens of our own API.
	Audience string
	Now      func() time.Time

	mu    sync.RWMutex
	known map[string]knownAPI
}

type knownAPI struct {
	api   store.API
	asked time.Time
}

const (
	// apiMemory is below the second after which a change must be in force everywhere.
	apiMemory = 900 * time.Millisecond
	// remembered bounds the cache. It is emptied when it is full.
	remembered = 1000
)

// Own is Gatehouse's own API, as it is unless an administrator opens it.
func Own(audience string) store.API {
	return store.API{
		ID: store.OwnAPI, Identifier: audience, Name: "Gatehouse", Scopes: ownScopes(),
		Clients: store.ClientsRegistered, TokenType: store.TokenTypeAccess, Signing: store.SigningChoice{Alg: store.RS256}, Claims: []string{"role"}, ListedInMetadata: true,
	}
}

// ownScopes are the scopes of our own API.
func ownScopes() (scopes []store.APIScope) {
	for token, text := range authz.OwnScopes.Words() {
		scopes = append(scopes, store.APIScope{Name: token, Description: text})
	}
	return scopes
}

// own returns our own API as an administrator left it.
func (c *Catalog) own(ctx context.Context) (store.API, error) {
	kept, err := c.remembered(ctx, store.OwnAPI, c.Store.APIByID)
	if errors.Is(err, store.ErrNotFound) {
		err = nil
	}
	return opened(Own(c.Audience), kept), err
}

// Find returns the API with an identifier, as a request spells it (RFC 8707 §2), or
// store.ErrNotFound.
func (c *Catalog) Find(ctx context.Context, identifier string) (store.API, error) {
	if identifier == c.Audience {
		return c.own(ctx)
	}
	// Most requests spell an identifier as it is kept, and many have several scopes of its API.
	// What is kept of our own is under its ID, and has no identifier.
	if api, ok := c.fresh(identifier); ok && api.Identifier == identifier {
		return api, nil
	}
	canonical, err := Canonical(identifier)
	if err != nil {
		return store.API{}, store.ErrNotFound
	}
	if ours, err := Canonical(c.Audience); err == nil && ours == canonical {
		return c.own(ctx)
	}
	return c.remembered(ctx, canonical, c.Store.APIByIdentifier)
}

// remembered returns an API as it was at most a second ago. It does not cache absent APIs,
// because made-up identifiers would push out real ones.
func (c *Catalog) remembered(ctx context.Context, key string, read func(context.Context, string) (store.API, error)) (store.API, error) {
	if api, ok := c.fresh(key); ok {
		return api, nil
	}
	now := c.Now()
	api, err := read(ctx, key)
	if errors.Is(err, store.ErrNotFound) {
		return store.API{}, err
	}
	if err != nil {
		return store.API{}, fmt.Errorf("reading an API: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil || len(c.known) >= remembered {
		c.known = map[string]knownAPI{}
	}
	c.known[key] = knownAPI{api, now}
	return api, nil
}

// fresh returns an API that was read less than a second ago.
func (c *Catalog) fresh(key string) (store.API, bool) {
	c.mu.RLock()
	k, ok := c.known[key]
	c.mu.RUnlock()
	age := c.Now().Sub(k.asked)
	return k.api, ok && age >= 0 && age < apiMemory
}

// foreign splits a canonical scope token into the identifier of its API and its name. It
// reports false for a scope of our own API or of OpenID Connect, which has no identifier.
func foreign(token string) (identifier, name string, ok bool) {
	at := strings.LastIndexByte(token, '#')
	if at < 0 {
		return "", token, false
	}
	return token[:at], token[at+1:], true
}

// long is the canonical form of another API's scope.
func long(identifier, name string) string { return identifier + "#" + name }

// ofNoAPI reports whether the token is one of OpenID Connect's, which belong to no API.
func ofNoAPI(token string) bool { return authz.Scope(authz.OpenIDScopes).Has(token) }

// apiOf returns the identifier of the API to which a canonical scope token belongs, or ""
// if it belongs to none.
func (c *Catalog) apiOf(token string) string {
	if identifier, _, ok := foreign(token); ok {
		return identifier
	}
	if ofNoAPI(token) {
		return ""
	}
	return c.Audience
}

// Foreign reports whether a canonical scope has one of another API.
func Foreign(scope authz.Scope) bool { return strings.Contains(string(scope), "#") }

// plain reports whether nothing in the scope is another API's.
func plain(scope authz.Scope) bool { return !Foreign(scope) }
