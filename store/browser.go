package store

import (
	"context"
	"time"
)

// A BrowserSession is one person signed in at our own pages in one browser. The
// cookie has 256 random bits; only its digest is kept.
type BrowserSession struct {
	// ID names the browser session in records; it is not the cookie.
	ID     string
	Cookie Digest
	UserID int64
	SignIn SignIn
	// LastSeenAt is up to a minute late. ExpiresAt is the absolute end.
	CreatedAt, LastSeenAt, ExpiresAt time.Time
	EndedAt                          time.Time
	// User is the generation of the user at the sign-in. It is only written:
	// BrowserWithUser compares it.
	User          Generation
	IP, UserAgent string
}

// A BrowserOf is a browser session and its person.
type BrowserOf struct {
	BrowserSession
	User User
}

// A BrowserPage is a page of browser sessions. Next is the zero Mark on the last.
type BrowserPage struct {
	Browsers []BrowserOf
	Next     Mark
}

// Browsers reads browser sessions.
type Browsers interface {
	// BrowserWithUser returns the browser session of a cookie, living or ended, and
	// its person, in one query. It returns ErrNotFound for an unknown cookie. A living
	// one was founded on the generation of the person who is returned with it.
	BrowserWithUser(ctx context.Context, cookie Digest) (BrowserSession, User, error)
	// ListBrowsers returns the person's browser sessions that have neither ended nor expired
	// at now, and were founded on the person's generation: those seen last come first, at
	// most 100 of them.
	ListBrowsers(ctx context.Context, userID int64, now time.Time) ([]BrowserSession, error)
	// NewestBrowsers is Sessions.NewestSessions for browser sessions that have neither ended
	// nor expired at now.
	NewestBrowsers(ctx context.Context, after Mark, now time.Time, n int) (BrowserPage, error)
	// TouchBrowser sets LastSeenAt to at, unless it is later already.
	TouchBrowser(ctx context.Context, id string, at time.Time) error
	// SweepBrowsers deletes at most n browser sessions that ended or expired before
	// limit, or were last seen before idle.
	SweepBrowsers(ctx context.Context, limit, idle time.Time, n int) (int64, error)
}

// BrowsersTx changes browser sessions.
type BrowsersTx interface {
	// CreateBrowser returns ErrConflict if the ID or the cookie is taken.
	CreateBrowser(b BrowserSession) error
	// RenewBrowser finds the living browser session with b's ID and UserID, and
	// gives it b's cookie, SignIn, LastSeenAt, ExpiresAt, IP and UserAgent. The old
	// cookie stops working. RenewBrowser reports whether it found one.
	RenewBrowser(b BrowserSession) (bool, error)
}

// A Consent is what a person let an app have.
type Consent struct {
	UserID    int64
	ClientID  string
	Scope     string
	GrantedAt time.Time
	// FirstGrantedAt is when the person first allowed the app something, unless they took
	// all of it back since. It is only read.
	FirstGrantedAt time.Time
	// Places are where the person allowed a client that cannot prove who it is: a
	// browser and the origin of a redirect URI each, the latest last.
	Places []string
	// Client is the client's generation when the consent was given; Unread in a consent of
	// the release before.
	Client Generation
	// Generation counts how often the user has withdrawn their consent to the client. It
	// is only read.
	Generation Generation
	// Withdrawn is the scope that the user took away again, and that the sessions in the
	// client may not use any more.
	Withdrawn string
}

// MaxScopeBytes bounds a scope that is kept.
const MaxScopeBytes = 2048

// Consents reads consents.
type Consents interface {
	// ConsentOf returns ErrNotFound if the person has not consented to the client.
	ConsentOf(ctx context.Context, userID int64, clientID string) (Consent, error)
	// ListConsents returns the person's consents in order of client ID.
	ListConsents(ctx context.Context, userID int64) ([]Consent, error)
	// LastUse returns when a session of the user in the client was last used, as in
	// Session.LastUsedAt; zero if none is on record. It looks at no more than 1,000.
	LastUse(ctx context.Context, userID int64, clientID string) (time.Time, error)
}

// ConsentsTx changes consents.
type ConsentsTx interface {
	// PutConsent adds c, or replaces the person's consent to the same client. Withdrawn
	// counts for the sessions in the client from its commit on.
	PutConsent(c Consent) error
	// LockConsent returns the consent, or ErrNotFound. Other writers of the consent wait
	// until the transaction ends.
	LockConsent(userID int64, clientID string) (Consent, error)
	// DeleteConsent returns the consent that it has deleted, or ErrNotFound. The caller
	// ends what was founded on it (EndAll). Nothing is Withdrawn any more.
	DeleteConsent(userID int64, clientID string) (Consent, error)
}
