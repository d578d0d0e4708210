package session

import (
	"context"

	"gatehouse/internal/authz"
	"gatehouse/internal/claims"
	"gatehouse/internal/token"
	"gatehouse/store"
)

// openID reports whether tokens of that scope come with an ID token: the session
// began with a sign-in at our own pages, and the app asks for OpenID Connect.
func openID(s store.Session, scope authz.Scope) bool {
	return s.BrowserID != "" && scope.Has("openid")
}

// mint makes the tokens of a session at a rotation.
func (s *Service) mint(ctx context.Context, client store.Client, session store.Session, user store.User, r store.Rotation, scope authz.Scope, nonce string) (token.Set, error) {
	grant := token.Grant{
		ClientID: client.ID, Scope: scope, Life: s.Lifetimes.For(client).Access,
		Session: session, Rotation: r, User: user,
	}
	if openID(session, scope) {
		known, err := about(session, user)
		if err != nil {
			return token.Set{}, err
		}
		grant.Identity = &token.Identity{Nonce: nonce, Claims: known}
	}
	return s.Minter.Mint(ctx, grant)
}

// about are the claims about the person that the app asked to have in its ID
// tokens, as they are today. Few apps do; the others cost nothing here.
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
