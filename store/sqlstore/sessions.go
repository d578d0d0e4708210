package sqlstore

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

// rotationColumns are the columns of the last rotation of a session.
var rotationColumns = []column[store.Rotation]{
	col("gen", func(r *store.Rotation) any { return &r.Gen }),
	col("jti", func(r *store.Rotation) any { return &r.JTI }),
	col("prev_jti", func(r *store.Rotation) any { return &r.From }),
	col("token_iat", func(r *store.Rotation) any { return (*moment)(&r.IssuedAt) }),
	col("token_exp", func(r *store.Rotation) any { return (*moment)(&r.ExpiresAt) }),
	col("token_role", func(r *store.Rotation) any { return &r.Role }),
	col("key_id", func(r *store.Rotation) any { return &r.KeyID }),
	col("rotated_net", func(r *store.Rotation) any { return &r.Network }),
}

// sessionColumns are the columns of a session: those of inUse, and those that only its
// rotation asks about. Only rotations.go reads rotated_at.
var sessionColumns = slices.Concat(inUseColumns, []column[store.Session]{
	col("last_used_at", func(s *store.Session) any { return (*moment)(&s.LastUsedAt) }),
	col("ip", func(s *store.Session) any { return &s.IP }).upTo(64),
	col("user_agent", func(s *store.Session) any { return &s.UserAgent }).upTo(255),
	col("rotated_at", func(*store.Session) any { return 0 }).written(),
	col("refresh_audience", func(s *store.Session) any { return &s.RefreshAudience }),
	col("repeat_of", func(s *store.Session) any { return &s.Repeats.Of }),
	col("repeat_nets", func(s *store.Session) any { return (*texts)(&s.Repeats.Networks) }),
},
	unread(foundationColumns(func(s *store.Session) *store.Foundation { return &s.Foundation },
		func(s *store.Session) (int64, string) { return s.UserID, s.ClientID })),
	within(func(s *store.Session) *store.Rotation { return &s.Rotation }, rotationColumns))

var inUseColumns = slices.Concat([]column[store.Session]{
	col("id", func(s *store.Session) any { return &s.ID }),
	col("user_id", func(s *store.Session) any { return &s.UserID }),
	col("client_id", func(s *store.Session) any { return &s.ClientID }),
	col("scope", func(s *store.Session) any { return &s.Scope }),
	col("resources", func(s *store.Session) any { return (*texts)(&s.Resources) }).orEmpty(),
	col("created_at", func(s *store.Session) any { return (*moment)(&s.CreatedAt) }),
	col("expires_at", func(s *store.Session) any { return (*moment)(&s.ExpiresAt) }),
	col("ended_at", func(s *store.Session) any { return (*moment)(&s.EndedAt) }),
	col("end_reason", func(s *store.Session) any { return &s.EndReason }),
	col("browser_id", func(s *store.Session) any { return &s.BrowserID }),
	col("claims", func(s *store.Session) any { return &s.Claims }).orEmpty(),
}, within(func(s *store.Session) *store.SignIn { return &s.SignIn }, signInColumns))

var (
	sessionTable  = tableOf("sessions", "s.", sessionColumns)
	inUse         = tableOf("sessions", "s.", inUseColumns)
	rotationTable = tableOf("sessions", "s.", rotationColumns)

	// sessionStands is the condition that what a session was founded on has not ended, and
	// lastEnds are the times of the ends that it could have died of.
	sessionStands = "(" + founded("s.", "s.created_at") + " AND COALESCE(b.generation, 0) = 0)"
	lastEnds      = "u.all_ended_at, COALESCE(gc.all_ended_at, 0), COALESCE(gk.all_ended_at, 0), COALESCE(b.ended_at, 0)"
	sessionJoins  = " JOIN users u ON u.id = s.user_id" + joinClient("s.") + joinConsent("s.") + joinBrowser("s.")
	sessionFrom   = " FROM sessions s" + sessionJoins

	sessionWithUser = withUser(sessionTable)
	sessionInUse    = withUser(inUse)
	sessionEnds     = "SELECT " + lastEnds + sessionFrom + " WHERE s.id = ?"
	livingOfUser    = " WHERE s.user_id = ? AND s.ended_at = 0 AND s.token_exp > ?" +
		" AND s.auth_time >= " + epochBegan + " AND " + sessionStands + " ORDER BY s.created_at DESC, s.id DESC LIMIT 1000"
	// sessionsLike are the living sessions of a user in a client: those with the same
	// foundation, as all others are dead. sessionsBefore are those of the release before,
	// which have none and live if they began after the last end.
	sessionsLike   = sessionsOf + "user_gen = ? AND client_gen = ? AND consent_gen = " + consentOrNow
	sessionsBefore = sessionsOf + "user_gen IS NULL AND created_at > COALESCE((SELECT u.all_ended_at FROM users u WHERE u.id = ?), 0)" +
		" AND created_at > COALESCE((SELECT g.all_ended_at FROM generations g WHERE g.user_id = 0 AND g.client_id = ?), 0)" +
		" AND created_at > COALESCE((SELECT g.all_ended_at FROM generations g WHERE g.user_id = ? AND g.client_id = ?), 0)"
	sessionsOf     = "user_id = ? AND client_id = ? AND ended_at = 0 AND "
	sessionsWithin = upTo("sessions", sessionsLike) + " + " + upTo("sessions", sessionsBefore) + " < ?"
	// sessionsFew is sessionsWithin for the usual case, without sessionsOlder: those of the
	// release before, living or dead.
	sessionsFew   = fewer("sessions", sessionsLike) + " AND NOT EXISTS (" + sessionsOlder + ")"
	sessionsOlder = "SELECT 1 FROM sessions WHERE " + sessionsOf + "user_gen IS NULL LIMIT 1"
	sessionUses   = "SELECT id, last_used_at, token_exp FROM sessions WHERE %s ORDER BY created_at LIMIT ?"
	usesLike      = fmt.Sprintf(sessionUses, sessionsLike)
	usesBefore    = fmt.Sprintf(sessionUses, sessionsBefore)
)

