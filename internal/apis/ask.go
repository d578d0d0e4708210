package apis

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"gatehouse/internal/authz"
	"gatehouse/internal/oauth"
	"gatehouse/internal/refusal"
	"gatehouse/store"
)

// Asked holds the parameters of a request that say what its tokens shall be for.
type Asked struct {
	// Scope is the parameter scope (RFC 6749 §3.3), as it was sent.
	Scope string
	// Resources are the parameters resource (RFC 8707 §2), as they were sent.
	Resources []string
}

// A Grant is what a client is granted, and what a session keeps.
type Grant struct {
	// Scope is canonical: a scope of another API stands as IDENTIFIER#name.
	Scope authz.Scope
	// Resources are the identifiers of the APIs that the request named. If there are none,
	// those count to which the scopes belong.
	Resources []string
}

// Check refuses a malformed scope.
func (a Asked) Check() error {
	switch {
	case len(a.Scope) > maxScopeBytes:
		return oauth.InvalidScope.Because("scope of %d bytes", len(a.Scope)).Found(refusal.ScopeMalformed)
	case strings.ContainsFunc(a.Scope, func(c rune) bool { return c != ' ' && notInScopeToken(c) }):
		return oauth.InvalidScope.Because("scope with a character that a token may not have").Found(refusal.ScopeMalformed)
	}
	return nil
}

// notInScopeToken: scope-token = 1*( %x21 / %x23-5B / %x5D-7E ).
func notInScopeToken(c rune) bool {
	return c < 0x21 || c > 0x7e || c == '"' || c == '\\'
}

const (
	// maxScopeBytes bounds a scope parameter.
	maxScopeBytes = 4096
	// maxKeptBytes bounds the scope and the resources that are kept.
	maxKeptBytes = 2048
	// maxResources bounds the resource parameters of one request.
	maxResources = 20
)

// Grant decides what a client that asks for something new can be granted: all that it is
// registered for if it asks for nothing in particular, and otherwise what it asks for. It
// refuses with InvalidTarget (RFC 8707 §2) or InvalidScope what goes beyond the
// registration. The person's role is checked where the token is used, because a role can
// change while a token lives.
func (c *Catalog) Grant(ctx context.Context, client store.Client, asked Asked) (Grant, error) {
	if err := asked.Check(); err != nil {
		return Grant{}, err
	}
	resources, err := c.resources(ctx, client, asked.Resources)
	if err != nil {
		return Grant{}, err
	}
	scope, err := c.resolve(ctx, client, asked.Scope, resources)
	if err == nil && scope == "" {
		scope, err = c.everything(ctx, client, resources)
	} else if err == nil {
		err = c.entitled(ctx, client, scope)
	}
	if err != nil {
		return Grant{}, err
	}
	within := c.narrow(scope, identifiers(resources))
	switch {
	case client.Origin != store.OriginRegistered && !c.asksForAll(within, resources):
		return Grant{}, noneOfIts()
	case within == "" && strings.TrimSpace(asked.Scope) != "":
		return Grant{}, noneOfIts()
	case len(within) > maxKeptBytes:
		return Grant{}, oauth.InvalidScope.Because("scope of %d bytes in its long form", len(within))
	}
	return Grant{within, identifiers(resources)}, nil
}

// asksForAll reports whether the scope has one of each API. The person is asked about scopes,
// so a client that nobody vouches for would get a token for an API of which it asks for none
// without a question.
func (c *Catalog) asksForAll(scope authz.Scope, resources []store.API) bool {
	among := c.apisOf(scope)
	return !slices.ContainsFunc(resources, func(api store.API) bool { return !slices.Contains(among, api.Identifier) })
}

func noneOfIts() error {
	return oauth.InvalidScope.Because("the scope belongs to none of the resources").
		Hinting("None of the scopes belongs to the resource that the request names.").Found(refusal.ScopeUnknown)
}

