package store

import (
	"context"
	"time"
)

// A Refusal is why a request was refused, for those who look for the mistake. It holds what
// an app sent, never what a person typed, and neither secrets nor tokens nor codes.
type Refusal struct {
	// Seq orders refusals; the database gives it.
	Seq int64
	// ID is random, and what callers are told. RequestID is the one in the log.
	ID, RequestID string
	At            time.Time
	// LastAt and Times are of this refusal and of those like it that were only counted.
	LastAt time.Time
	Times  int64
	// Kind is one of package refusal, and Code what the caller got.
	Kind, Code string
	// Endpoint is the path template that refused.
	Endpoint string
	// ClientID is that of a known client, or empty.
	ClientID string
	// UserID is the person whom it concerns; 0: nobody, or unknown.
	UserID  int64
	Network string
	// Reason is for administrators alone.
	Reason          string
	Given, Expected string
	// Parameters is a JSON object of what the app sent.
	Parameters []byte
}

// A RefusalAgain counts refusals like one that is kept.
type RefusalAgain struct {
	ID    string
	At    time.Time
	Times int64
}

// A RefusalQuery selects refusals, newest first.
type RefusalQuery struct {
	// Client and Kind are empty for any.
	ClientID, Kind string
	// Before is the Seq of the last refusal of the previous page; 0: the first page.
	Before int64
	Limit  int
}

// A RefusalGroup is the refusals of one kind and app.
type RefusalGroup struct {
	Kind, ClientID string
	Times          int64
	LastAt         time.Time
	// LastSeq is the Seq of the newest one that is kept.
	LastSeq int64
}

// RefusalLog keeps refusals for a while. There are few, because those who record them bound
// their number.
type RefusalLog interface {
	// KeepRefusals adds refusals and counts others, in one transaction. It adds none about a
	// person who has been deleted, and ignores a count for one that is not there.
	KeepRefusals(ctx context.Context, kept []Refusal, again []RefusalAgain) error
	// RefusalBySeq returns one refusal, or ErrNotFound. RefusalByID finds it by its ID, and
	// RefusalByRequest by that of its request.
	RefusalBySeq(ctx context.Context, seq int64) (Refusal, error)
	RefusalByID(ctx context.Context, id string) (Refusal, error)
	RefusalByRequest(ctx context.Context, requestID string) (Refusal, error)
	// ListRefusals returns at most q.Limit refusals.
	ListRefusals(ctx context.Context, q RefusalQuery) ([]Refusal, error)
	// GroupRefusals returns at most n groups of those since a time, the largest first.
	GroupRefusals(ctx context.Context, since time.Time, n int) ([]RefusalGroup, error)
	// SweepRefusals deletes at most n refusals from before limit, or that are not among the
	// newest, and returns how many.
	SweepRefusals(ctx context.Context, limit time.Time, newest int64, n int) (int64, error)
}
