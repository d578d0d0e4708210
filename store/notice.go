package store

import (
	"context"
	"time"
)

// A LogoutNotice is a back-channel logout that a client is owed (OIDC Back-Channel
// Logout 1.0).
type LogoutNotice struct {
	ID        int64
	ClientID  string
	Sub       string
	SessionID string
	// URI is the client's BackchannelLogoutURI when the session ended, for a client that
	// has been deleted since.
	URI       string
	CreatedAt time.Time
	Tries     int
	NextTry   time.Time
}

// Notices keeps back-channel logouts until they are delivered.
type Notices interface {
	// NoticedClients returns the clients that have notices due at now.
	NoticedClients(ctx context.Context, now time.Time) ([]string, error)
	// ClaimNotices returns at most n notices of the client that are due at now, those due
	// longest first, and sets their next try to again, so that each goes to one replica
	// only. A claim counts as a try, which Tries includes.
	ClaimNotices(ctx context.Context, clientID string, now, again time.Time, n int) ([]LogoutNotice, error)
	// PutOffNotice sets the next try of a notice that was not delivered.
	PutOffNotice(ctx context.Context, id int64, next time.Time) error
	// DropNotice forgets a notice that was delivered or given up.
	DropNotice(ctx context.Context, id int64) error
}

// NoticesTx adds notices in the transaction that ends the session.
type NoticesTx interface {
	AddNotice(n LogoutNotice) error
}
