package session

import (
	"context"

	"gatehouse/internal/authz"
	"gatehouse/internal/claims"
	"gatehouse/internal/token"
	"gatehouse/store"
)

// openID reports whether tokens of this scope come with an ID token: the session began at
// our own pages, and the client asks for OpenID Connect.
func openID(s store.Session, scope authz.Scope) bool {
	return s.BrowserID != "" && scope.Has("openid")
}

// mint makes the tokens of a session at a rotation. It adds to the grant what depends on
// the client. Nonce comes from the authorization request, and is empty at a refresh (OIDC
// Core 1.0 §12.2).
func (s *Service) mint(ctx context.Context, client store.Client, grant token.Grant, nonce string) (Set, error) {
	grant.ClientID, grant.Life = client.ID, s.Lifetimes.For(client).Access
	if openID(grant.Session, grant.Scope) {
		known, err := about(grant.Session, grant.User)
		if err != nil {
			return Set{}, err
		}
		grant.Identity = &token.Identity{Nonce: nonce, Claims: known}
	}
	set, err := s.Minter.Mint(ctx, grant)
	if err != nil {
		return Set{}, err
	}
	return Set{set, grant.Session, grant.User}, nil
}

// about returns the current values of the claims that the client asked for in its ID
// tokens.
func about(session store.Session, user store.User) (map[string]any, error) {
	wishes, err := claims.Parse(session.Claims)
	names := wishes.FromIDToken()
	if err != nil || len(names) == 0 {
		return nil, err
	}
	var profile store.Profile
	if claims.NeedProfile(names) {
		if profile, err = store.ProfileOf(user); err != nil {
			return nil, err
		}
	}
	return claims.Of(user, profile, names), nil
}