// resources finds the APIs that a request names.
func (c *Catalog) resources(ctx context.Context, client store.Client, named []string) (found []store.API, err error) {
	if len(named) > maxResources {
		return nil, oauth.InvalidTarget.Because("%d resources", len(named)).Found(refusal.ResourceSeveral)
	}
	for _, raw := range named {
		api, err := c.resource(ctx, client, raw)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(found, func(a store.API) bool { return a.Identifier == api.Identifier }) {
			found = append(found, api)
		}
	}
	return found, nil
}

// resource finds the API that a request names. For a client that it does not admit, the
// answer is that for an unknown one.
func (c *Catalog) resource(ctx context.Context, client store.Client, raw string) (store.API, error) {
	api, err := c.Find(ctx, raw)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return store.API{}, oauth.InvalidTarget.Because("resource %.200q is unknown or malformed", raw).Hinting(unknownResource).Comparing(refusal.ResourceUnknown, refusal.Address(raw), "")
	case err != nil:
		return store.API{}, err
	case !api.Admits(client):
		return store.API{}, oauth.InvalidTarget.Because("resource %.200q does not admit client %s", raw, client.ID).Hinting(unknownResource).Comparing(refusal.ResourceNotAllowed, api.Identifier, "")
	}
	return api, nil
}

const unknownResource = "The resource is not the identifier of an API that the client may use here."

func identifiers(apis []store.API) (ids []string) {
	for _, a := range apis {
		ids = append(ids, a.Identifier)
	}
	return ids
}

// resolve reads a scope parameter (RFC 6749 §3.3) into its canonical form, without
// repetitions. It ignores scopes that are not known here (OIDC Core 1.0 §3.1.2.1) but
// refuses a parameter of which nothing is left, because an empty scope would ask for
// everything.
func (c *Catalog) resolve(ctx context.Context, client store.Client, raw string, named []store.API) (authz.Scope, error) {
	var tokens []string
	for token := range strings.FieldsSeq(raw) {
		known, err := c.token(ctx, client, token, named)
		if err != nil {
			return "", err
		}
		if known != "" && !slices.Contains(tokens, known) {
			tokens = append(tokens, known)
		}
	}
	if len(tokens) == 0 && strings.TrimSpace(raw) != "" {
		return "", oauth.InvalidScope.Because("no scope that is known here").Comparing(refusal.ScopeUnknown, "", client.Scope)
	}
	return authz.Scope(strings.Join(tokens, " ")), nil
}

// token returns the canonical form of a scope token, or "" for one that is not known.
func (c *Catalog) token(ctx context.Context, client store.Client, token string, named []store.API) (string, error) {
	if authz.AllScopes.Has(token) {
		return token, nil
	}
	if identifier, name, ok := foreign(token); ok {
		return c.spelt(ctx, identifier, name)
	}
	return bare(client, token, named)
}

