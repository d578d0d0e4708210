package store

import (
	"context"
	"slices"
	"time"
)

// An API is a resource server that accepts our access tokens (RFC 6749 §1.1).
type API struct {
	// ID names the API in paths and commands. It is never the `aud` of a token.
	ID string
	// Identifier is the `aud` of its tokens (RFC 8707 §2): an absolute URI in its
	// canonical form, unique.
	Identifier string
	Name       string
	// Scopes are unique by name.
	Scopes []APIScope

	// Clients is one of APIClientRules; with ClientsListed, ListedClients may use the API.
	Clients       string
	ListedClients []string

	// AccessTokenLifetime is that of its access tokens; 0: the client's.
	AccessTokenLifetime time.Duration
	// TokenType is one of APITokenTypes.
	TokenType string
	// Signing is what its access tokens are signed with.
	Signing SigningChoice
	// Claims are what its tokens carry of the user, besides `sub`: some of APIClaims.
	Claims []string

	// ListedInMetadata APIs have their scopes in `scopes_supported`.
	ListedInMetadata bool
	// IntrospectionClients may introspect its tokens, besides the client of each.
	IntrospectionClients []string

	CreatedAt, UpdatedAt time.Time
	// LastUsedAt is when a token was last issued for it, to the minute or so; zero: never.
	// It is only read: APIs.UsedAPIs sets it.
	LastUsedAt time.Time
}

// An APIScope is a scope of an API.
type APIScope struct {
	// Name is the scope token in the API's tokens (RFC 6749 §3.3).
	Name string
	// Description is what people read at consent.
	Description string
	// Sensitive scopes come first at consent, and need a recent sign-in.
	Sensitive bool
}

// Which clients may use an API.
const (
	// ClientsListed admits the clients that the API lists.
	ClientsListed = "listed"
	// ClientsRegistered admits every client that an administrator registered.
	ClientsRegistered = "registered"
	// ClientsAny admits also clients that nobody registered here: those by URL, and
	// those that registered themselves.
	ClientsAny = "any"
)

// APIClientRules are the rules of API.Clients.
func APIClientRules() []string { return []string{ClientsRegistered, ClientsListed, ClientsAny} }

// The `typ` headers that the access tokens of an API may have.
const (
	TokenTypeAccess = "at+jwt" // RFC 9068 §2.1
	TokenTypeJWT    = "JWT"
)

// APITokenTypes are the values of API.TokenType.
func APITokenTypes() []string { return []string{TokenTypeAccess, TokenTypeJWT} }

// APIClaims are the claims that an API's tokens may carry.
func APIClaims() []string {
	return []string{"role", "groups", "email", "email_verified", "name", "preferred_username"}
}

// Forget takes the client off the API's lists.
func (a *API) Forget(clientID string) {
	for _, list := range []*[]string{&a.ListedClients, &a.IntrospectionClients} {
		*list = slices.DeleteFunc(slices.Clone(*list), func(id string) bool { return id == clientID })
	}
}

// Scope returns the API's scope with this name.
func (a API) Scope(name string) (APIScope, bool) {
	i := slices.IndexFunc(a.Scopes, func(s APIScope) bool { return s.Name == name })
	if i < 0 {
		return APIScope{}, false
	}
	return a.Scopes[i], true
}

// Admits reports whether the client may use the API.
func (a API) Admits(c Client) bool {
	switch a.Clients {
	case ClientsAny:
		return true
	case ClientsRegistered:
		return c.Origin == OriginRegistered
	default:
		return slices.Contains(a.ListedClients, c.ID)
	}
}

// APIs reads the registered APIs. Gatehouse's own API is not among them, but for what an
// administrator changed of it, which has the ID OwnAPI and no Identifier.
type APIs interface {
	// APIByID and APIByIdentifier compare byte for byte. They return ErrNotFound for an
	// unknown API.
	APIByID(ctx context.Context, id string) (API, error)
	APIByIdentifier(ctx context.Context, identifier string) (API, error)
	// ListAPIs returns up to limit APIs whose ID comes after the given one, in order of ID.
	ListAPIs(ctx context.Context, after string, limit int) ([]API, error)
	// CountAPIs returns the number of APIs, without our own.
	CountAPIs(ctx context.Context) (int64, error)
	// APIsOpenToAll reports whether an API admits ClientsAny.
	APIsOpenToAll(ctx context.Context) (bool, error)
	// UsedAPIs notes that tokens for APIs were issued at a time. It ignores those that were
	// used later, or do not exist.
	UsedAPIs(ctx context.Context, ids []string, at time.Time) error
}

// OwnAPI is the ID of Gatehouse's own API.
const OwnAPI = "gatehouse"

// APIsTx changes APIs.
type APIsTx interface {
	// LockAPIs waits for every other transaction that called it, and keeps later ones
	// waiting until this one ends. A transaction calls it before it creates or changes an
	// API, and before it creates a client whose ID may be an identifier. CountAPIs and
	// HasIdentifier are reliable only after it.
	LockAPIs() error
	// CountAPIs returns the number of APIs, without our own.
	CountAPIs() (int64, error)
	// HasIdentifier reports whether an API has the identifier.
	HasIdentifier(identifier string) (bool, error)
	// APIsOf returns the APIs that name the client in one of their lists, in order of ID.
	APIsOf(clientID string) ([]API, error)
	// LockAPI returns the API, or ErrNotFound. Other writers of the API wait until the
	// transaction ends.
	LockAPI(id string) (API, error)
	// CreateAPI returns ErrConflict if the ID or the identifier is taken.
	CreateAPI(a API) error
	// PutAPI replaces the API with a's ID, or returns ErrNotFound.
	PutAPI(a API) error
	// DeleteAPI deletes the API, or returns ErrNotFound.
	DeleteAPI(id string) error
}
