package sqlstore

import (
	"errors"
	"slices"
	"time"

	"gorm.io/gorm"

	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

// CreateSession implements store.SessionsTx.
func (t *tx) CreateSession(s store.Session) error {
	return t.Do(func(db *gorm.DB) error { return sessionTable.add(db, s) })
}

// CreateSessionWithin implements store.SessionsTx. It is one statement unless the user has
// sessions of the release before, or no room.
func (t *tx) CreateSessionWithin(s store.Session, most int) (added bool, err error) {
	few := slices.Concat(likeOf(s), []any{most - 1, s.UserID, s.ClientID})
	within := slices.Concat(likeOf(s), []any{most}, beforeOf(s), []any{most, most})
	err = t.Do(func(db *gorm.DB) error {
		if added, err = sessionTable.addIf(db, s, sessionsFew, few...); err != nil || added {
			return err
		}
		if older, err := engine.Exists(db, sessionsOlder, s.UserID, s.ClientID); err != nil || !older {
			return err
		}
		added, err = sessionTable.addIf(db, s, sessionsWithin, within...)
		return err
	})
	return added, err
}

// likeOf returns the arguments of sessionsLike, and beforeOf those of sessionsBefore.
func likeOf(s store.Session) []any {
	f := s.Foundation
	return []any{s.UserID, s.ClientID, (*number)(&f.User), (*number)(&f.Client), (*number)(&f.Consent), s.UserID, s.ClientID}
}

func beforeOf(s store.Session) []any {
	return []any{s.UserID, s.ClientID, s.UserID, s.ClientID, s.UserID, s.ClientID}
}

// SessionUses implements store.SessionsTx. Those of the release before began first.
func (t *tx) SessionUses(s store.Session, n int) (uses []store.SessionUse, err error) {
	err = t.Do(func(db *gorm.DB) (err error) {
		if uses, err = t.uses(db, usesBefore, beforeOf(s), n); err != nil || len(uses) == n {
			return err
		}
		like, err := t.uses(db, usesLike, likeOf(s), n-len(uses))
		uses = append(uses, like...)
		return err
	})
	return uses, err
}

func (t *tx) uses(db *gorm.DB, query string, args []any, n int) (uses []store.SessionUse, err error) {
	err = engine.Rows(db, query+t.Dialect.ForUpdate, append(args, n), func(row engine.Scanner) error {
		var u store.SessionUse
		err := row.Scan(&u.ID, (*moment)(&u.LastUsedAt), (*moment)(&u.ExpiresAt))
		uses = append(uses, u)
		return err
	})
	return uses, err
}

// EndSession implements store.SessionsTx. The UPDATE is the gate: one caller
// changes the row.
func (t *tx) EndSession(id string, userID int64, reason store.EndReason, at time.Time) (ended bool, err error) {
	err = t.Do(func(db *gorm.DB) error {
		statement, args := "UPDATE sessions SET ended_at = ?, end_reason = ? WHERE id = ? AND ended_at = 0", []any{millis(at), reason, id}
		if userID != 0 {
			statement, args = statement+" AND user_id = ?", append(args, userID)
		}
		n, err := engine.Exec(db, statement, args...)
		ended = n == 1
		if err != nil || !ended {
			return err
		}
		return oweNotices(db, []string{id}, store.PendingEnd{}, at)
	})
	return ended, err
}

// NoteRepeat implements store.SessionsTx. It locks the row, so that of several callers
// one notes the network.
func (t *tx) NoteRepeat(id, jti, network string) (noted bool, err error) {
	err = t.Do(func(db *gorm.DB) error {
		var r store.Repeats
		err := engine.Row(db, "SELECT repeat_of, repeat_nets FROM sessions WHERE id = ?"+t.Dialect.ForUpdate, []any{id}, &r.Of, (*texts)(&r.Networks))
		if errors.Is(err, store.ErrNotFound) || err == nil && r.Noted(jti, network) {
			return nil
		}
		if err != nil {
			return err
		}
		if r.Of != jti {
			r = store.Repeats{Of: jti}
		}
		r.Networks = append(r.Networks, network)
		_, err = engine.Exec(db, "UPDATE sessions SET repeat_of = ?, repeat_nets = ? WHERE id = ?", r.Of, (*texts)(&r.Networks), id)
		noted = err == nil
		return err
	})
	return noted, err
}

// markEnded ends sessions that the transaction has locked.
func markEnded(db *gorm.DB, ids []string, p store.PendingEnd, at time.Time) error {
	for some := range slices.Chunk(ids, 500) {
		_, err := engine.Exec(db, "UPDATE sessions SET ended_at = ?, end_reason = ? WHERE id IN ?", millis(at), p.Reason, some)
		if err != nil {
			return err
		}
		if err := oweNotices(db, some, p, at); err != nil {
			return err
		}
	}
	return nil
}
