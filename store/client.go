package store

import (
	"context"
	"time"
)

// A Client is an app (RFC 6749 §2).
type Client struct {
	ID   string
	Name string
	// AuthMethod is one of AuthMethods. A client with NoSecret is public.
	AuthMethod string
	// FirstParty clients skip consent.
	FirstParty bool
	// Disabled clients get nothing.
	Disabled bool

	GrantTypes             []string
	Scope                  string // space-separated, RFC 6749 §3.3
	RedirectURIs           []string
	PostLogoutRedirectURIs []string

	// BackchannelLogoutURI is told when a session of the app ends (OIDC Back-Channel
	// Logout 1.0); empty: it is not. BackchannelSession: the app wants `sid`.
	BackchannelLogoutURI string
	BackchannelSession   bool

	// JWKS (JSON) or JWKSURI have the client's public keys for PrivateKeyJWT.
	// AssertionAudience is what its assertions must name: "issuer" alone, or "any"
	// of issuer and the endpoint asked (RFC 7523 §3).
	JWKS, JWKSURI, AssertionAudience string

	// Secrets are the secrets in force, at most two. A confidential client has
	// at least one, unless its method is PrivateKeyJWT.
	Secrets []ClientSecret

	// The lifetimes of its tokens where they differ from the defaults; 0: the default.
	AccessTokenLifetime, RefreshTokenIdle, RefreshTokenLifetime time.Duration

	CreatedAt, UpdatedAt time.Time
}

// Public reports whether the client has no secret to keep (RFC 6749 §2.1).
func (c Client) Public() bool { return c.AuthMethod == NoSecret }

// A ClientSecret is a generated secret of 256 bits, so its digest needs no salt
// and no slow hash.
type ClientSecret struct {
	Digest    Digest
	CreatedAt time.Time
	// ExpiresAt is zero for a secret that does not expire.
	ExpiresAt time.Time
}

// Clients reads apps.
type Clients interface {
	// ClientByID compares byte for byte. It returns ErrNotFound.
	ClientByID(ctx context.Context, id string) (Client, error)
	// ListClients returns up to limit clients with an ID after the given one,
	// in order of ID.
	ListClients(ctx context.Context, after string, limit int) ([]Client, error)
	// CountClients returns how many there are.
	CountClients(ctx context.Context) (int64, error)
}

// ClientsTx changes apps.
type ClientsTx interface {
	// LockClient returns the client, kept from other writers until the end of the
	// transaction, or ErrNotFound.
	LockClient(id string) (Client, error)
	// CreateClient returns ErrConflict if the ID is taken.
	CreateClient(c Client) error
	// PutClient replaces the client of that ID, or returns ErrNotFound.
	PutClient(c Client) error
	// EndClientSessions ends the client's living sessions and returns their IDs.
	EndClientSessions(id, reason string, at time.Time) ([]string, error)
	// DeleteClient ends its living sessions (reason "client deleted"), erases it with
	// its consents, codes, pushed requests, devices and notices, and returns the
	// sessions' IDs, or ErrNotFound.
	DeleteClient(id string, at time.Time) ([]string, error)
}
