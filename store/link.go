package store

import (
	"context"
	"strconv"
	"time"
)

// A LinkPurpose is what a one-time link is for. The values are on record, so they never
// change; they have at most 16 bytes.
type LinkPurpose string

// The purposes.
const (
	// LinkReset sets another password.
	LinkReset LinkPurpose = "reset"
	// LinkVerify proves the address that the person has.
	LinkVerify LinkPurpose = "verify"
	// LinkAddress proves another address, and makes it the person's.
	LinkAddress LinkPurpose = "address"
	// LinkInvite sets the first password.
	LinkInvite LinkPurpose = "invite"
	// LinkSignUp creates an account with an address that is proved.
	LinkSignUp LinkPurpose = "signup"
)

// A Link is a one-time link to a person. Its token has 256 random bits; only the digest
// is kept.
type Link struct {
	Digest  Digest
	Purpose LinkPurpose
	// UserID is the person; 0 if there is no account yet (LinkSignUp).
	UserID int64
	// Address is where the link was mailed; empty if it was shown to an administrator.
	Address string
	// AddressKey is the canonical form of the address that the person had when the link
	// was made or, without an account, of Address.
	AddressKey string
	// Generation is the person's when the link was made.
	Generation           Generation
	CreatedAt, ExpiresAt time.Time
}

// Slot is what a new link shares with the one that it replaces: the purpose and the
// person or, without one, the address.
func (l Link) Slot() Digest {
	if l.UserID == 0 {
		return DigestOf(string(l.Purpose) + " to " + l.AddressKey)
	}
	return DigestOf(string(l.Purpose) + " of " + strconv.FormatInt(l.UserID, 10))
}

// Links reads and sweeps one-time links.
type Links interface {
	// LinkByDigest returns a link that has not expired at that time, or ErrNotFound.
	LinkByDigest(ctx context.Context, d Digest, at time.Time) (Link, error)
	// SweepLinks deletes at most n links that expired before limit.
	SweepLinks(ctx context.Context, limit time.Time, n int) (int64, error)
}

// LinksTx makes and uses one-time links. They are deleted with their person.
type LinksTx interface {
	// PutLink adds l in place of the link with the same Slot, if there is one.
	PutLink(l Link) error
	// UseLink deletes a link that has not expired at that time, and reports true. Of any
	// number of concurrent callers, one gets true.
	UseLink(d Digest, at time.Time) (bool, error)
}
