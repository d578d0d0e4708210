package store

import (
	"context"
	"time"
)

// A PushedRequest is an authorization request that a client pushed (RFC 9126).
// Its request_uri has 256 random bits and is known here by its digest.
type PushedRequest struct {
	Digest   Digest
	ClientID string
	// Parameters are form-urlencoded.
	Parameters string
	ExpiresAt  time.Time
}

// A DeviceStatus says how far a device authorization is.
type DeviceStatus string

// The states of a device authorization.
const (
	DevicePending  DeviceStatus = "pending"
	DeviceApproved DeviceStatus = "approved"
	DeviceDenied   DeviceStatus = "denied"
	DeviceUsed     DeviceStatus = "used"
)

// A DeviceGrant is a device authorization (RFC 8628).
type DeviceGrant struct {
	Device Digest // of device_code, 256 bits
	User   Digest // of the canonical user_code
	// SessionID is the session that redeeming it founds.
	SessionID string
	ClientID  string
	Scope     string
	Status    DeviceStatus
	// UserID, BrowserID, AuthTime and AMR are of the person who approved.
	UserID    int64
	BrowserID string
	AuthTime  time.Time
	AMR       []string
	// IP is where the device is; the page shows it.
	IP        string
	CreatedAt time.Time
	ExpiresAt time.Time
	// Interval is the seconds a device waits between polls; PolledAt the last poll.
	Interval int
	PolledAt time.Time
}

// Pending keeps what waits for somebody: pushed requests, devices, and the marks
// of what may be used once.
type Pending interface {
	AddPushed(ctx context.Context, p PushedRequest) error
	// PushedByDigest returns ErrNotFound for one that never was or was deleted.
	PushedByDigest(ctx context.Context, d Digest) (PushedRequest, error)
	DeletePushed(ctx context.Context, d Digest) error

	// AddDevice returns ErrConflict if one of the codes is taken.
	AddDevice(ctx context.Context, g DeviceGrant) error
	DeviceByUserCode(ctx context.Context, user Digest) (DeviceGrant, error)
	DeviceByDeviceCode(ctx context.Context, device Digest) (DeviceGrant, error)
	// DecideDevice moves a pending, unexpired grant to approved or denied, with the
	// person of g, and reports whether this call did it: one decides.
	DecideDevice(ctx context.Context, g DeviceGrant, now time.Time) (bool, error)
	// PollDevice notes a poll at now and reports whether the interval had passed
	// since the one before; if not, the interval grows by five seconds (RFC 8628
	// §3.5). It returns ErrNotFound for a device that never was or was deleted.
	PollDevice(ctx context.Context, device Digest, now time.Time) (bool, error)

	// UseOnce marks key used until expires, and reports true to the first caller
	// alone: jti of client assertions and the like.
	UseOnce(ctx context.Context, key Digest, expires time.Time) (bool, error)

	// SweepPending deletes at most n of each that expired before limit.
	SweepPending(ctx context.Context, limit time.Time, n int) (int64, error)
}

// PendingTx redeems devices.
type PendingTx interface {
	// UseDevice moves an approved grant to used and reports true, once (see CodesTx.UseCode).
	UseDevice(device Digest) (bool, error)
}

// A LogoutNotice is a back-channel logout that a client is owed (OIDC Back-Channel
// Logout 1.0).
type LogoutNotice struct {
	ID        int64
	ClientID  string
	Sub       string
	SessionID string
	CreatedAt time.Time
	Tries     int
	NextTry   time.Time
}

// Notices keeps back-channel logouts until they are delivered.
type Notices interface {
	// ClaimNotices returns at most n notices that are due at now, and puts their
	// next try off to again: of several replicas one gets each. A claim counts as
	// a try; Tries has it.
	ClaimNotices(ctx context.Context, now, again time.Time, n int) ([]LogoutNotice, error)
	// PutOffNotice puts the next try of one that was not delivered off to next.
	PutOffNotice(ctx context.Context, id int64, next time.Time) error
	// DropNotice forgets one that was delivered or given up.
	DropNotice(ctx context.Context, id int64) error
}

// NoticesTx owes notices in the transaction that ends the session.
type NoticesTx interface {
	AddNotice(n LogoutNotice) error
}
