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
	// AuthMethodPinned clients send their secret only by AuthMethod; others with a secret
	// may use client_secret_basic and client_secret_post alike.
	AuthMethodPinned bool
	// FirstParty clients skip consent wherever they can prove who they are.
	FirstParty bool
	// Disabled clients are refused everywhere.
	Disabled bool
	// Origin says how the client became known here.
	Origin ClientOrigin

	GrantTypes             []string
	Scope                  string // space-separated, RFC 6749 §3.3
	RedirectURIs           []string
	PostLogoutRedirectURIs []string

	// RequirePAR clients push their authorization requests (RFC 9126 §6), RequirePKCE clients
	// send a code challenge although they have credentials, and
	// RequireSignedRequestObject clients sign their requests (RFC 9101 §10.5).
	RequirePAR, RequirePKCE, RequireSignedRequestObject bool

	// BackchannelLogoutURI receives a notice when a session of the app ends (OIDC
	// Back-Channel Logout 1.0); empty: no notices. BackchannelSession: the app wants `sid`.
	BackchannelLogoutURI string
	BackchannelSession   bool

	// JWKS (JSON) or JWKSURI holds the client's public keys, for PrivateKeyJWT and for
	// signed request objects.
	// AssertionAudience says what its assertions must name as audience: "issuer", the
	// issuer only, or "any", the issuer or the endpoint called (RFC 7523 §3).
	JWKS, JWKSURI, AssertionAudience string

	// Secrets are the secrets in force, at most two. A confidential client has
	// at least one, unless its method is PrivateKeyJWT.
	Secrets []ClientSecret

	// Rotation is one of RotationRules.
	Rotation string

	// IDTokenSigning is what its ID and logout tokens are signed with.
	IDTokenSigning SigningChoice
	// RefreshSigning is what its refresh tokens are signed with: one of RefreshAlgorithms.
	RefreshSigning SigningChoice

	// IDTokenClaims are scopes whose claims the client's ID tokens have, once granted. The
	// userinfo endpoint has them in any case.
	IDTokenClaims []string

	// The lifetimes of the client's tokens; 0: the default.
	AccessTokenLifetime, RefreshTokenIdle, RefreshTokenLifetime time.Duration

	// MaxSessions is how many living sessions a person may have in the client; 0: the
	// default, negative: any number.
	MaxSessions int

	// Registration is that of OriginDynamic clients.
	Registration Registration

	// AskSince is when the client last changed so that people must be asked again:
	// consents given until then are not enough. Zero: it has not.
	AskSince time.Time

	// Generation counts the ends of all that is the client's. It is only read.
	Generation Generation

	CreatedAt, UpdatedAt time.Time
	// LastUsedAt is when it last got a token, to the minute or so; zero: never. It is
	// only read: Registrations.UsedClients sets it.
	LastUsedAt time.Time
}

// A ClientOrigin says how a client became known.
type ClientOrigin string

// The origins of clients.
const (
	// OriginRegistered clients were registered by an administrator.
	OriginRegistered ClientOrigin = ""
	// OriginDocument clients are described by the document at the URL that is their ID
	// (draft-ietf-oauth-client-id-metadata-document).
	OriginDocument ClientOrigin = "document"
	// OriginDynamic clients registered themselves (RFC 7591).
	OriginDynamic ClientOrigin = "dynamic"
)

// String returns a word for the origin.
func (o ClientOrigin) String() string {
	if o == OriginRegistered {
		return "registered"
	}
	return string(o)
}

// Public reports whether the client cannot keep a secret (RFC 6749 §2.1).
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
	// ClientByID compares IDs byte for byte. It returns ErrNotFound for an unknown ID.
	ClientByID(ctx context.Context, id string) (Client, error)
	// ClientNamed reports whether a client has the ID, given in lower case, in any case.
	ClientNamed(ctx context.Context, lower string) (bool, error)
	// ListClients returns up to limit clients whose ID comes after the given one,
	// in order of ID.
	ListClients(ctx context.Context, after string, limit int) ([]Client, error)
	// CountClients returns the number of clients.
	CountClients(ctx context.Context) (int64, error)
}

// ClientsTx changes apps.
type ClientsTx interface {
	// LockClient returns the client, or ErrNotFound. Other writers of the client
	// wait until the transaction ends.
	LockClient(id string) (Client, error)
	// CreateClient returns ErrConflict if the ID is taken.
	CreateClient(c Client) error
	// PutClient replaces the client with c's ID, or returns ErrNotFound.
	PutClient(c Client) error
	// DeleteClient erases the client with its consents, codes, pushed requests and
	// devices, and takes it off the lists of APIs, so that a later client of the same ID
	// inherits nothing; or it returns ErrNotFound. It also ends everything that was founded on the
	// client, unless an EndAll in the same transaction did. Notices that it is owed stay
	// until they are delivered.
	DeleteClient(id string, at time.Time) error
}
