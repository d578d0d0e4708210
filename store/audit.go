package store

import (
	"context"
	"time"
)

// An AuditEvent is one line of evidence. It holds IDs, never secrets.
type AuditEvent struct {
	ID int64
	At time.Time
	// Kind never changes its meaning: "signin.ok", "user.updated", … (internal/audit).
	Kind string
	// Actor is who did it: "user:<sub>", "client:<id>", "cli", "system", "anonymous", or, of
	// an app that registers itself, "registration" or "registration:<token>".
	Actor string
	// Subject is the person or thing acted on: "user:<sub>", "client:<id>", "key:<kid>",
	// "registration:<token>" or empty.
	Subject   string
	SessionID string
	ClientID  string
	IP        string
	RequestID string
	// Detail is a JSON object with the members of the kind, such as before and after.
	Detail []byte
}

// An AuditQuery selects events, newest first.
type AuditQuery struct {
	Kind, Actor, Subject string    // empty: any; Kind may end in "*"
	RequestID            string    // empty: any
	Since, Until         time.Time // zero: any; Until is exclusive
	// Before is the ID of the last event of the previous page; 0: the first page.
	Before int64
	Limit  int
}

// AuditCommit is how long an event may take from its ID to its commit, at most: no event
// appears with an ID below one that was already there that long ago.
const AuditCommit = 10 * time.Second

// AuditSplit divides the audit log in two: new events get IDs above it. Those up to it are
// from the release before, which gives such IDs for as long as one of its replicas runs. It is
// more than anybody's log had come to, and leaves all but one in 8,192 of the numbers that
// JSON has room for (2^53).
const AuditSplit = 1 << 40

// An AuditDelivery is how far a part of the audit log has been written to its sink.
type AuditDelivery struct {
	// Through is the ID up to which every event of the part is there, and Newest the highest
	// one in it; 0: none.
	Through, Newest int64
	// Waiting is when the first event above Through happened; zero if there is none.
	Waiting time.Time
}

// AuditLog reads and writes evidence.
type AuditLog interface {
	// Audit writes one event on its own, for an act without a transaction.
	Audit(ctx context.Context, e AuditEvent) error
	// ListAudit returns at most q.Limit events.
	ListAudit(ctx context.Context, q AuditQuery) ([]AuditEvent, error)
	// AuditAfter returns at most n events with IDs above id, in the order of their IDs, of the
	// part of the log in which id is: up to AuditSplit if id is below it.
	AuditAfter(ctx context.Context, id int64, n int) ([]AuditEvent, error)
	// AuditDelivery returns how far each part of the log was delivered, that of the release
	// before first, or ErrNotFound if that never began.
	AuditDelivery(ctx context.Context) ([]AuditDelivery, error)
	// BeginAuditDelivery begins to deliver behind the newest events, unless it had begun.
	BeginAuditDelivery(ctx context.Context) error
	// AuditDelivered records that the events above from, up to through, are delivered, in one
	// step; both are of one part of the log. It reports false, and changes nothing, if the
	// delivery is not at from: another replica has delivered them.
	AuditDelivered(ctx context.Context, from, through int64) (bool, error)
	// PartitionAudit, where a database can drop old events together, makes room for that ahead
	// of now, and drops those that are all older than keep. It returns ErrUnavailable if
	// somebody holds the log for longer than others should wait.
	PartitionAudit(ctx context.Context, now time.Time, keep time.Duration) error
	// SweepAudit deletes at most n events from before limit, and returns how many. It leaves
	// those to PartitionAudit which that will drop.
	SweepAudit(ctx context.Context, limit time.Time, n int) (int64, error)
}
