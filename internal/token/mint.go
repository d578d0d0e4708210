package token

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"time"

	"gatehouse/internal/authz"
	"gatehouse/keys"
	"gatehouse/store"
)

// A Minter makes tokens.
type Minter struct {
	Keys interface {
		Sign(ctx context.Context, algorithm, typ string, claims any) (string, error)
		Usable(ctx context.Context, algorithms ...string) (string, error)
		SignWith(ctx context.Context, kid, typ string, claims any) (string, error)
	}
	// Issuer is `iss` of every token.
	Issuer string
	// Audience is `aud` of the access tokens of our own API.
	Audience string
	// Used, if set, gets the ID of every API for which a token was issued; not of our own.
	Used func(apiID string)
	// Issued, if set, gets every grant for which tokens were made.
	Issued func(g Grant)
	Now    func() time.Time
}

// A Grant is what the tokens of one answer are made from. For a client that acts for
// itself (RFC 6749 §4.4), Session and the fields after it are zero. A user without a
// session is a fault of the caller, for which Mint makes nothing.
type Grant struct {
	ClientID string
	// API is the API of the access token; zero: our own.
	API store.API
	// Scope is the scope of the access token. The caller has checked that it is within
	// the session's.
	Scope authz.Scope
	// Type is the grant type that is answered (RFC 6749 §1.3), or the method of a sign-in at
	// our own API, and Granted is the canonical scope from which Scope follows. Only Issued
	// needs them.
	Type    string
	Granted authz.Scope
	// Carried holds the claims about the user that the API wants, besides the role.
	Carried map[string]any
	// Life is how long the access token works.
	Life time.Duration

	Session  store.Session
	Rotation store.Rotation
	// RefreshSigning signs the refresh token if the key of the rotation was retired.
	RefreshSigning store.SigningChoice
	// User is the user as they are now.
	User store.User
	// Identity, if it is not nil, asks for an ID token (OIDC Core 1.0 §2, and §12.2
	// for a refresh).
	Identity *Identity
}

// Mint makes the tokens of a grant.
//
// The refresh token of a session depends only on the session, its user's sub and the
// rotation. Made again, it is the same byte for byte, as long as the key that first
// signed it is in use. The access token is new each time and has the user's current
// role.
//
// The subject of a client's own token is the client (RFC 9068 §2.2). It has neither a
// role nor a refresh token (RFC 6749 §4.4.3).
func (m *Minter) Mint(ctx context.Context, g Grant) (Set, error) {
	set, err := m.mint(ctx, g)
	if err == nil && m.Issued != nil {
		m.Issued(g)
	}
	if err == nil && m.Used != nil && g.API.ID != "" && g.API.ID != store.OwnAPI {
		m.Used(g.API.ID)
	}
	return set, err
}

func (m *Minter) mint(ctx context.Context, g Grant) (Set, error) {
	typ, access := m.Preview(g)
	if g.Session.ID == "" && g.User.Sub != "" {
		return Set{}, errors.New("token: minting for a user without a session")
	}
	by, err := m.Keys.Usable(ctx, g.API.Signing.Alg, g.API.Signing.Before)
	if err != nil {
		return Set{}, err
	}
	kind := kind{typ: typ, algorithm: by}
	if g.Session.ID == "" {
		return m.issue(ctx, kind, access, nil, nil)
	}
	if g.Identity != nil {
		if kind.ofID, err = m.Keys.Usable(ctx, g.Identity.Signing.Alg, g.Identity.Signing.Before); err != nil {
			return Set{}, err
		}
	}
	s, r := g.Session, g.Rotation
	claims := Refresh{
		Issuer: m.Issuer, Subject: access.Subject, Audience: refreshAudience(m.Issuer, s.RefreshAudience), ClientID: g.ClientID,
		IssuedAt: r.IssuedAt.Unix(), Expires: r.ExpiresAt.Unix(), JTI: r.JTI,
		Scope: authz.Scope(s.Scope), Role: r.Role, SessionID: s.ID, Gen: r.Gen,
	}
	return m.issue(ctx, kind, access, &rotated{claims, r.KeyID, g.RefreshSigning}, m.identity(access, g.Identity))
}

