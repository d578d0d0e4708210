package session

import (
	"context"
	"fmt"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/internal/ending"
	"gatehouse/internal/token"
	"gatehouse/store"
)

// A Holder is the user of an access token and its session, as they are now. The scope of
// the token is what is left of it.
type Holder struct {
	Token   token.Access
	Session store.Session
	User    store.User
}

// Holder returns the holder of an access token. A token that a client got for itself
// has none and is an ErrInvalid here.
func (s *Service) Holder(ctx context.Context, rawAccess string) (Holder, error) {
	claims, err := s.Verifier.AccessToAny(ctx, rawAccess)
	if err != nil {
		return Holder{}, verifying(err)
	}
	if claims.SessionID == "" {
		return Holder{}, fmt.Errorf("%w: a client's own token", ErrInvalid)
	}
	if err := s.clientLives(ctx, claims.ClientID, time.Unix(claims.IssuedAt, 0)); err != nil {
		return Holder{}, err
	}
	session, user, err := s.living(ctx, s.DB.SessionInUse, claims.SessionID, claims.Subject, claims.ClientID)
	if err != nil {
		return Holder{}, err
	}
	claims.Scope = usable(claims, session)
	return Holder{claims, session, user}, nil
}

// EndReplayed ends the session that a code or device code started, because the code came
// a second time: one of its two holders is a thief, and we cannot tell which (RFC 6749
// §4.1.2). It completes even if the caller hangs up.
func (s *Service) EndReplayed(ctx context.Context, clientID, sub, sid string) error {
	ctx, cancel := ending.Detached(ctx)
	defer cancel()
	evidence := ended(audit.ClientSubject(clientID), sub, sid, clientID, store.EndedReplay)
	_, err := s.Ends.One(ctx, sid, 0, store.EndedReplay, evidence)
	if err == nil {
		s.Ends.ForgetLater(ctx, sid)
	}
	return err
}