func withUser(t *table[store.Session]) string {
	return "SELECT " + t.selected + ", " + userTable.selected + ", " + epochBegan + " AS epoch, " + sessionStands + " AS stands, " + withdrawnNow + " AS withdrawn" +
		sessionFrom + " WHERE s.id = ?"
}

// SessionWithUser implements store.Sessions.
func (d *DB) SessionWithUser(ctx context.Context, id string) (store.Session, store.User, error) {
	return d.session(ctx, id, sessionTable, sessionWithUser)
}

// SessionInUse implements store.Sessions.
func (d *DB) SessionInUse(ctx context.Context, id string) (store.Session, store.User, error) {
	return d.session(ctx, id, inUse, sessionInUse)
}

func (d *DB) session(ctx context.Context, id string, t *table[store.Session], query string) (store.Session, store.User, error) {
	if !plausible(id) {
		return store.Session{}, store.User{}, store.ErrNotFound
	}
	var found struct {
		session store.Session
		user    store.User
		epoch   moment
		stands  bool
	}
	err := d.Read(ctx, func(db *gorm.DB) error {
		return engine.Row(db, query, []any{id},
			t.dest(&found.session, userTable.dest(&found.user, &found.epoch, &found.stands, &found.session.Withdrawn)...)...)
	})
	if err != nil {
		return store.Session{}, store.User{}, err
	}
	s := found.session
	if s.EndedAt.IsZero() && !found.stands {
		if s.EndedAt, err = d.lastEnd(ctx, id); err != nil {
			return store.Session{}, store.User{}, err
		}
		s.EndReason = store.EndedWithAll
	}
	var byEpoch bool
	if s.EndedAt, byEpoch = overtaken(s.SignIn.At, s.EndedAt, time.Time(found.epoch)); byEpoch {
		s.EndReason = store.EndedEpoch
	}
	return s, found.user, nil
}

// lastEnd returns when the session died of the end of what it was founded on.
func (d *DB) lastEnd(ctx context.Context, id string) (time.Time, error) {
	var ends [4]int64
	err := d.Read(ctx, func(db *gorm.DB) error {
		return engine.Row(db, sessionEnds, []any{id}, &ends[0], &ends[1], &ends[2], &ends[3])
	})
	return instant(max(1, slices.Max(ends[:]))), err
}

// listSessions is led by the person: SQLite would read all that live, in the order of the list.
func (d *DB) listSessions() string {
	return "SELECT " + sessionTable.selected + " FROM sessions s" + d.along("sessions_user") + sessionJoins + livingOfUser
}

// ListSessions implements store.Sessions.
func (d *DB) ListSessions(ctx context.Context, userID int64, now time.Time) (sessions []store.Session, err error) {
	err = d.Read(ctx, func(db *gorm.DB) error {
		sessions, err = sessionTable.all(db, d.listSessions(), userID, millis(now))
		return err
	})
	return sessions, err
}

// UseSession implements store.Sessions.
func (d *DB) UseSession(ctx context.Context, id string, at time.Time) error {
	return d.Change(ctx, func(db *gorm.DB) error {
		_, err := engine.Update(db, "UPDATE sessions SET last_used_at = ? WHERE id = ? AND ended_at = 0 AND last_used_at < ?", millis(at), id, millis(at))
		return err
	})
}

// SweepSessions implements store.Sessions.
func (d *DB) SweepSessions(ctx context.Context, limit time.Time, n int) (int64, error) {
	expired, err := d.Sweep(ctx, "sessions", "id", "token_exp < ?", n, millis(limit))
	if err != nil || expired >= int64(n) {
		return expired, err
	}
	ended, err := d.Sweep(ctx, "sessions", "id", "ended_at > 0 AND ended_at < ?", n-int(expired), millis(limit))
	return expired + ended, err
}
