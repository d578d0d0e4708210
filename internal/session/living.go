package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gatehouse/internal/authz"
	"gatehouse/internal/token"
	"gatehouse/store"
)

// living returns the session of a token and its person, both as they are now, in
// one query, and refuses what has ended. An inactive person comes before an
// ended session, for deactivation ends the sessions too.
func (s *Service) living(ctx context.Context, sid, sub, clientID string) (store.Session, store.User, error) {
	session, user, err := s.DB.SessionWithUser(ctx, sid)
	if errors.Is(err, store.ErrNotFound) {
		return store.Session{}, store.User{}, s.missing(ctx, sub)
	}
	if err != nil {
		return store.Session{}, store.User{}, fmt.Errorf("reading a session: %w", err)
	}
	switch {
	case session.ClientID != clientID || user.Sub != sub:
		err = fmt.Errorf("%w: the record has another client or person", ErrInvalid)
	case !user.Active:
		err = ErrUserInactive
	case !session.EndedAt.IsZero():
		err = ErrEnded
	case session.ExpiresAt.Sub(s.Now()) < time.Second: // too little for any token (package token)
		err = fmt.Errorf("%w: expired", ErrEnded)
	}
	return session, user, err
}

// missing tells a person who is gone from a session that was swept away. It asks
// the record once more, on this path only.
func (s *Service) missing(ctx context.Context, sub string) error {
	_, err := s.DB.UserBySub(ctx, sub)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return ErrUserGone
	case err != nil:
		return fmt.Errorf("reading a person: %w", err)
	}
	return ErrEnded
}

// Authenticate says who acts with an access token, as things are now: it asks
// the record at every call, so an ended session, an inactive person and a
// changed role count at once. For a token that a client got for itself the
// person is the zero User.
func (s *Service) Authenticate(ctx context.Context, rawAccess string) (authz.Actor, store.User, error) {
	claims, err := s.Verifier.Access(ctx, rawAccess)
	if err != nil {
		return authz.Actor{}, store.User{}, verifying(err)
	}
	user, err := s.holder(ctx, claims)
	if err != nil {
		return authz.Actor{}, store.User{}, err
	}
	return authz.Actor{
		UserID: user.ID, Sub: user.Sub, Role: user.Role,
		ClientID: claims.ClientID, SessionID: claims.SessionID, Scope: claims.Scope,
	}, user, nil
}

// holder returns the person for whom an access token speaks, if it still does;
// the zero User for one that a client got for itself.
func (s *Service) holder(ctx context.Context, claims token.Access) (store.User, error) {
	if err := s.clientLives(ctx, claims.ClientID, time.Unix(claims.IssuedAt, 0)); err != nil {
		return store.User{}, err
	}
	if claims.SessionID != "" {
		_, user, err := s.living(ctx, claims.SessionID, claims.Subject, claims.ClientID)
		return user, err
	}
	revoked, err := s.DB.TokenRevoked(ctx, claims.JTI, time.Unix(claims.IssuedAt, 0))
	if err != nil {
		return store.User{}, fmt.Errorf("asking whether a token was revoked: %w", err)
	}
	if revoked {
		return store.User{}, fmt.Errorf("%w: token revoked", ErrEnded)
	}
	return store.User{}, nil
}

// clientLives refuses a token whose client is gone, also if another one has been
// registered under its ID since then: by that one the token was not asked for.
// The clocks of two replicas may be that far apart.
func (s *Service) clientLives(ctx context.Context, id string, issued time.Time) error {
	const skew = time.Minute
	client, err := s.Clients.ClientByID(ctx, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && (client.Disabled || issued.Add(skew).Before(client.CreatedAt)) {
		return ErrClientGone
	}
	if err != nil {
		return fmt.Errorf("reading a client: %w", err)
	}
	return nil
}