// spelt returns the canonical form of a scope that was sent as IDENTIFIER#name.
func (c *Catalog) spelt(ctx context.Context, identifier, name string) (string, error) {
	api, err := c.Find(ctx, identifier)
	if errors.Is(err, store.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if _, ok := api.Scope(name); !ok {
		return "", nil
	}
	return canonicalScope(api, name), nil
}

// bare returns the canonical form of a scope that was sent as its name alone. It means the
// API under which the client's registration holds it, or one that the request names.
func bare(client store.Client, name string, named []store.API) (string, error) {
	var found []string
	for _, api := range named {
		if _, ok := api.Scope(name); ok && api.ID != store.OwnAPI {
			found = append(found, long(api.Identifier, name))
		}
	}
	if len(found) == 0 {
		for _, token := range authz.Scope(client.Scope).Tokens() {
			if _, n, ok := foreign(token); ok && n == name {
				found = append(found, token)
			}
		}
	}
	switch len(found) {
	case 0:
		return "", nil
	case 1:
		return found[0], nil
	}
	return "", oauth.InvalidScope.Because("scope %.60q could be any of %.300q", name, found).
		Hinting("A scope belongs to several APIs. Send one of " + strings.Join(found, ", ") + ".")
}

// everything returns all that a client which asks for nothing in particular is granted:
// its registration, as far as it can be granted today. A client that nobody registered
// here and that names an API gets those of its scopes that are listed and not sensitive.
func (c *Catalog) everything(ctx context.Context, client store.Client, named []store.API) (authz.Scope, error) {
	registered := authz.Scope(client.Scope)
	if client.Origin == store.OriginRegistered || client.Origin == store.OriginDynamic && registered != "" && len(named) == 0 {
		return c.grantable(ctx, client, registered)
	}
	var tokens []string
	for _, api := range named {
		for _, s := range api.Scopes {
			if listed := api.ListedInMetadata && !s.Sensitive; listed && api.ID != store.OwnAPI {
				tokens = append(tokens, long(api.Identifier, s.Name))
			}
		}
	}
	if len(tokens) == 0 {
		return "", oauth.InvalidScope.Because("client %s sends no scope, and names no API with scopes that are listed", client.ID).
			Hinting("The client must send a scope.")
	}
	return authz.Scope(strings.Join(tokens, " ")), nil
}

// registeredFor reports whether the client's registration allows the scope token. That of
// a client which nobody registered here decides about no API: an agent says what it wants
// before it knows what it will need, and the API's own rule says which clients it admits.
func registeredFor(client store.Client, token string) bool {
	if client.Origin != store.OriginRegistered && (client.Scope == "" || !ofNoAPI(token)) {
		return true
	}
	return authz.Scope(client.Scope).Has(token)
}

// entitled refuses a scope beyond what the client may ask for.
func (c *Catalog) entitled(ctx context.Context, client store.Client, scope authz.Scope) error {
	for _, token := range scope.Tokens() {
		if !registeredFor(client, token) {
			return oauth.InvalidScope.Because("scope goes beyond the client's registration").Comparing(refusal.ScopeUnregistered, token, client.Scope)
		}
		ok, err := c.admits(ctx, client, token)
		if err != nil {
			return err
		}
		if !ok {
			return oauth.InvalidScope.Because("scope %.200q does not exist any more, or its API does not admit client %s", token, client.ID).Comparing(refusal.ScopeUnregistered, token, client.Scope)
		}
	}
	return nil
}

// grantable returns the part of a scope that the client can be granted today.
func (c *Catalog) grantable(ctx context.Context, client store.Client, scope authz.Scope) (authz.Scope, error) {
	if plain(scope) && client.Origin == store.OriginRegistered {
		return scope, nil
	}
	var kept []string
	for _, token := range scope.Tokens() {
		ok, err := c.admits(ctx, client, token)
		if err != nil {
			return "", err
		}
		if ok {
			kept = append(kept, token)
		}
	}
	return authz.Scope(strings.Join(kept, " ")), nil
}

// admits reports whether the scope exists today, and its API admits the client.
func (c *Catalog) admits(ctx context.Context, client store.Client, token string) (bool, error) {
	identifier, name, isForeign := foreign(token)
	switch {
	case isForeign:
		api, err := c.Find(ctx, identifier)
		if errors.Is(err, store.ErrNotFound) {
			return false, nil
		}
		_, offered := Offers(api, client, name)
		return offered, err
	case ofNoAPI(token), client.Origin == store.OriginRegistered:
		return true, nil
	}
	own, err := c.own(ctx)
	if err != nil {
		return false, fmt.Errorf("reading whom our own API admits: %w", err)
	}
	_, offered := Offers(own, client, token)
	return offered, nil
}

// narrow returns the scopes that belong to one of the APIs or to none. Without APIs, it
// returns all.
func (c *Catalog) narrow(scope authz.Scope, resources []string) authz.Scope {
	if len(resources) == 0 {
		return scope
	}
	return scope.Filter(func(token string) bool {
		api := c.apiOf(token)
		return api == "" || slices.Contains(resources, api)
	})
}
