package sqlstore

import (
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

// CreateSessionWithin implements store.SessionsTx, in one statement.
func (t *tx) CreateSessionWithin(s store.Session, most int) (added bool, err error) {
	err = t.Do(func(db *gorm.DB) error {
		added, err = sessionTable.addIf(db, s, sessionsWithin, s.UserID, s.ClientID, most, most)
		return err
	})
	return added, err
}

// SessionUses implements store.SessionsTx.
func (t *tx) SessionUses(userID int64, clientID string, n int) (uses []store.SessionUse, err error) {
	err = t.Do(func(db *gorm.DB) error {
		uses = nil
		return engine.Rows(db, sessionUses+t.Dialect.ForUpdate, []any{userID, clientID, n}, func(s engine.Scanner) error {
			var u store.SessionUse
			err := s.Scan(&u.ID, (*moment)(&u.LastUsedAt), (*moment)(&u.ExpiresAt))
			uses = append(uses, u)
			return err
		})
	})
	return uses, err
}

// EndSession implements store.SessionsTx. The UPDATE is the gate: one caller
// changes the row.
func (t *tx) EndSession(id string, userID int64, reason string, at time.Time) (ended bool, err error) {
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
		return oweNotices(db, []string{id}, at)
	})
	return ended, err
}

// EndSessions implements store.SessionsTx.
func (t *tx) EndSessions(userID int64, except, reason string, at time.Time) ([]string, error) {
	return t.endWhere("user_id = ? AND id <> ?", reason, at, userID, except)
}

// endWhere ends the living sessions that the condition selects, and returns their IDs.
// It locks the sessions as it finds them, so that it returns exactly those that it ends.
func (t *tx) endWhere(condition, reason string, at time.Time, args ...any) (ids []string, err error) {
	err = t.Do(func(db *gorm.DB) error {
		find := "SELECT id FROM sessions WHERE ended_at = 0 AND " + condition + t.Dialect.ForUpdate
		err := engine.Rows(db, find, args, func(s engine.Scanner) error {
			ids = append(ids, "")
			return s.Scan(&ids[len(ids)-1])
		})
		if err != nil {
			return err
		}
		return markEnded(db, ids, reason, at)
	})
	return ids, err
}

// markEnded ends sessions that the transaction has locked.
func markEnded(db *gorm.DB, ids []string, reason string, at time.Time) error {
	for some := range slices.Chunk(ids, 500) {
		_, err := engine.Exec(db, "UPDATE sessions SET ended_at = ?, end_reason = ? WHERE id IN ?", millis(at), reason, some)
		if err != nil {
			return err
		}
		if err := oweNotices(db, some, at); err != nil {
			return err
		}
	}
	return nil
}
