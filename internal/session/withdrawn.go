package session

import (
	"context"
	"errors"
	"fmt"

	"gatehouse/internal/apis"
	"gatehouse/internal/authz"
	"gatehouse/internal/claims"
	"gatehouse/internal/token"
	"gatehouse/store"
)

// remaining returns what is left of a granted scope without what was taken away, or an
// ErrInvalid if nothing is.
func remaining(granted authz.Scope, withdrawn string) (authz.Scope, error) {
	left := granted.Without(authz.Scope(withdrawn))
	if left == "" && granted != "" {
		return "", fmt.Errorf("%w: all that was granted has been taken away", ErrInvalid)
	}
	return left, nil
}

// usable returns the part of an access token's scope that the session may still use: what
// the user has taken away is gone here at once.
func usable(claims token.Access, session store.Session) authz.Scope {
	return authz.Remaining(claims.Scope, claims.Audience, authz.Scope(session.Withdrawn))
}

// withdrawn returns what the user has taken away of a client, for its first access token of a
// new session. It saves the query where only our own endpoints would read that token, since
// they subtract at each use what was taken away. A client that is not asked for has no consent.
func (s *Service) withdrawn(ctx context.Context, userID int64, client store.Client, granted authz.Scope) (string, error) {
	if client.FirstParty || !apis.Foreign(granted) {
		return "", nil
	}
	consent, err := s.DB.ConsentOf(ctx, userID, client.ID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return "", fmt.Errorf("reading a consent: %w", err)
	}
	return consent.Withdrawn, nil
}

// wishes returns the claims that the request of a session asked for by name, without those
// of the scopes that the user has taken away.
func wishes(session store.Session) (claims.Request, error) {
	asked, err := claims.Parse(session.Claims)
	if session.Withdrawn != "" {
		asked = asked.Within(authz.AllScopes.Without(authz.Scope(session.Withdrawn)))
	}
	return asked, err
}

// Wishes returns the claims that the holder's client asked for by name, and still may have.
func (h Holder) Wishes() (claims.Request, error) { return wishes(h.Session) }
