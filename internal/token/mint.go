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

// ForSession makes the tokens of a session at rotation r. The refresh token
// follows from s, u.Sub and r alone: made again, it is the same byte for byte, as
// long as the key that first signed it is in use. The access token is new each
// time; it has scope, which the caller found to be within s.Scope, and the role
// that the person has today.
func (m *Minter) ForSession(ctx context.Context, s store.Session, u store.User, r store.Rotation, scope authz.Scope, life time.Duration) (Set, error) {
	return m.forSession(ctx, s, u, r, scope, life, nil)
}

// ForOpenID makes the tokens of a session like ForSession, and an ID token
// (OIDC Core 1.0 §2, and §12.2 for a refresh).
func (m *Minter) ForOpenID(ctx context.Context, s store.Session, u store.User, r store.Rotation, scope authz.Scope, life time.Duration, more Identity) (Set, error) {
	return m.forSession(ctx, s, u, r, scope, life, &more)
}

func (m *Minter) forSession(ctx context.Context, s store.Session, u store.User, r store.Rotation, scope authz.Scope, life time.Duration, more *Identity) (Set, error) {
	access := m.access(u.Sub, s.ClientID, scope, life)
	access.Role, access.SessionID, access.AuthTime = u.Role, s.ID, s.AuthTime.Unix()
	// No token of a session outlives it: offline verifiers do not ask.
	access.Expires = min(access.Expires, s.ExpiresAt.Unix())
	refresh := Refresh{
		Issuer: m.Issuer, Subject: u.Sub, Audience: m.Issuer, ClientID: s.ClientID,
		IssuedAt: r.IssuedAt.Unix(), Expires: r.ExpiresAt.Unix(), JTI: r.JTI,
		Scope: authz.Scope(s.Scope), Role: r.Role, SessionID: s.ID, Gen: r.Gen,
	}
	if more == nil {
		return m.issue(ctx, access, &refresh, r.KeyID, nil)
	}
	id := m.identity(s, u, access, *more)
	return m.issue(ctx, access, &refresh, r.KeyID, &id)
}

// ForClient makes the token of a client acting for itself (RFC 6749 §4.4). Its
// subject is the client (RFC 9068 §2.2), it has no role, and there is no refresh
// token (RFC 6749 §4.4.3).
func (m *Minter) ForClient(ctx context.Context, c store.Client, scope authz.Scope, life time.Duration) (Set, error) {
	return m.issue(ctx, m.access(c.ID, c.ID, scope, life), nil, "", nil)
}

func (m *Minter) access(sub, clientID string, scope authz.Scope, life time.Duration) Access {
	now := m.Now()
	return Access{
		Issuer: m.Issuer, Subject: sub, Audience: m.Audience, ClientID: clientID,
		IssuedAt: now.Unix(), Expires: now.Add(life).Unix(),
		JTI: rand.Text(), Scope: scope,
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
