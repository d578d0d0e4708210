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

// AuditLog reads and writes evidence.
type AuditLog interface {
	// Audit writes one event on its own, for an act without a transaction.
	Audit(ctx context.Context, e AuditEvent) error
	// ListAudit returns at most q.Limit events.
	ListAudit(ctx context.Context, q AuditQuery) ([]AuditEvent, error)
	// SweepAudit deletes at most n events from before limit, and returns how many.
	SweepAudit(ctx context.Context, limit time.Time, n int) (int64, error)
}
