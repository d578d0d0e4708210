package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/store"
)

// finishing bounds work that the caller cannot cancel.
const finishing = 3 * time.Second

// detached returns a context that outlives the request but keeps its values.
func detached(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), finishing)
}

// End ends one session of the user (of any user if userID is 0) and reports whether it
// was alive. Actor is the String of an authz.Actor.
func (s *Service) End(ctx context.Context, actor, sid string, userID int64, reason string) (bool, error) {
	session, user, err := s.DB.SessionWithUser(ctx, sid)
	if errors.Is(err, store.ErrNotFound) || err == nil && userID != 0 && session.UserID != userID {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("reading a session: %w", err)
	}
	done, err := s.end(ctx, sid, userID, reason, ended(actor, user.Sub, sid, session.ClientID, reason))
	if err == nil {
		s.forgetLater(ctx, sid)
	}
	return done, err
}

// EndAll ends the user's sessions except one (all of them if except is empty) and returns
// their IDs. It waits for a sign-in in progress, so that none escapes. It also ends the
// browser sessions, from which new sessions could begin, except the browser session in
// which the excepted session began.
func (s *Service) EndAll(ctx context.Context, actor string, userID int64, except, reason string) ([]string, error) {
	browser, err := s.browserOf(ctx, except)
	if err != nil {
		return nil, err
	}
	var ids []string
	err = s.DB.Write(ctx, func(tx store.Tx) error {
		user, err := tx.LockUser(userID)
		if err != nil {
			return err
		}
		now := s.Now()
		if err := tx.EndBrowsers(userID, browser, now); err != nil {
			return err
		}
		if ids, err = tx.EndSessions(userID, except, reason, now); err != nil {
			return err
		}
		events := make([]store.AuditEvent, len(ids))
		for i, sid := range ids {
			events[i] = ended(actor, user.Sub, sid, "", reason).Record(ctx, now)
		}
		return tx.Audit(events...)
	})
	if err != nil {
		return nil, fmt.Errorf("ending sessions: %w", err)
	}
	s.observe(Ended, len(ids))
	s.forgetLater(ctx, ids...)
	return ids, nil
}

// forgetLater forgets sessions after a commit. They are already ended in the record,
// which every use of a token reads, so the operation succeeds even without Redis.
func (s *Service) forgetLater(ctx context.Context, sids ...string) {
	if err := s.forget(ctx, sids); err != nil {
		s.Log.WarnContext(ctx, "ended sessions are still in the rotations", "sessions", len(sids), "error", err)
	}
}

// browserOf returns the browser session in which a session began, or "".
func (s *Service) browserOf(ctx context.Context, sid string) (string, error) {
	if sid == "" {
		return "", nil
	}
	session, _, err := s.DB.SessionWithUser(ctx, sid)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return "", fmt.Errorf("reading a session: %w", err)
	}
	return session.BrowserID, nil
}

// ForgetEnded removes ended sessions from the rotations. Code that ends sessions in a
// transaction of its own calls it after the commit. It completes even if the caller
// hangs up.
func (s *Service) ForgetEnded(ctx context.Context, sids []string) error {
	s.observe(Ended, len(sids))
	return s.forget(ctx, sids)
}

func (s *Service) forget(ctx context.Context, sids []string) error {
	if len(sids) == 0 {
		return nil
	}
	ctx, cancel := detached(ctx)
	defer cancel()
	if err := s.Rotations.Forget(ctx, sids...); err != nil {
		return fmt.Errorf("forgetting ended sessions: %w", err)
	}
	return nil
}

// List returns the user's living sessions, newest first.
func (s *Service) List(ctx context.Context, userID int64) ([]store.Session, error) {
	return s.DB.ListSessions(ctx, userID, s.Now())
}

// end writes the end of a session and its audit event. The caller then forgets the
// rotation, even if the session had already ended: an earlier call may have failed
// between the two steps.
func (s *Service) end(ctx context.Context, sid string, userID int64, reason string, e audit.Event) (bool, error) {
	var done bool
	err := s.DB.Write(ctx, func(tx store.Tx) (err error) {
		now := s.Now()
		done, err = tx.EndSession(sid, userID, reason, now)
		if err != nil || !done {
			return err
		}
		return tx.Audit(e.Record(ctx, now))
	})
	if err != nil {
		return false, fmt.Errorf("ending a session: %w", err)
	}
	if done {
		s.observe(Ended, 1)
	}
	return done, nil
}

func ended(actor, sub, sid, clientID, reason string) audit.Event {
	return audit.Event{
		Actor: actor, Subject: audit.UserSubject(sub), SessionID: sid, ClientID: clientID,
		What: audit.SessionEnded{Reason: reason},
	}
}
