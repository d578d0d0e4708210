package store

import (
	"context"
	"time"
)

// EpochReason is the EndReason of what an epoch ended.
const EpochReason = "epoch"

// Epochs knows since when what was issued counts. A database that was restored
// from a backup has forgotten what was ended and revoked since; beginning an epoch
// makes everything from before it void, which needs no knowledge of what that was.
//
// An epoch counts from its commit, for every process at once, because it is asked
// in the queries that are made anyway: SessionWithUser and BrowserWithUser return
// what somebody signed in to before it as ended (EpochReason), ListSessions leaves
// it out, CodeByDigest, DeviceByUserCode and DeviceByDeviceCode do not find what is
// older, and TokenRevoked reports true.
type Epochs interface {
	// Epoch returns when the last epoch began; zero: there was none.
	Epoch(ctx context.Context) (time.Time, error)
	// EndOutdated ends, or deletes, at most n of each kind of what was issued before
	// the last epoch, and returns how many: 0 when there is no more. Of that it only
	// cleans up, and owes apps the notices of the sessions that it ends. What a
	// wrong clock dated more than five minutes after at end with it.
	EndOutdated(ctx context.Context, at time.Time, n int) (int64, error)
}

// EpochTx begins epochs.
type EpochTx interface {
	// BeginEpoch makes all that was issued at or before the later of at and the
	// database's clock void, and returns when the epoch began. Links for the first
	// administrator and pushed requests are deleted with it. Epochs never go back; one
	// that began later stays.
	BeginEpoch(at time.Time) (time.Time, error)
}
