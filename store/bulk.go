package store

import (
	"context"
	"time"
)

// A BulkJob is an act on many people that goes on by itself. A replica that works on it holds
// it for a while at a time.
type BulkJob struct {
	ID  string
	Act string
	// OwnerID and OwnerSub are of the administrator who began it.
	OwnerID  int64
	OwnerSub string
	// Filter says whom it concerns, and Position how far it has come; both are JSON.
	Filter, Position string
	// Expected is how many it concerned when it began. Changed, Skipped and Failed count those
	// whose turn has been.
	Expected, Changed, Skipped, Failed int64
	Outcome                            BulkOutcome
	CreatedAt, FinishedAt              time.Time
	Holder                             string
	HeldUntil                          time.Time
}

// Seen returns how many people have had their turn.
func (j BulkJob) Seen() int64 { return j.Changed + j.Skipped + j.Failed }

// A BulkOutcome says how a BulkJob ended.
type BulkOutcome string

// The outcomes. While a job goes on, it has none, or is told to stop.
const (
	BulkStopping BulkOutcome = "stopping"
	BulkDone     BulkOutcome = "done"
	BulkStopped  BulkOutcome = "stopped"
	// BulkRefused: the owner is not an administrator any more.
	BulkRefused BulkOutcome = "refused"
)

// BulkJobs keeps acts on many people.
type BulkJobs interface {
	// AddBulkJob adds j, and reports true, unless most jobs go on already.
	AddBulkJob(ctx context.Context, j BulkJob, most int) (bool, error)
	// BulkJobByID returns ErrNotFound for an unknown job.
	BulkJobByID(ctx context.Context, id string) (BulkJob, error)
	// ListBulkJobs returns at most n jobs, those that began last first.
	ListBulkJobs(ctx context.Context, n int) ([]BulkJob, error)
	// ClaimBulkJob returns a job that goes on and that no replica holds at now, held by
	// holder until then, or ErrNotFound. Of any number of callers, one gets it.
	ClaimBulkJob(ctx context.Context, holder string, now, until time.Time) (BulkJob, error)
	// SaveBulkJob writes the position and the counts of a job, and holds it until
	// j.HeldUntil. It returns the outcome as it is now, or ErrNotFound if j.Holder does not
	// hold the job any more.
	SaveBulkJob(ctx context.Context, j BulkJob) (BulkOutcome, error)
	// StopBulkJob tells a job to stop, and reports whether it went on.
	StopBulkJob(ctx context.Context, id string) (bool, error)
	// SweepBulkJobs deletes at most n jobs that finished before limit.
	SweepBulkJobs(ctx context.Context, limit time.Time, n int) (int64, error)
}

// BulkJobsTx ends acts on many people.
type BulkJobsTx interface {
	// FinishBulkJob writes the counts, the outcome and the time of the end of a job. It
	// reports false if j.Holder does not hold the job any more.
	FinishBulkJob(j BulkJob) (bool, error)
}
