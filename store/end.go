package store

import (
	"context"
	"time"
)

// An EndReason says why a session ended. The audit log keeps it, so its values never
// change.
type EndReason string

// The reasons of ends.
const (
	// EndedLogout: the user signed out of a browser, or of a session.
	EndedLogout EndReason = "logout"
	// EndedByAnother: another user signed in at the browser.
	EndedByAnother EndReason = "another person signed in"
	// EndedByOwner and EndedByAdmin: the user, or an administrator, ended it from afar.
	EndedByOwner EndReason = "ended by owner"
	EndedByAdmin EndReason = "ended by admin"

	// EndedPassword, EndedDeactivated, EndedDeleted and EndedFactor: what happened to the user.
	EndedPassword    EndReason = "password changed"
	EndedDeactivated EndReason = "deactivated"
	EndedDeleted     EndReason = "deleted"
	EndedFactor      EndReason = "factor changed"

	// EndedConsent: the user withdrew their consent to the client.
	EndedConsent EndReason = "consent withdrawn"
	// EndedClientAuth and EndedClientDeleted: what happened to the client.
	EndedClientAuth    EndReason = "client authentication changed"
	EndedClientDeleted EndReason = "client deleted"

	// EndedLimit: another session of the user in the client needed the room.
	EndedLimit EndReason = "session limit"

	// EndedRevoked: the client revoked a token of the session (RFC 7009).
	EndedRevoked EndReason = "revoked"
	// EndedReuse and EndedReplay: a used refresh token or code came back (RFC 9700).
	EndedReuse  EndReason = "reuse"
	EndedReplay EndReason = "code replayed"

	// EndedEpoch: an epoch began.
	EndedEpoch EndReason = "epoch"
	// EndedWithAll: all that the session was founded on has ended, and the end of its
	// own row, with its reason, is still pending.
	EndedWithAll EndReason = "ended with all"
)

// An End names what ends: all that was founded on a user, on a client, on the consent
// of a user to a client, or on a browser session. It also gives the reason.
type End struct {
	// UserID and ClientID name a user, a client or, together, a consent. BrowserID alone
	// names a browser session.
	UserID    int64
	ClientID  string
	BrowserID string
	// Spare is a session of the user that stays, with the browser session in which it
	// began, or a browser session alone; empty: none does.
	Spare  string
	Reason EndReason
	At     time.Time
	// Actor and Sub are on record for what ends later: who acts, and the user's subject.
	Actor, Sub string
}

// EndAtOnce is how many sessions an End ends with its own transaction at most. If there
// are more, all of them follow.
const EndAtOnce = 100

// An EndResult says what an End did.
type EndResult struct {
	// Generation is what was raised, as it is now.
	Generation Generation
	// Sessions are those whose rows have ended, as they are now. Each is due an event.
	Sessions []Session
	// More is true if there are sessions whose rows follow. They are dead already.
	More bool
	// First is false if a browser session had ended before. Then the End does nothing.
	First bool
}

// IDs returns the IDs of the sessions.
func (r EndResult) IDs() []string {
	ids := make([]string, len(r.Sessions))
	for i, s := range r.Sessions {
		ids[i] = s.ID
	}
	return ids
}

// A PendingEnd is an End whose rows have not all been dealt with.
type PendingEnd struct {
	ID int64
	End
	Generation Generation
	// Gone: the user or client was deleted, so that their rows are deleted, too. A client
	// is sent its notices to LogoutURI.
	Gone      bool
	LogoutURI string
	// Sessions counts the sessions whose rows have ended so far.
	Sessions int64
}

// An EndStep says what ContinueEnd did.
type EndStep struct {
	// PendingEnd is the end with the sessions of this step counted.
	PendingEnd
	// Ended has the IDs of the sessions that the step ended. Rows counts all the rows.
	Ended []string
	Rows  int64
	// Done is true, once, after a last look a minute after the end, which finds what
	// transactions in progress had founded.
	Done bool
}

// Ends follows what has ended. An end takes effect at its commit, for every process at
// once and whatever the number of rows, because the queries of every use compare the
// Foundation. The rows follow: for lists, for notices to apps, and for replicas of the
// release before, which read nothing else.
type Ends interface {
	// NextEnd returns the pending end that is due for longest, or ErrNotFound.
	NextEnd(ctx context.Context, now time.Time) (PendingEnd, error)
	// PutOffEnd makes a pending end due later, so that one that fails does not hold up
	// the others.
	PutOffEnd(ctx context.Context, id int64, until time.Time) error
}

// EndsTx ends what was founded together. Everything that ends a living session also adds
// a LogoutNotice, due at once, if the app has a BackchannelLogoutURI: the app is owed a
// notice however the session ended.
type EndsTx interface {
	// EndAll raises the generation, which ends all that was founded on it. For a user, the
	// caller has locked them. The rows of at most EndAtOnce sessions end with it; codes,
	// devices, browser sessions and more sessions are left to ContinueEnd.
	EndAll(e End) (EndResult, error)
	// ContinueEnd ends or deletes at most n rows of each kind. It returns ErrNotFound if
	// another caller has finished the end.
	ContinueEnd(p PendingEnd, at time.Time, n int) (EndStep, error)
}
