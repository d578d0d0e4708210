package apis

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"gatehouse/internal/authz"
	"gatehouse/internal/oauth"
	"gatehouse/internal/refusal"
	"gatehouse/store"
)

// A Target is what one access token is for.
type Target struct {
	API store.API
	// Scope is the scope of the token: in the names of the API.
	Scope authz.Scope
	// Granted is the canonical scope from which Scope follows.
	Granted authz.Scope
}

// Life returns the life of the token, given that of the client's tokens.
func (t Target) Life(client time.Duration) time.Duration {
	if t.API.AccessTokenLifetime > 0 {
		return t.API.AccessTokenLifetime
	}
	return client
}

// Aim decides for which API an access token is, and with which scope. Every token is for
// one API alone: the one asked for, or that to which the scopes belong. What can be
// granted at this use is what was granted, as far as the client may still have it. Asking
// for more is refused, and if nothing is left, the refusal is InvalidGrant.
func (c *Catalog) Aim(ctx context.Context, client store.Client, granted Grant, asked Asked) (Target, error) {
	scope, err := c.usable(ctx, client, granted.Scope, asked.Scope)
	if err != nil {
		return Target{}, err
	}
	if len(asked.Resources) == 0 && len(granted.Resources) == 0 && plain(granted.Scope) { // nothing but our own API
		return Target{API: Own(c.Audience), Scope: scope, Granted: scope}, nil
	}
	identifier, err := c.choose(ctx, granted, scope, asked)
	if err != nil {
		return Target{}, err
	}
	api, err := c.resource(ctx, client, identifier)
	if err != nil {
		return Target{}, err
	}
	if strings.TrimSpace(asked.Scope) != "" && c.narrow(scope, []string{api.Identifier}) == "" {
		return Target{}, noneOfIts()
	}
	named := len(asked.Resources) > 0 && api.ID != store.OwnAPI
	return Target{API: api, Granted: scope, Scope: c.names(scope, api, named)}, nil
}

// usable returns the part of a granted scope that was asked for, or all of it, as far as it
// can be granted today.
func (c *Catalog) usable(ctx context.Context, client store.Client, granted authz.Scope, raw string) (authz.Scope, error) {
	today, err := c.grantable(ctx, client, granted.Filter(func(token string) bool { return registeredFor(client, token) }))
	if err != nil {
		return "", err
	}
	if today == "" && granted != "" {
		return "", oauth.InvalidGrant.Because("nothing is left of the scope that was granted to client %s", client.ID).Found(refusal.SessionEnded)
	}
	if raw == "" {
		return today, nil
	}
	among := client
	among.Scope = string(granted) // a bare name means what was granted
	scope, err := c.resolve(ctx, among, raw, nil)
	if err == nil && !scope.Within(today) {
		err = oauth.InvalidScope.Because("scope wider than granted").Comparing(refusal.ScopeWider, string(scope), string(today))
	}
	if scope == "" {
		scope = today
	}
	return scope, err
}

// choose returns the identifier of the API of a token.
func (c *Catalog) choose(ctx context.Context, granted Grant, scope authz.Scope, asked Asked) (string, error) {
	apis := c.apisOf(scope)
	switch {
	case len(asked.Resources) > 1:
		return "", oauth.InvalidTarget.Because("%d resources for one token", len(asked.Resources)).Hinting("An access token is for one resource. Name one of them.").Found(refusal.ResourceSeveral)
	case len(asked.Resources) == 1:
		return c.named(ctx, granted, asked.Resources[0])
	case len(granted.Resources) == 1:
		return granted.Resources[0], nil
	case len(apis) == 1 && (len(granted.Resources) == 0 || slices.Contains(granted.Resources, apis[0])):
		return apis[0], nil
	case len(granted.Resources) == 0 && (len(apis) == 0 || slices.Contains(apis, c.Audience)):
		return c.Audience, nil
	}
	return "", oauth.InvalidTarget.Because("the scope belongs to %d of the APIs that were granted", len(apis)).
		Hinting("The grant is for several resources. Name one of them.").Found(refusal.ResourceSeveral)
}

// named returns the identifier of the API that a request names, which must be one of those
// that were granted: a token request can narrow and not widen (RFC 8707 §2.2).
func (c *Catalog) named(ctx context.Context, granted Grant, raw string) (string, error) {
	api, err := c.Find(ctx, raw)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return "", err
	}
	among := granted.Resources
	if len(among) == 0 {
		if among = c.apisOf(granted.Scope); len(among) == 0 {
			among = []string{c.Audience}
		}
	}
	if err != nil || !slices.Contains(among, api.Identifier) {
		return "", oauth.InvalidTarget.Because("resource %.200q was not granted", raw).Hinting("The resource is not among those that were granted.").
			Comparing(refusal.ResourceNotGranted, refusal.Address(raw, append(among, api.Identifier)...), strings.Join(among, " "))
	}
	return api.Identifier, nil
}

// apisOf returns the identifiers of the APIs to which the scopes belong.
func (c *Catalog) apisOf(scope authz.Scope) (identifiers []string) {
	for _, token := range scope.Tokens() {
		if api := c.apiOf(token); api != "" && !slices.Contains(identifiers, api) {
			identifiers = append(identifiers, api)
		}
	}
	return identifiers
}

// names returns the scopes of an API by their names. The scopes of OpenID Connect stay
// among them unless the token request named the API.
func (c *Catalog) names(scope authz.Scope, api store.API, named bool) (names authz.Scope) {
	for _, token := range scope.Tokens() {
		switch of := c.apiOf(token); {
		case of == api.Identifier:
			_, name, _ := foreign(token)
			names = names.With(authz.Scope(name))
		case of == "" && !named:
			names = names.With(authz.Scope(token))
		}
	}
	return names
}
