package store

import (
	"context"
	"time"
)

// A DeviceStatus is the state of a device authorization.
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
	// SessionID is the session that redeeming the grant starts.
	SessionID string
	ClientID  string
	Scope     string
	// Resources are the identifiers of the APIs that the request named (RFC 8707); empty:
	// none, so that Scope decides.
	Resources []string
	// Withdrawn is as in Session, and only read.
	Withdrawn string
	Status    DeviceStatus
	// UserID, BrowserID and SignIn are those of the person who decided.
	UserID    int64
	BrowserID string
	SignIn    SignIn
	// Foundation has the client's generation from the start, and those of the person and
	// the consent, which may be Unread, from the decision.
	Foundation Foundation
	// IP is the device's address, which the page shows, and Network its network, if the
	// grant counts there; see Room.
	IP, Network string
	CreatedAt   time.Time
	ExpiresAt   time.Time
	// Interval is the number of seconds that a device waits between polls; PolledAt
	// is the time of the last poll.
	Interval int
	PolledAt time.Time
}

// Devices keeps device authorizations.
type Devices interface {
	// AddDevice returns ErrConflict if one of the codes is taken, and ErrFull if room has
	// no place for another pending grant.
	AddDevice(ctx context.Context, g DeviceGrant, room Room) error
	// DeviceByUserCode and DeviceByDeviceCode return ErrNotFound for an unknown or
	// deleted device. An approval that is dead, as its Foundation is or as its browser
	// session has ended, is returned as denied.
	DeviceByUserCode(ctx context.Context, user Digest) (DeviceGrant, error)
	DeviceByDeviceCode(ctx context.Context, device Digest) (DeviceGrant, error)
	// PollDevice records a poll at now and reports whether the interval had passed
	// since the previous one; if not, the interval grows by five seconds (RFC 8628
	// §3.5). It returns ErrNotFound for an unknown or deleted device.
	PollDevice(ctx context.Context, device Digest, now time.Time) (bool, error)
	// SweepDevices deletes at most n devices that expired before limit, or, if they were
	// never used, before unused.
	SweepDevices(ctx context.Context, limit, unused time.Time, n int) (int64, error)
}

// DevicesTx decides on devices and redeems them.
type DevicesTx interface {
	// DecideDevice moves a pending, unexpired grant to approved or denied, with the
	// person of g, and reports whether this call did it. Of concurrent calls, one decides.
	DecideDevice(g DeviceGrant, now time.Time) (bool, error)
	// UseDevice moves an approved grant to used and reports true, once (see CodesTx.UseCode).
	UseDevice(device Digest) (bool, error)
}
