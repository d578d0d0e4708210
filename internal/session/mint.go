package session

import (
	"context"
	"fmt"
	"slices"

	"gatehouse/internal/apis"
	"gatehouse/internal/authz"
	"gatehouse/internal/claims"
	"gatehouse/internal/token"
	"gatehouse/store"
)

// refreshKeyID returns the kid of the key that signs the client's next refresh token. A
// rotation keeps it, so that a successor that is made again is signed with the same key.
func (s *Service) refreshKeyID(ctx context.Context, client store.Client) (string, error) {
	kid, err := s.Keys.SigningKeyID(ctx, client.RefreshSigning.Alg, client.RefreshSigning.Before)
	if err != nil {
		return "", fmt.Errorf("choosing a signing key: %w", err)
	}
	return kid, nil
}

// openID reports whether tokens of this scope come with an ID token: the session began at
// our own pages, and the client asks for OpenID Connect.
func openID(s store.Session, scope authz.Scope) bool {
	return s.BrowserID != "" && scope.Has("openid")
}

// mint makes the tokens of a session at a rotation. It adds to the grant what depends on
// the client. Nonce comes from the authorization request, and is empty at a refresh (OIDC
// Core 1.0 §12.2).
func (s *Service) mint(ctx context.Context, client store.Client, target apis.Target, grant token.Grant, nonce string) (_ Set, err error) {
	grant.ClientID, grant.API, grant.Scope, grant.Life = client.ID, target.API, target.Scope, target.Life(s.Lifetimes.For(client).Access)
	grant.Granted, grant.RefreshSigning = target.Granted, client.RefreshSigning
	if grant.Carried, err = carried(target.API, grant.User); err != nil {
		return Set{}, err
	}
	if openID(grant.Session, target.Granted) {
		known, err := about(client, target.Granted, grant.Session, grant.User)
		if err != nil {
			return Set{}, err
		}
		grant.Identity = &token.Identity{Nonce: nonce, Claims: known, Signing: client.IDTokenSigning}
	}
	set, err := s.Minter.Mint(ctx, grant)
	if err != nil {
		return Set{}, err
	}
	return Set{set, grant.Session, grant.User}, nil
}

// carried returns the claims about the user that the access tokens of an API have, but for
// the role, which is a claim of its own.
func carried(api store.API, user store.User) (map[string]any, error) {
	names := slices.DeleteFunc(slices.Clone(api.Claims), func(name string) bool { return name == "role" })
	return current(user, names)
}

// about returns the current values of the claims that the client asked for in its ID
// tokens, and of those of the scope granted that it always reads there.
func about(client store.Client, granted authz.Scope, session store.Session, user store.User) (map[string]any, error) {
	asked, err := wishes(session)
	if err != nil {
		return nil, err
	}
	always := granted.Filter(func(token string) bool { return slices.Contains(client.IDTokenClaims, token) })
	return current(user, append(asked.FromIDToken(), claims.ForScope(always)...))
}

// current returns the current values of claims.
func current(user store.User, names []string) (_ map[string]any, err error) {
	if len(names) == 0 {
		return nil, nil
	}
	var profile store.Profile
	if claims.NeedProfile(names) {
		if profile, err = store.ProfileOf(user); err != nil {
			return nil, err
		}
	}
	return claims.Of(user, profile, names), nil
}
