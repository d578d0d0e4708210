package token

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"gatehouse/internal/authz"
	"gatehouse/keys"
	"gatehouse/store"
)

// A Minter makes tokens.
type Minter struct {
	Keys interface {
		Sign(ctx context.Context, typ string, claims any) (string, error)
		SignWith(ctx context.Context, kid, typ string, claims any) (string, error)
	}
	// Issuer is `iss` of every token, and `aud` of refresh tokens.
	Issuer string
	// Audience is `aud` of access tokens.
	Audience string
	Now      func() time.Time
}

// A Grant is what the tokens of one answer are made of. That of a client acting
// for itself (RFC 6749 §4.4) has no session and none of what follows it here.
type Grant struct {
	ClientID string
	// Scope is the access token's; the caller found it to be within the session's.
	Scope authz.Scope
	// Life is how long the access token works.
	Life time.Duration

	Session  store.Session
	Rotation store.Rotation
	// User is the person as they are today.
	User store.User
	// Identity, if it is not nil, asks for an ID token (OIDC Core 1.0 §2, and §12.2
	// for a refresh).
	Identity *Identity
}

// Mint makes the tokens of a grant.
//
// The refresh token of a session follows from the session, its person's sub and
// the rotation alone: made again, it is the same byte for byte, as long as the key
// that first signed it is in use. The access token is new each time, and has the
// role that the person has today.
//
// The subject of a client's own token is the client (RFC 9068 §2.2). It has no
// role, and there is no refresh token (RFC 6749 §4.4.3).
func (m *Minter) Mint(ctx context.Context, g Grant) (Set, error) {
	access := m.access(g)
	if g.Session.ID == "" {
		return m.issue(ctx, access, nil, "", nil)
	}
	s, r := g.Session, g.Rotation
	access.Subject, access.Role, access.SessionID = g.User.Sub, g.User.Role, s.ID
	access.AuthTime, access.ACR, access.AMR = s.SignIn.At.Unix(), s.SignIn.ACR, s.SignIn.AMR
	// No token of a session outlives it: offline verifiers do not ask.
	access.Expires = min(access.Expires, s.ExpiresAt.Unix())
	refresh := Refresh{
		Issuer: m.Issuer, Subject: access.Subject, Audience: m.Issuer, ClientID: g.ClientID,
		IssuedAt: r.IssuedAt.Unix(), Expires: r.ExpiresAt.Unix(), JTI: r.JTI,
		Scope: authz.Scope(s.Scope), Role: r.Role, SessionID: s.ID, Gen: r.Gen,
	}
	return m.issue(ctx, access, &refresh, r.KeyID, m.identity(access, g.Identity))
}

func (m *Minter) access(g Grant) Access {
	now := m.Now()
	return Access{
		Issuer: m.Issuer, Subject: g.ClientID, Audience: m.Audience, ClientID: g.ClientID,
		IssuedAt: now.Unix(), Expires: now.Add(g.Life).Unix(),
		JTI: rand.Text(), Scope: g.Scope,
	}
}

// issue is where every token of every grant is made. Those of a set are signed at
// the same time, where there are cores for it; only the ID token has to wait for
// the access token, whose hash is in it.
func (m *Minter) issue(ctx context.Context, access Access, refresh *Refresh, kid string, id *ID) (Set, error) {
	if access.Expires <= access.IssuedAt {
		return Set{}, because(ErrExpired, "minting for a session that ends now")
	}
	set := Set{Access: access, ExpiresIn: time.Duration(access.Expires-access.IssuedAt) * time.Second}
	var refreshed chan error
	if refresh != nil {
		refreshed = make(chan error, 1)
		go func() {
			var err error
			set.RefreshToken, err = m.signRefresh(ctx, kid, *refresh)
			refreshed <- err
		}()
	}
	var err error
	set.AccessToken, err = m.Keys.Sign(ctx, TypeAccess, access)
	if err == nil && id != nil {
		id.AccessHash = accessHash(set.AccessToken)
		set.IDToken, err = m.Keys.Sign(ctx, TypeID, id)
	}
	if refreshed != nil {
		err = errors.Join(err, <-refreshed)
	}
	if err != nil {
		return Set{}, err
	}
	return set, nil
}

// signRefresh signs with the key of the rotation. If that was retired meanwhile,
// the token that the rotation first gave is worthless, so another one under the
// key in force is what the holder needs.
func (m *Minter) signRefresh(ctx context.Context, kid string, claims Refresh) (string, error) {
	if kid != "" {
		token, err := m.Keys.SignWith(ctx, kid, TypeRefresh, claims)
		if !errors.Is(err, keys.ErrUnknownKey) {
			return token, err
		}
	}
	return m.Keys.Sign(ctx, TypeRefresh, claims)
}