// A kind says of an access token its type and what it is signed with, and of the ID token
// beside it what that is signed with.
type kind struct{ typ, algorithm, ofID string }

// A rotated is a refresh token to be signed with the key kid or, if that was retired, as
// otherwise says.
type rotated struct {
	claims    Refresh
	kid       string
	otherwise store.SigningChoice
}

// Preview returns the `typ` and the claims that the access token of a grant has. It signs
// nothing.
func (m *Minter) Preview(g Grant) (typ string, access Access) {
	access = m.access(g)
	if s := g.Session; s.ID != "" {
		access.Subject, access.SessionID, access.Carried = g.User.Sub, s.ID, g.Carried
		if g.API.Identifier == "" || slices.Contains(g.API.Claims, "role") {
			access.Role = g.User.Role
		}
		access.AuthTime, access.ACR, access.AMR = s.SignIn.At.Unix(), s.SignIn.ACR, s.SignIn.AMR
		// No token outlives its session, because offline verifiers do not query the record.
		access.Expires = min(access.Expires, s.ExpiresAt.Unix())
	}
	return typeOf(g.API), access
}

// EndpointPath is the path of the token endpoint, whose URL is `aud` of refresh tokens.
const EndpointPath = "/oauth/token"

func refreshAudience(issuer string, form store.RefreshAudience) string {
	if form == store.IssuerAudience {
		return issuer
	}
	return issuer + EndpointPath
}

// typeOf returns the `typ` of an API's access tokens.
func typeOf(api store.API) string { return cmp.Or(api.TokenType, TypeAccess) }

func (m *Minter) access(g Grant) Access {
	now := m.Now()
	return Access{
		Issuer: m.Issuer, Subject: g.ClientID, Audience: cmp.Or(g.API.Identifier, m.Audience), ClientID: g.ClientID,
		IssuedAt: now.Unix(), Expires: now.Add(g.Life).Unix(),
		JTI: rand.Text(), Scope: g.Scope,
	}
}

// issue makes the tokens of every grant. It signs the tokens of a set in parallel. Only
// the ID token has to wait for the access token, because it has its hash.
func (m *Minter) issue(ctx context.Context, of kind, access Access, refresh *rotated, id *ID) (Set, error) {
	if access.Expires <= access.IssuedAt {
		return Set{}, because(ErrExpired, "minting for a session that ends now")
	}
	set := Set{Access: access, ExpiresIn: time.Duration(access.Expires-access.IssuedAt) * time.Second}
	var refreshed chan error
	if refresh != nil {
		refreshed = make(chan error, 1)
		go func() {
			var err error
			set.RefreshToken, err = m.signRefresh(ctx, *refresh)
			refreshed <- err
		}()
	}
	var err error
	set.AccessToken, err = m.Keys.Sign(ctx, of.algorithm, of.typ, access)
	if err == nil && id != nil {
		id.AccessHash = accessHash(set.AccessToken, of.ofID)
		set.IDToken, err = m.Keys.Sign(ctx, of.ofID, TypeID, id)
	}
	if refreshed != nil {
		err = errors.Join(err, <-refreshed)
	}
	if err != nil {
		return Set{}, err
	}
	return set, nil
}

// signRefresh signs with the key of the rotation. If that key has been retired, the token
// that it first signed is void, so the holder needs one signed with the key in force.
func (m *Minter) signRefresh(ctx context.Context, r rotated) (string, error) {
	if r.kid != "" {
		token, err := m.Keys.SignWith(ctx, r.kid, TypeRefresh, r.claims)
		if !errors.Is(err, keys.ErrUnknownKey) {
			return token, err
		}
	}
	by, err := m.Keys.Usable(ctx, r.otherwise.Alg, r.otherwise.Before)
	if err != nil {
		return "", err
	}
	return m.Keys.Sign(ctx, by, TypeRefresh, r.claims)
}
