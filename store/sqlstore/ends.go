package sqlstore

import (
	"gorm.io/gorm"

	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

// EndAll implements store.EndsTx. It raises one number. It also ends the rows of a few
// sessions, so that such an end is complete at once, but nothing depends on that.
func (t *tx) EndAll(e store.End) (result store.EndResult, err error) {
	err = t.Do(func(db *gorm.DB) (err error) {
		if result.Generation, result.First, err = t.raise(db, e); err != nil || !result.First {
			return err
		}
		pending := store.PendingEnd{End: e, Generation: result.Generation}
		if result.Sessions, result.More, err = t.endFew(db, pending); err != nil {
			return err
		}
		return pendingTable.add(db, pending)
	})
	return result, err
}

// raise raises the generation of what ends, and returns it. A browser session ends once.
func (t *tx) raise(db *gorm.DB, e store.End) (raised store.Generation, first bool, err error) {
	switch {
	case e.BrowserID != "":
		n, err := engine.Update(db, "UPDATE browser_sessions SET ended_at = ?, generation = 1 WHERE id = ? AND ended_at = 0", millis(e.At), e.BrowserID)
		return 1, n == 1, err
	case e.ClientID == "":
		raised, err = t.raiseUser(db, e)
	default:
		raised, err = t.raiseClient(db, e)
	}
	return raised, true, err
}

// raiseUser raises the generation of a user, and carries what is spared to the new one.
func (t *tx) raiseUser(db *gorm.DB, e store.End) (store.Generation, error) {
	var now, last int64
	err := engine.Row(db, "SELECT generation, all_ended_at FROM users WHERE id = ?"+t.Dialect.ForUpdate, []any{e.UserID}, &now, &last)
	if err != nil {
		return 0, err
	}
	raised := max(now+1, millis(e.At))
	_, err = engine.Update(db, "UPDATE users SET generation = ?, all_ended_at = ? WHERE id = ?", raised, max(last, millis(e.At)), e.UserID)
	if err != nil || e.Spare == "" {
		return store.Generation(raised), err
	}
	// Only what still lives is carried: an end that has just been committed stays.
	n, err := engine.Update(db, "UPDATE sessions SET user_gen = ? WHERE id = ? AND user_id = ? AND ended_at = 0"+
		" AND COALESCE(user_gen = ?, created_at > ?)", raised, e.Spare, e.UserID, now, last)
	if err != nil {
		return store.Generation(raised), err
	}
	browser := "(SELECT s.browser_id FROM sessions s WHERE s.id = ?)"
	if n == 0 {
		browser = "?"
	}
	_, err = engine.Update(db, "UPDATE browser_sessions SET user_gen = ? WHERE id = "+browser+
		" AND user_id = ? AND ended_at = 0 AND COALESCE(user_gen = ?, auth_time > ?)", raised, e.Spare, e.UserID, now, last)
	return store.Generation(raised), err
}

// raiseClient raises the generation of a client or, with a user, of a consent. The row
// stays when they are gone, so that the number only grows.
func (t *tx) raiseClient(db *gorm.DB, e store.End) (store.Generation, error) {
	_, err := engine.Update(db, "INSERT INTO generations (user_id, client_id, generation, all_ended_at, erased) VALUES (?, ?, ?, ?, 0)"+
		t.Dialect.Raise("user_id, client_id", "generation", "all_ended_at"), e.UserID, e.ClientID, millis(e.At), millis(e.At))
	if err != nil {
		return 0, err
	}
	var raised int64
	err = engine.Row(db, "SELECT generation FROM generations WHERE user_id = ? AND client_id = ?", []any{e.UserID, e.ClientID}, &raised)
	return store.Generation(raised), err
}

// endFew ends the rows of the sessions if they are few.
func (t *tx) endFew(db *gorm.DB, p store.PendingEnd) (few []store.Session, more bool, err error) {
	where, args := outdatedBy(p, "created_at")
	find := "SELECT " + sessionTable.selected + " FROM sessions s WHERE s.ended_at = 0 AND " + where + " LIMIT ?" + t.Dialect.ForUpdate
	few, err = sessionTable.all(db, find, append(args, store.EndAtOnce+1)...)
	if err != nil || len(few) > store.EndAtOnce {
		return nil, len(few) > 0, err
	}
	ids := make([]string, len(few))
	for i := range few {
		ids[i] = few[i].ID
		few[i].EndedAt, few[i].EndReason = instant(millis(p.At)), p.Reason
	}
	return few, false, markEnded(db, ids, p, p.At)
}

// bury turns the pending ends of a user or client, who are being deleted, into those of
// somebody gone, or adds p if there are none.
func (t *tx) bury(db *gorm.DB, p store.PendingEnd) error {
	n, err := engine.Update(db, "UPDATE pending_ends SET gone = 1, logout_uri = ? WHERE user_id = ? AND client_id = ? AND browser_id = ''",
		p.LogoutURI, p.UserID, p.ClientID)
	if err != nil || n > 0 {
		return err
	}
	return pendingTable.add(db, p)
}
