package session

import (
	"context"
	"errors"
	"fmt"

	"gatehouse/internal/audit"
	"gatehouse/store"
)

// End ends one session of the user (of any user if userID is 0) and reports whether it
// was alive. Actor is the String of an authz.Actor.
func (s *Service) End(ctx context.Context, actor, sid string, userID int64, reason store.EndReason) (bool, error) {
	session, user, err := s.DB.SessionWithUser(ctx, sid)
	if errors.Is(err, store.ErrNotFound) || err == nil && userID != 0 && session.UserID != userID {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("reading a session: %w", err)
	}
	done, err := s.Ends.One(ctx, sid, userID, reason, ended(actor, user.Sub, sid, session.ClientID, reason))
	if err == nil {
		s.Ends.ForgetLater(ctx, sid)
	}
	return done && session.EndedAt.IsZero(), err
}

// EndAll ends the user's sessions except one (all of them if except is empty). It also
// ends the browser sessions, from which new sessions could begin, except the browser
// session in which the excepted session began.
func (s *Service) EndAll(ctx context.Context, actor string, userID int64, except string, reason store.EndReason) (store.EndResult, error) {
	var result store.EndResult
	err := s.DB.Write(ctx, func(tx store.Tx) error {
		user, err := tx.LockUser(userID)
		if err != nil {
			return err
		}
		result, err = s.Ends.All(ctx, tx, store.End{
			UserID: userID, Spare: except, Reason: reason, At: s.Now(), Actor: actor, Sub: user.Sub,
		})
		return err
	})
	if err != nil {
		return store.EndResult{}, fmt.Errorf("ending sessions: %w", err)
	}
	s.Ends.Forget(ctx, result)
	return result, nil
}

// List returns the user's living sessions, newest first.
func (s *Service) List(ctx context.Context, userID int64) ([]store.Session, error) {
	return s.DB.ListSessions(ctx, userID, s.Now())
}

func ended(actor, sub, sid, clientID string, reason store.EndReason) audit.Event {
	return audit.Event{
		Actor: actor, Subject: audit.UserSubject(sub), SessionID: sid, ClientID: clientID,
		What: audit.SessionEnded{Reason: reason},
	}
}
