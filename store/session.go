package store

import (
	"context"
	"slices"
	"time"
)

// A Session is one sign-in in one app: the family of refresh tokens that began
// there (RFC 9700 §4.14.2), and the `sid` of its tokens.
type Session struct {
	// ID has at least 128 random bits, in 26 characters.
	ID       string
	UserID   int64
	ClientID string
	// Scope is what was granted. A refresh may narrow the scope of an access token,
	// but not this.
	Scope string
	// Resources are the identifiers of the APIs that the request named (RFC 8707); empty:
	// none, so that Scope decides.
	Resources []string

	// Withdrawn is the part of Scope, and of other sessions' in the client, that the user took
	// away since. Only SessionWithUser reads it.
	Withdrawn string

	// SignIn is the sign-in with which the session began.
	SignIn    SignIn
	CreatedAt time.Time
	// ExpiresAt is the absolute end.
	ExpiresAt time.Time
	// LastUsedAt is the time of the last refresh. Where Redis holds the moving part
	// it may lag by a minute or so.
	LastUsedAt time.Time
	// EndedAt is zero while the session lives; EndReason says why it ended.
	EndedAt   time.Time
	EndReason EndReason

	// IP and UserAgent are those of the sign-in.
	IP, UserAgent string

	// BrowserID is the browser session in which the session began; empty: none. A
	// session without one gets no ID tokens. Claims is the `claims` parameter of the
	// request that started the session, for its ID tokens.
	BrowserID string
	Claims    string

	// RefreshAudience is the `aud` of its refresh tokens.
	RefreshAudience RefreshAudience

	// Foundation is only written. SessionWithUser compares it.
	Foundation Foundation

	// Rotation is the last rotation that SQL has recorded. Where Redis holds the
	// moving part it may lag, but not for a client with RotationAdopted.
	Rotation Rotation
	// Repeats says which repeats of a refresh token are in the audit log already.
	Repeats Repeats
}

// A SessionOf is a session and its person.
type SessionOf struct {
	Session
	User User
}

// A Mark is a place in a list whose order is when things began: that of the last one on the
// page before. The zero Mark is the beginning of the list.
type Mark struct {
	Millis int64 // Unix ms
	ID     string
}

// A SessionPage is a page of sessions. Next is the zero Mark on the last.
type SessionPage struct {
	Sessions []SessionOf
	Next     Mark
}

// A SessionUse says how a session that has not ended was used: LastUsedAt as in Session, and
// when its last refresh token expires.
type SessionUse struct {
	ID                    string
	LastUsedAt, ExpiresAt time.Time
}

// A SessionTouch says which rotation a session had reached at a time, which is that of a use.
type SessionTouch struct {
	ID       string
	Rotation Rotation
	At       time.Time
}

// MaxTouches is how many sessions are touched at once. Their rows are locked together.
const MaxTouches = 200

// A Rotation is one step of a session: everything needed to make its refresh token
// again, byte for byte.
type Rotation struct {
	// Gen counts the refresh tokens of the session: the first has 1.
	Gen int64
	// JTI is the token's `jti`.
	JTI string
	// From is the `jti` of the token that this one replaced. It is empty for the first
	// token, and where a replica of the first releases recorded the rotation.
	From string
	// IssuedAt and ExpiresAt are the token's `iat` and `exp`, in whole seconds.
	IssuedAt, ExpiresAt time.Time
	// Role is the person's role when the token was made.
	Role Role
	// KeyID is the `kid` that signed it.
	KeyID string
	// Network is the network of the caller for whom it was made; empty: unknown.
	Network string
}

// Repeats are the networks from which the token with the `jti` Of came again after its
// rotation, as far as the audit log has them.
type Repeats struct {
	Of       string
	Networks []string
}

// MaxRepeats bounds the networks of Repeats, and so the audit events of one token.
const MaxRepeats = 8

// Noted reports whether there is nothing more to note about a repeat: it is noted, or
// as many are as may be.
func (r Repeats) Noted(jti, network string) bool {
	return r.Of == jti && (slices.Contains(r.Networks, network) || len(r.Networks) >= MaxRepeats)
}

// Sessions reads the record of sessions.
type Sessions interface {
	// SessionWithUser returns a session, living or ended, and its person, as they
	// are now, in one query. It returns ErrNotFound if either does not exist. A session
	// whose Foundation is dead has ended.
	SessionWithUser(ctx context.Context, id string) (Session, User, error)
	// SessionInUse is SessionWithUser without what no use of an access token asks about: the
	// session's Rotation, Repeats, RefreshAudience and LastUsedAt, and who used it (IP,
	// UserAgent), are empty.
	SessionInUse(ctx context.Context, id string) (Session, User, error)
	// ListSessions returns the person's living sessions, newest first, at most
	// 1,000. A session whose last refresh token has expired does not count as living.
	ListSessions(ctx context.Context, userID int64, now time.Time) ([]Session, error)
	// NewestSessions returns a page of all people's sessions, those that began last first:
	// of the n after the mark, those that live at now. So a page may have fewer, and costs
	// the same however many there are.
	NewestSessions(ctx context.Context, after Mark, now time.Time, n int) (SessionPage, error)
	// EndedSessions returns at most n sessions whose rows have ended, those that ended last
	// first.
	EndedSessions(ctx context.Context, n int) ([]SessionOf, error)
	// TouchSessions records what sessions, at most MaxTouches, have reached: each once, and
	// all or, after an error, none or some. None moves back to an earlier generation, and
	// nothing happens to a session that has ended.
	TouchSessions(ctx context.Context, touches ...SessionTouch) error
	// UseSession records a use of a living session that made no rotation. It never
	// moves LastUsedAt back.
	UseSession(ctx context.Context, id string, at time.Time) error
	// SweepSessions deletes sessions that ended, or whose last refresh token expired,
	// before limit, at most n of them, and returns how many.
	SweepSessions(ctx context.Context, limit time.Time, n int) (int64, error)
}

