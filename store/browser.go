package store

import (
	"context"
	"time"
)

// A BrowserSession is one person signed in at our own pages in one browser. The
// cookie has 256 random bits and is known here by its digest.
type BrowserSession struct {
	// ID names it in records; it is not the cookie.
	ID     string
	Cookie Digest
	UserID int64
	SignIn SignIn
	// LastSeenAt is up to a minute late. ExpiresAt is the absolute end.
	CreatedAt, LastSeenAt, ExpiresAt time.Time
	EndedAt                          time.Time
	IP, UserAgent                    string
}

// Browsers reads browser sessions.
type Browsers interface {
	// BrowserWithUser returns the browser session, living or ended, of a cookie and
	// its person, in one query, or ErrNotFound.
	BrowserWithUser(ctx context.Context, cookie Digest) (BrowserSession, User, error)
	// TouchBrowser notes that it was seen, and never goes back.
	TouchBrowser(ctx context.Context, id string, at time.Time) error
	// SweepBrowsers deletes at most n that ended or expired before limit, or were
	// last seen before idle.
	SweepBrowsers(ctx context.Context, limit, idle time.Time, n int) (int64, error)
}

// BrowsersTx changes browser sessions.
type BrowsersTx interface {
	// CreateBrowser returns ErrConflict if the ID or the cookie is taken.
	CreateBrowser(b BrowserSession) error
	// RenewBrowser gives the living one with b's ID and UserID b's cookie, SignIn,
	// LastSeenAt, ExpiresAt, IP and UserAgent, and reports whether there was one. The old cookie leads nowhere then.
	RenewBrowser(b BrowserSession) (bool, error)
	// EndBrowser ends a living one and reports whether this call did it. What was
	// asked for in it and founded no session yet (codes not redeemed, devices
	// approved) founds none any more. Who ends sessions as well ends them after
	// this, so that he finds those being founded.
	EndBrowser(id string, at time.Time) (bool, error)
	// EndBrowsers ends all of the person's but except (empty: all), with what was
	// asked for in them, as EndBrowser does.
	EndBrowsers(userID int64, except string, at time.Time) error
	// EndBrowserSessions ends all living app sessions that began in the browser
	// session, and returns them, ended. An empty browserID is no browser session.
	EndBrowserSessions(browserID, reason string, at time.Time) ([]Session, error)
}

// A Consent is what a person let an app have.
type Consent struct {
	UserID    int64
	ClientID  string
	Scope     string
	GrantedAt time.Time
}

// Consents reads consents.
type Consents interface {
	// ConsentOf returns ErrNotFound if there is none.
	ConsentOf(ctx context.Context, userID int64, clientID string) (Consent, error)
	// ListConsents returns a person's, by client.
	ListConsents(ctx context.Context, userID int64) ([]Consent, error)
}

// ConsentsTx changes consents.
type ConsentsTx interface {
	// PutConsent adds or replaces.
	PutConsent(c Consent) error
	// DeleteConsent reports whether there was one. The app's sessions of the person
	// end with it (reason "consent withdrawn"), and their IDs are returned; codes not
	// redeemed and devices approved for it found none any more.
	DeleteConsent(userID int64, clientID string, at time.Time) (bool, []string, error)
}
