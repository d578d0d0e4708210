package sqlstore

import (
	"context"
	"time"

	"gorm.io/gorm"

	"gatehouse/store"
	"gatehouse/store/sqlstore/engine"
)

// A sessionRow is a session with its last rotation.
type sessionRow struct {
	ID         string `gorm:"primaryKey"`
	UserID     int64
	ClientID   string
	Scope      string
	AuthTime   int64
	Created    int64 `gorm:"column:created_at"`
	ExpiresAt  int64
	LastUsedAt int64
	EndedAt    int64
	EndReason  string
	IP         string `gorm:"column:ip"`
	UserAgent  string
	BrowserID  string
	ACR        string `gorm:"column:acr"`
	AMR        string `gorm:"column:amr"`
	Claims     string
	Gen        int64
	JTI        string `gorm:"column:jti"`
	PrevJTI    string `gorm:"column:prev_jti"`
	TokenIAT   int64  `gorm:"column:token_iat"`
	TokenExp   int64
	TokenRole  string
	KeyID      string
	RotatedAt  int64
}

// TableName implements gorm's Tabler.
func (sessionRow) TableName() string { return "sessions" }

func rowOfSession(s store.Session) sessionRow {
	r := s.Rotation
	return sessionRow{
		ID: s.ID, UserID: s.UserID, ClientID: s.ClientID, Scope: s.Scope,
		AuthTime: millis(s.AuthTime), Created: millis(s.CreatedAt), ExpiresAt: millis(s.ExpiresAt),
		LastUsedAt: millis(s.LastUsedAt), EndedAt: millis(s.EndedAt), EndReason: s.EndReason,
		IP: text(s.IP, 64), UserAgent: text(s.UserAgent, 255),
		BrowserID: s.BrowserID, ACR: s.ACR, AMR: list(s.AMR), Claims: s.Claims,
		Gen: r.Gen, JTI: r.JTI, TokenIAT: millis(r.IssuedAt), TokenExp: millis(r.ExpiresAt),
		TokenRole: string(r.Role), KeyID: r.KeyID,
	}
}

// rotationColumns are what rotationScan takes, of a table that is called s.
const rotationColumns = "s.gen, s.jti, s.token_iat, s.token_exp, s.token_role, s.key_id"

// sessionColumns are what sessionScan takes, of a table that is called s.
const sessionColumns = "s.id, s.user_id, s.client_id, s.scope, s.auth_time, s.created_at, s.expires_at, s.last_used_at, " +
	"s.ended_at, s.end_reason, s.ip, s.user_agent, s.browser_id, s.acr, s.amr, COALESCE(s.claims, ''), " + rotationColumns

// A rotationScan receives rotationColumns.
type rotationScan struct {
	rotation        store.Rotation
	issued, expires int64
}

func (s *rotationScan) dest() []any {
	r := &s.rotation
	return []any{&r.Gen, &r.JTI, &s.issued, &s.expires, &r.Role, &r.KeyID}
}

func (s *rotationScan) record() store.Rotation {
	s.rotation.IssuedAt, s.rotation.ExpiresAt = instant(s.issued), instant(s.expires)
	return s.rotation
}

// A sessionScan receives sessionColumns.
type sessionScan struct {
	session                                 store.Session
	authTime, created, expires, used, ended int64
	rotation                                rotationScan
}

func (s *sessionScan) dest() []any {
	r := &s.session
	return append([]any{
		&r.ID, &r.UserID, &r.ClientID, &r.Scope, &s.authTime, &s.created, &s.expires, &s.used,
		&s.ended, &r.EndReason, &r.IP, &r.UserAgent, &r.BrowserID, &r.ACR, (*texts)(&r.AMR), &r.Claims,
	}, s.rotation.dest()...)
}

func (s *sessionScan) record() store.Session {
	r := s.session
	r.AuthTime, r.CreatedAt, r.ExpiresAt = instant(s.authTime), instant(s.created), instant(s.expires)
	r.LastUsedAt, r.EndedAt = instant(s.used), instant(s.ended)
	r.Rotation = s.rotation.record()
	return r
}

// SessionWithUser implements store.Sessions.
func (d *DB) SessionWithUser(ctx context.Context, id string) (store.Session, store.User, error) {
	if !plausible(id) {
		return store.Session{}, store.User{}, store.ErrNotFound
	}
	var s sessionScan
	var u userScan
	var epoch int64
	err := d.Read(ctx, func(db *gorm.DB) error {
		return engine.Row(db, "SELECT "+sessionColumns+", "+userColumns+", COALESCE(u.profile, '{}'), "+epochBegan+
			" FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = ?",
			[]any{id}, append(append(s.dest(), u.dest()...), &u.user.ProfileText, &epoch)...)
	})
	if err != nil {
		return store.Session{}, store.User{}, err
	}
	var byEpoch bool
	if s.ended, byEpoch = overtaken(s.authTime, s.ended, epoch); byEpoch {
		s.session.EndReason = store.EpochReason
	}
	return s.record(), u.record(), nil
}

// ListSessions implements store.Sessions.
func (d *DB) ListSessions(ctx context.Context, userID int64, now time.Time) (sessions []store.Session, err error) {
	err = d.Read(ctx, func(db *gorm.DB) error {
		sessions, err = sessionRows(db, "SELECT "+sessionColumns+" FROM sessions s WHERE s.user_id = ? AND s.ended_at = 0 AND s.token_exp > ?"+
			" AND s.auth_time >= "+epochBegan+
			" ORDER BY s.created_at DESC, s.id DESC LIMIT 1000", userID, millis(now))
		return err
	})
	return sessions, err
}

// sessionRows reads sessionColumns.
func sessionRows(db *gorm.DB, query string, args ...any) (sessions []store.Session, err error) {
	err = engine.Rows(db, query, args, func(r engine.Scanner) error {
		var s sessionScan
		if err := r.Scan(s.dest()...); err != nil {
			return err
		}
		sessions = append(sessions, s.record())
		return nil
	})
	return sessions, err
}

// TouchSession implements store.Sessions.
func (d *DB) TouchSession(ctx context.Context, id string, r store.Rotation, at time.Time) error {
	return d.Change(ctx, func(db *gorm.DB) error {
		_, err := engine.Exec(db, "UPDATE sessions SET gen = ?, jti = ?, prev_jti = '', token_iat = ?, token_exp = ?,"+
			" token_role = ?, key_id = ?, rotated_at = ?, last_used_at = ? WHERE id = ? AND gen < ? AND ended_at = 0",
			r.Gen, r.JTI, millis(r.IssuedAt), millis(r.ExpiresAt), r.Role, r.KeyID, millis(at), millis(at), id, r.Gen)
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