// SessionsTx changes the record of sessions.
type SessionsTx interface {
	// CreateSession adds s.
	CreateSession(s Session) error
	// CreateSessionWithin adds s if fewer than most sessions of its user in its client
	// live, and reports whether it did. It reads no more than most of them.
	CreateSessionWithin(s Session, most int) (bool, error)
	// SessionUses returns those sessions, at most n of them, those that began first. It
	// locks them, so that none is used until the transaction ends.
	SessionUses(s Session, n int) ([]SessionUse, error)
	// EndSession ends a living session of the person (0: anybody's), as EndsTx does, and
	// reports whether this call did it.
	EndSession(id string, userID int64, reason EndReason, at time.Time) (bool, error)
	// NoteRepeat adds a network to the Repeats of a session's token, and reports whether
	// this call did it: not if it was Noted. A token that was rotated later replaces the
	// Repeats of the one before.
	NoteRepeat(id, jti, network string) (bool, error)
}

// Rotations holds the moving part of sessions: in the SQL record itself, or in
// Redis. Implementations pass storetest.Rotations.
type Rotations interface {
	// Rotate moves the session from the presented token to s.Next, as one atomic
	// step, which gives the same answer when a driver repeats it. See Outcome.
	//
	// The back-end keeps the last rotation of the session, and when it happened by
	// its own clock. If it has none, or one older than s.Known, it treats s.Known as
	// the last, made when it was issued, and adds a minute to the grace: while the
	// back-end was away, no client could get an answer. If the presented token is of
	// a later generation still, the back-end trusts it, because it is signed and so
	// was issued. A back-end that comes back empty or old therefore loses no session.
	Rotate(ctx context.Context, sid string, s Step) (Rotation, Outcome, error)

	// Forget makes every later Rotate of the sessions return Ended. The sessions
	// must have ended in SQL first.
	Forget(ctx context.Context, sids ...string) error

	// Current returns the last rotation, found as in Rotate but without a presented
	// token, and changes nothing. It returns ErrNotFound for a session that has ended.
	Current(ctx context.Context, sid string, known Rotation) (Rotation, error)

	// Ping returns an error if the back-end does not answer.
	Ping(ctx context.Context) error
}

// A Step asks for a rotation.
type Step struct {
	// Gen and JTI are those of the presented refresh token, whose signature and
	// expiry the caller has checked.
	Gen int64
	JTI string
	// Known is Session.Rotation as just read from SQL.
	Known Rotation
	// Next is the new rotation if this call makes it. Next.Gen is Gen+1, and Next.From
	// is JTI; Next.JTI is fresh and names this attempt.
	Next Rotation
	// Grace is how long the immediate predecessor gets the same successor again; 0
	// turns it off.
	Grace time.Duration
	// Adopted means that the immediate predecessor gets the same successor whatever the
	// grace. Only the record takes such a step: it alone cannot come back empty, and
	// forget that the successor has been used.
	Adopted bool
	// Until is when the state may be dropped: when both the presented token and the next
	// one have expired. A later Until of an earlier step still counts.
	Until time.Time
}

// An Outcome says what Rotate found.
type Outcome int

// The outcomes of Rotate.
const (
	// Rotated means that the presented token was the current one. The rotation
	// returned is Next.
	Rotated Outcome = iota + 1
	// Repeated means that the token was the immediate predecessor, within the grace or
	// Adopted.
	// The rotation returned is its successor. (A driver's repeat of our own step is
	// Rotated, whatever the grace.)
	Repeated
	// Reused means that the token was older, or came after the grace, or was never
	// the token of its generation. The rotation returned is the current one. Nothing
	// changed; the caller ends the session.
	Reused
	// Ended means that the session has ended.
	Ended
)

// RevokedTokens remembers access tokens without a session (client_credentials)
// that were revoked, one by one or by an epoch.
type RevokedTokens interface {
	// RevokeToken remembers jti until expires and writes e, as one atomic step, and reports
	// whether this call did it: of any number of calls, one.
	RevokeToken(ctx context.Context, jti string, expires time.Time, e AuditEvent) (bool, error)
	// TokenRevoked reports whether jti was revoked, or an epoch has begun since the
	// token was issued. `iat` is in whole seconds here (RFC 7519 §2), so the rest of
	// the second in which an epoch begins counts as before it.
	TokenRevoked(ctx context.Context, jti string, issued time.Time) (bool, error)
	// SweepRevokedTokens forgets at most n tokens that expired before limit.
	SweepRevokedTokens(ctx context.Context, limit time.Time, n int) (int64, error)
}
