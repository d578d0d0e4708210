package sweep

import (
	"context"
	"time"
)

// endedKeep is how long an ended session stays on record, for the list of sessions that
// support uses; the audit log goes back further.
const endedKeep = 24 * time.Hour

// spentKeep is how long codes and the like stay after their expiry. One that comes again
// is then recognised as used or expired rather than unknown, and a stolen code still ends
// the session that it started (RFC 6749 §4.1.2).
const spentKeep = time.Hour

// pushedKeep is how long a pushed request stays after its expiry, because a person who
// began it in time may take as long at our pages (package authorize).
const pushedKeep = 15 * time.Minute

// unusedKeep is how long a device code that was never used stays after its expiry, so that
// a device which still polls learns that it expired (RFC 8628 §3.5).
const unusedKeep = 5 * time.Minute

// revokedKeep is how long a revoked access token stays on record after its expiry, because
// the replicas' clocks may differ.
const revokedKeep = time.Minute

// mailKeep is more than how long a mail is tried (package mail). Where no server sends mail
// any more, what waited is deleted then.
const mailKeep = 48 * time.Hour

// refusalKeep is how long it is kept why requests were refused, and refusalsNewest how many of
// them at most, whatever their age.
const (
	refusalKeep    = 7 * 24 * time.Hour
	refusalsNewest = 10_000
)

// staleKeep is how long a document that describes a client stays after it should have been
// fetched again, if nothing needs the client: longer than a person may take at our pages.
const staleKeep = 30 * time.Minute

// hourlyKeep is how long the counts for plots stay.
const hourlyKeep = 90 * 24 * time.Hour

// bulkKeep is how long acts on many people are listed after their end.
const bulkKeep = 30 * 24 * time.Hour

// A rowSweep deletes at most n rows that expired before limit, and returns how many.
type rowSweep = func(ctx context.Context, limit time.Time, n int) (int64, error)

// A Database has the tables that grow.
type Database interface {
	SweepSessions(ctx context.Context, limit time.Time, n int) (int64, error)
	SweepCodes(ctx context.Context, limit time.Time, n int) (int64, error)
	SweepBrowsers(ctx context.Context, ended, idle time.Time, n int) (int64, error)
	SweepPushed(ctx context.Context, limit time.Time, n int) (int64, error)
	SweepDevices(ctx context.Context, limit, unused time.Time, n int) (int64, error)
	SweepClientDocuments(ctx context.Context, limit time.Time, n int) (int64, error)
	SweepUsedOnce(ctx context.Context, limit time.Time, n int) (int64, error)
	SweepChallenges(ctx context.Context, limit time.Time, n int) (int64, error)
	SweepLinks(ctx context.Context, limit time.Time, n int) (int64, error)
	SweepBootstraps(ctx context.Context, limit time.Time, n int) (int64, error)
	SweepRevokedTokens(ctx context.Context, limit time.Time, n int) (int64, error)
	SweepRegistrationTokens(ctx context.Context, limit time.Time, n int) (int64, error)
	SweepRefusals(ctx context.Context, limit time.Time, newest int64, n int) (int64, error)
	SweepMails(ctx context.Context, limit time.Time, n int) (int64, error)
	PartitionAudit(ctx context.Context, now time.Time, keep time.Duration) error
	SweepAudit(ctx context.Context, limit time.Time, n int) (int64, error)
	SweepBulkJobs(ctx context.Context, limit time.Time, n int) (int64, error)
	SweepHourly(ctx context.Context, limit time.Time, n int) (int64, error)
}

// Throttles keep the time of their own expiry.
type Throttles interface {
	SweepThrottles(ctx context.Context, n int) (int64, error)
}

// Tables returns the tables of db, each with the time that a row stays after its expiry. A
// browser session expires after browserIdle without use; audit events stay for auditKeep.
func Tables(db Database, throttles Throttles, browserIdle, auditKeep time.Duration) []Table {
	return []Table{
		{"sessions", after(endedKeep, db.SweepSessions)},
		{"auth_codes", after(spentKeep, db.SweepCodes)},
		{"browser_sessions", after(endedKeep, func(ctx context.Context, limit time.Time, n int) (int64, error) {
			return db.SweepBrowsers(ctx, limit, limit.Add(-browserIdle), n)
		})},
		{"pushed_requests", after(pushedKeep, db.SweepPushed)},
		{"device_grants", func(ctx context.Context, now time.Time, n int) (int64, error) {
			return db.SweepDevices(ctx, now.Add(-spentKeep), now.Add(-unusedKeep), n)
		}},
		{"client_documents", after(staleKeep, db.SweepClientDocuments)},
		{"used_once", after(spentKeep, db.SweepUsedOnce)},
		{"challenges", after(0, db.SweepChallenges)},
		{"links", after(0, db.SweepLinks)},
		{"bootstrap_links", after(spentKeep, db.SweepBootstraps)},
		{"revoked_tokens", after(revokedKeep, db.SweepRevokedTokens)},
		{"registration_tokens", after(spentKeep, db.SweepRegistrationTokens)},
		{"refusals", after(refusalKeep, func(ctx context.Context, limit time.Time, n int) (int64, error) {
			return db.SweepRefusals(ctx, limit, refusalsNewest, n)
		})},
		{"mails", after(mailKeep, db.SweepMails)},
		{"audit_partitions", func(ctx context.Context, now time.Time, _ int) (int64, error) {
			return 0, db.PartitionAudit(ctx, now, auditKeep)
		}},
		{"audit_log", after(auditKeep, db.SweepAudit)},
		{"hourly_counts", after(hourlyKeep, db.SweepHourly)},
		{"bulk_jobs", after(bulkKeep, db.SweepBulkJobs)},
		{"throttles", func(ctx context.Context, _ time.Time, n int) (int64, error) { return throttles.SweepThrottles(ctx, n) }},
	}
}

func after(keep time.Duration, sweep rowSweep) rowSweep {
	return func(ctx context.Context, now time.Time, n int) (int64, error) { return sweep(ctx, now.Add(-keep), n) }
}
