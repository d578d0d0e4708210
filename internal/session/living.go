package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gatehouse/internal/authz"
	"gatehouse/internal/reqctx"
	"gatehouse/internal/token"
	"gatehouse/store"
)

// A reader is SessionWithUser or SessionInUse of store.Sessions.
type reader func(ctx context.Context, id string) (store.Session, store.User, error)

// living returns the session of a token and its user, as they are now, in one query. It
// refuses a session that has ended. An inactive user is reported before an ended
// session, because a deactivation ends the sessions too.
func (s *Service) living(ctx context.Context, read reader, sid, sub, clientID string) (store.Session, store.User, error) {
	session, user, err := read(ctx, sid)
	if errors.Is(err, store.ErrNotFound) {
		return store.Session{}, store.User{}, s.missing(ctx, sub)
	}
	if err != nil {
		return store.Session{}, store.User{}, fmt.Errorf("reading a session: %w", err)
	}
	reqctx.From(ctx).UserID = user.ID
	switch {
	case session.ClientID != clientID || user.Sub != sub:
		err = fmt.Errorf("%w: the record has another client or user", ErrInvalid)
	case !user.Active:
		err = ErrUserInactive
	case !session.EndedAt.IsZero():
		err = ErrEnded
	case session.ExpiresAt.Sub(s.Now()) < time.Second: // too little for any token (package token)
		err = fmt.Errorf("%w: expired", ErrEnded)
	}
	return session, user, err
}

// missing returns whether the user is gone or only the session was deleted. It queries
// the record once more, only on this path.
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

// Authenticate returns who acts with an access token. It reads the record at every call,
// so that an ended session, an inactive user and a changed role count at once. The User
// is zero for a token that a client got for itself.
func (s *Service) Authenticate(ctx context.Context, rawAccess string) (authz.Actor, store.User, error) {
	claims, err := s.Verifier.Access(ctx, rawAccess)
	if err != nil {
		return authz.Actor{}, store.User{}, verifying(err)
	}
	user, scope, err := s.holder(ctx, claims)
	if err != nil {
		return authz.Actor{}, store.User{}, err
	}
	return authz.Actor{
		UserID: user.ID, Sub: user.Sub, Role: user.Role,
		ClientID: claims.ClientID, SessionID: claims.SessionID, SignedInAt: signedInAt(claims), ACR: claims.ACR, Scope: scope,
	}, user, nil
}

// Standing returns for whom an access token acts today, and what is left of its scope, by the
// record alone: the caller has verified the token. Like Authenticate, it refuses one whose
// session has ended, and the errors are the same.
func (s *Service) Standing(ctx context.Context, claims token.Access) (store.User, authz.Scope, error) {
	return s.holder(ctx, claims)
}

// signedInAt returns when the holder of an access token signed in; zero for a client's own.
func signedInAt(claims token.Access) time.Time {
	if claims.AuthTime == 0 {
		return time.Time{}
	}
	return time.Unix(claims.AuthTime, 0)
}

// holder returns the user of an access token that is still valid, or the zero User for
// one that a client got for itself, and what is left of its scope.
func (s *Service) holder(ctx context.Context, claims token.Access) (store.User, authz.Scope, error) {
	if err := s.clientLives(ctx, claims.ClientID, time.Unix(claims.IssuedAt, 0)); err != nil {
		return store.User{}, "", err
	}
	if claims.SessionID != "" {
		session, user, err := s.living(ctx, s.DB.SessionInUse, claims.SessionID, claims.Subject, claims.ClientID)
		return user, usable(claims, session), err
	}
	revoked, err := s.DB.TokenRevoked(ctx, claims.JTI, time.Unix(claims.IssuedAt, 0))
	if err != nil {
		return store.User{}, "", fmt.Errorf("checking whether a token was revoked: %w", err)
	}
	if revoked {
		return store.User{}, "", fmt.Errorf("%w: token revoked", ErrEnded)
	}
	return store.User{}, claims.Scope, nil
}

// clientLives refuses a token whose client is gone, even if another client has since
// been registered with its ID: the token was not issued to that one.
func (s *Service) clientLives(ctx context.Context, id string, issued time.Time) error {
	const skew = time.Minute // between the clocks of two replicas
	client, err := s.Clients.ClientByID(ctx, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && (client.Disabled || issued.Add(skew).Before(client.CreatedAt)) {
		return ErrClientGone
	}
	if err != nil {
		return fmt.Errorf("reading a client: %w", err)
	}
	return nil
}
