package store

import (
	"context"
	"time"
)

// Epochs remembers the time before which everything issued is void. A database
// restored from a backup has forgotten what was ended and revoked since. Beginning
// an epoch makes all that is older void, without a record of what was lost.
//
// An epoch takes effect at its commit, for every process at once, because the
// queries of every request read it. SessionWithUser and BrowserWithUser return a
// session from an older sign-in as ended (EndedEpoch), and ListSessions omits it.
// CodeByDigest, DeviceByUserCode, DeviceByDeviceCode, LinkByDigest and UseLink do not
// find older records, and TokenRevoked reports true.
type Epochs interface {
	// Epoch returns when the last epoch began; zero if there has not been one.
	Epoch(ctx context.Context) (time.Time, error)
	// EndOutdated ends or deletes at most n records of each kind that were issued
	// before the last epoch, and returns how many; 0 means that it is done. These
	// records are void already: EndOutdated cleans up, and owes apps the notices of
	// the sessions that it ends. Records that a wrong clock dated more than five
	// minutes after at end with them.
	EndOutdated(ctx context.Context, at time.Time, n int) (int64, error)
}

// EpochTx begins epochs.
type EpochTx interface {
	// BeginEpoch makes void everything issued up to the later of at and the
	// database's clock, and returns when the epoch began. It also deletes links for
	// the first administrator, pushed requests and mail that waits, whose links are void. An epoch never moves back: one
	// that began later stays.
	BeginEpoch(at time.Time) (time.Time, error)
}
