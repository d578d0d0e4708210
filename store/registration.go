package store

import (
	"context"
	"time"
)

// A Registration is what is kept of a client that registered itself (RFC 7591), beside
// what every client has.
type Registration struct {
	// Token is the digest of its registration access token (RFC 7592 §1.2).
	Token Digest
	// ApplicationType is one of ApplicationTypes.
	ApplicationType string
	// From is the network from which it registered, if it counts there.
	From string
}

// The kinds of application (OpenID Connect Dynamic Client Registration 1.0 §2).
const (
	// WebApplication has a server, or is a page of one.
	WebApplication = "web"
	// NativeApplication runs on the device of the person who uses it.
	NativeApplication = "native"
)

// ApplicationTypes are the values of Registration.ApplicationType.
func ApplicationTypes() []string { return []string{NativeApplication, WebApplication} }

// A RegistrationToken is an initial access token, by which apps register (RFC 7591 §1.2).
type RegistrationToken struct {
	// ID names the token in commands and in the audit log.
	ID     string
	Digest Digest
	// Uses is how many apps have registered by it, and MaxUses how many may.
	Uses, MaxUses        int
	CreatedAt, ExpiresAt time.Time
}

// Registrations keeps what dynamic registration needs.
type Registrations interface {
	// ListRegistrationTokens returns at most limit tokens, the newest first, also those
	// that are used up or have expired, until they are swept.
	ListRegistrationTokens(ctx context.Context, limit int) ([]RegistrationToken, error)
	// SweepRegistrationTokens deletes at most n tokens that expired before limit.
	SweepRegistrationTokens(ctx context.Context, limit time.Time, n int) (int64, error)
	// UsedClients notes that clients were used at a time. It ignores those that were
	// used later, or do not exist.
	UsedClients(ctx context.Context, ids []string, at time.Time) error
	// UnusedClients returns the IDs of at most n clients that registered themselves, and
	// were not used since the time unused, or were never used and registered before never.
	// A client with a consent or a session counts as used when it registered. It leaves
	// out clients that are disabled.
	UnusedClients(ctx context.Context, never, unused time.Time, n int) ([]string, error)
}

// RegistrationsTx changes what dynamic registration needs.
type RegistrationsTx interface {
	// CreateRegistrationToken returns ErrConflict if the ID or the digest is taken.
	CreateRegistrationToken(t RegistrationToken) error
	// UseRegistrationToken counts one use of the token and returns it. It returns
	// ErrNotFound if the token does not exist, has expired or is used up. Of concurrent
	// callers no more than MaxUses succeed.
	UseRegistrationToken(token Digest, now time.Time) (RegistrationToken, error)
	// DeleteRegistrationToken returns ErrNotFound for an unknown ID.
	DeleteRegistrationToken(id string) error
	// RegisterClient is CreateClient, or ErrFull if room has no place for another client
	// that registered itself and was never used. Room.Client is for all of them, and
	// Room.Network for those of the client's network.
	RegisterClient(c Client, room Room) error
	// ForgetClient deletes a client without a session and a consent, and reports whether
	// it did. Requests that wait for a person expire by themselves. Nothing is left of the
	// client, so its ID must never be given again.
	ForgetClient(id string) (bool, error)
}
