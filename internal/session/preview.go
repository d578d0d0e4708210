package session

import (
	"gatehouse/internal/authz"
	"gatehouse/internal/signin"
	"gatehouse/internal/token"
	"gatehouse/store"
)

// Preview returns the `typ` and the claims of an access token for an API, as a user would
// have it who has just signed in to an app with a password. It begins no session and signs
// nothing.
func (s *Service) Preview(api store.API, user store.User, clientID string, scope authz.Scope) (typ string, claims token.Access, err error) {
	now := s.Now()
	life := api.AccessTokenLifetime
	if life == 0 {
		life = s.Lifetimes.Access
	}
	grant := token.Grant{
		ClientID: clientID, API: api, Scope: scope, Life: life, User: user,
		Session: store.Session{ID: "…", SignIn: signin.Password(user, signin.ByPassword, now).SignIn, ExpiresAt: now.Add(life)},
	}
	if grant.Carried, err = carried(api, user); err != nil {
		return "", token.Access{}, err
	}
	typ, claims = s.Minter.Preview(grant)
	claims.JTI = "…"
	return typ, claims, nil
}
