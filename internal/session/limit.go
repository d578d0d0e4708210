package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/internal/throttle"
	"gatehouse/store"
)

// spared is how recently a session was used that does not make room for another.
const spared = time.Hour

// limit returns how many sessions a person may have in the client; 0: any number.
func (s *Service) limit(client store.Client) int {
	if client.MaxSessions != 0 {
		return max(client.MaxSessions, 0)
	}
	return s.MaxSessions
}

// create adds the session, and returns the ID of the session that made room for it, or "".
// While there is room, this is one statement.
func (s *Service) create(ctx context.Context, tx store.Tx, session store.Session, user store.User, limit int) (ended string, err error) {
	if limit > 0 {
		within, err := tx.CreateSessionWithin(session, limit)
		if err != nil || within {
			return "", err
		}
		if ended, err = s.makeRoom(ctx, tx, session, user, limit); err != nil {
			return "", err
		}
	}
	return ended, tx.CreateSession(session)
}

// makeRoom ends the session that was least recently used, of the user in the client of the
// new one, and returns its ID. It looks at those that began first, one more than the limit
// at most, so a user who had more of them before there was a limit keeps the others. It
// returns a *throttle.Limited if all were used within the last hour.
func (s *Service) makeRoom(ctx context.Context, tx store.Tx, session store.Session, user store.User, limit int) (string, error) {
	uses, err := tx.SessionUses(session, limit+1)
	if err != nil {
		return "", fmt.Errorf("reading sessions: %w", err)
	}
	if len(uses) < limit { // others have ended meanwhile
		return "", nil
	}
	now := session.CreatedAt
	oldest := slices.MinFunc(uses, func(a, b store.SessionUse) int {
		return s.lastUse(a, now).Compare(s.lastUse(b, now))
	})
	last := s.lastUse(oldest, now)
	if free := last.Add(spared); now.Before(free) {
		return "", &throttle.Limited{RetryAfter: free.Sub(now)}
	}
	done, err := tx.EndSession(oldest.ID, user.ID, store.EndedLimit, now)
	if err != nil || !done || last.IsZero() { // one that has expired did not end early
		return oldest.ID, err
	}
	subject := audit.UserSubject(user.Sub)
	return oldest.ID, tx.Audit(ended(subject, user.Sub, oldest.ID, session.ClientID, store.EndedLimit).Record(ctx, now))
}

// lastUse returns when a session was used last, or zero if it has expired. The record may
// lag behind by TouchEvery, and by DefaultTouchEvery where tokens are repeated, and by what
// Touches gathers.
func (s *Service) lastUse(u store.SessionUse, now time.Time) time.Time {
	var gather time.Duration
	if s.Touches != nil {
		gather = s.Touches.Every
	}
	if !now.Before(u.ExpiresAt.Add(s.TouchEvery + gather)) {
		return time.Time{}
	}
	return u.LastUsedAt.Add(max(s.TouchEvery, DefaultTouchEvery) + gather)
}

// observeLimit reports what a beginning did at the limit, once it is known.
func (s *Service) observeLimit(ctx context.Context, clientID, madeRoom string, err error) {
	_, refused := errors.AsType[*throttle.Limited](err)
	if (refused || madeRoom != "") && s.ObserveLimit != nil {
		s.ObserveLimit(clientID, refused)
	}
	if err == nil && madeRoom != "" {
		s.observe(Ended)
		s.Ends.ForgetLater(ctx, madeRoom)
	}
}
