package store

import (
	"context"
	"time"
)

// A Session is one sign-in in one app: the family of refresh tokens that began
// there (RFC 9700 §4.14.2), and the `sid` of its tokens.
type Session struct {
	// ID has at least 128 random bits, in 26 characters.
	ID       string
	UserID   int64
	ClientID string
	// Scope is what was granted; a refresh may narrow an access token, not this.
	Scope string

	// SignIn is the one that the session began with.
	SignIn    SignIn
	CreatedAt time.Time
	// ExpiresAt is the absolute end.
	ExpiresAt time.Time
	// LastUsedAt is when it was last refreshed, up to a minute late where Redis
	// holds the moving part.
	LastUsedAt time.Time
	// EndedAt is zero while the session lives; EndReason says why it ended.
	EndedAt   time.Time
	EndReason string

	// IP and UserAgent are those of the sign-in.
	IP, UserAgent string

	// BrowserID is the browser session that it began in; empty: none. A session
	// without one has no ID tokens. Claims is the `claims` parameter of the request
	// that it began with, for its ID tokens.
	BrowserID string
	Claims    string

	// Rotation is the last rotation that the record knows. Where Redis holds the
	// moving part it may be behind.
	Rotation Rotation
}

// A Rotation is one step of a session: all that is needed to make its refresh
// token again, byte for byte.
type Rotation struct {
	// Gen counts the refresh tokens of the session: the first has 1.
	Gen int64
	// JTI is the token's `jti`.
	JTI string
	// IssuedAt and ExpiresAt are the token's `iat` and `exp`, in whole seconds.
	IssuedAt, ExpiresAt time.Time
	// Role is the person's role when the token was made.
	Role Role
	// KeyID is the `kid` that signed it.
	KeyID string
}

// Sessions reads the record of sessions.
type Sessions interface {
	// SessionWithUser returns a session, living or ended, and its person, as they
	// are now, in one query. ErrNotFound: no such session, or the person is gone.
	SessionWithUser(ctx context.Context, id string) (Session, User, error)
	// ListSessions returns the person's living sessions, newest first, at most
	// 1,000. One whose last refresh token has expired lives no more.
	ListSessions(ctx context.Context, userID int64, now time.Time) ([]Session, error)
	// TouchSession notes that the session has reached r. It never goes back in
	// generations, and does nothing to a session that ended.
	TouchSession(ctx context.Context, id string, r Rotation, at time.Time) error
	// SweepSessions deletes sessions that ended, or whose last refresh token expired,
	// before limit, at most n of them, and returns how many.
	SweepSessions(ctx context.Context, limit time.Time, n int) (int64, error)
}

// SessionsTx changes the record of sessions. Whatever ends a living session, here
// and elsewhere in a Tx, owes its app a LogoutNotice, due at once, in the same
// transaction, if the app has a BackchannelLogoutURI: the app is owed a notice
// however the session ended.
type SessionsTx interface {
	// CreateSession adds s.
	CreateSession(s Session) error
	// EndSession ends a living session of the person (0: anybody's) and reports
	// whether this call did it.
	EndSession(id string, userID int64, reason string, at time.Time) (bool, error)
	// EndSessions ends all living sessions of the person but except (empty: all)
	// and returns their IDs.
	EndSessions(userID int64, except, reason string, at time.Time) ([]string, error)
}

// Rotations holds the moving part of sessions: in the SQL record itself, or in
// Redis. Implementations pass storetest.Rotations.
type Rotations interface {
	// Rotate moves the session from the presented token to s.Next, as one atomic
	// step, which gives the same answer when a driver repeats it. See Outcome.
	//
	// The back-end knows the last rotation of the session, and when it happened
	// by its own clock. If it knows nothing, or less than s.Known, it takes
	// s.Known to be the last, made when it was issued, and adds a minute to the
	// grace, for while the back-end was away nobody could be answered; if the
	// presented token is a later generation still, it takes that: a token is
	// signed, so it was once given out. So a back-end that comes back empty or old
	// loses nobody's session.
	Rotate(ctx context.Context, sid string, s Step) (Rotation, Outcome, error)

	// Forget makes every later Rotate of the sessions answer Ended. The record
	// must say so already.
	Forget(ctx context.Context, sids ...string) error

	// Current returns the last rotation, judged as in Rotate but for the
	// presented token, and changes nothing. It returns ErrNotFound for a session
	// that has ended.
	Current(ctx context.Context, sid string, known Rotation) (Rotation, error)

	// Ping asks whether the back-end answers.
	Ping(ctx context.Context) error
}

// A Step asks for a rotation.
type Step struct {
	// Gen and JTI are those of the presented refresh token, whose signature and
	// expiry the caller has checked.
	Gen int64
	JTI string
	// Known is Session.Rotation as just read from the record.
	Known Rotation
	// Next is what the rotation will be if this call does it: Next.Gen is Gen+1,
	// Next.JTI is fresh and names this attempt.
	Next Rotation
	// Grace is how long a repeat of the immediate predecessor is answered with
	// the same successor; 0 switches it off.
	Grace time.Duration
	// Until is when the state may be dropped: the session's absolute end.
	Until time.Time
}

// An Outcome says what Rotate found.
type Outcome int

// The outcomes of Rotate.
const (
	// Rotated: the presented token was the current one; the rotation is Next.
	Rotated Outcome = iota + 1
	// Repeated: it was the immediate predecessor, within the grace; the rotation
	// returned is the one that followed it. (A driver's repeat of our own step is
	// Rotated, whatever the grace.)
	Repeated
	// Reused: it was older, or later than the grace, or never ours at that
	// generation. Nothing changed; the caller ends the session.
	Reused
	// Ended: the session has ended.
	Ended
)

// RevokedTokens remembers access tokens without a session (client_credentials)
// that were revoked, one by one or by an epoch.
type RevokedTokens interface {
	// RevokeToken remembers jti until expires. Repeating it is no error.
	RevokeToken(ctx context.Context, jti string, expires time.Time) error
	// TokenRevoked reports whether jti was revoked, or an epoch has begun since it
	// was issued, which is a whole second (RFC 7519 §2): what remains of the second
	// in which an epoch begins counts as before it.
	TokenRevoked(ctx context.Context, jti string, issued time.Time) (bool, error)
	// SweepRevokedTokens forgets at most n that expired before limit.
	SweepRevokedTokens(ctx context.Context, limit time.Time, n int) (int64, error)
}
