package rescue

import (
	"context"
	"time"

	"gatehouse/internal/finding"
)

// sweptWithin is how long after its time a partition may be made or dropped: more than a dump
// takes, which holds it up.
const sweptWithin = 24 * time.Hour

// auditLog looks whether partitions of the audit log are made and dropped.
func (d examined) auditLog(ctx context.Context, e Examination, found *finding.List) {
	const (
		check = "database audit log"
		grant = "GRANT ALTER, CREATE, INSERT, DROP on the table audit_log to the servers' account"
	)
	now := e.Now()
	state, err := d.AuditState(ctx, now, e.AuditKeep)
	switch {
	case err != nil: // the schema is older, which has been reported
	case state.Partitions == 0:
		found.Warn(check, "partition it again, as docs/operations.md says (Sizing)", "audit_log has no partitions: old events are deleted row by row")
	case state.Crowded && state.Last.Before(now):
		found.Warn(check, grant+"; then in a quiet hour, because nobody can sign in meanwhile: "+state.Split,
			"the partition without an end has more events than servers can move to others: old ones are deleted row by row")
	case !state.Waiting.IsZero() && state.Last.Before(now) && now.Sub(state.Waiting) > sweptWithin:
		found.Warn(check, grant, "no partitions are made for new events, so that old ones are deleted row by row")
	case !state.First.IsZero() && now.Sub(state.First) > e.AuditKeep+sweptWithin:
		found.Warn(check, grant+"; see the log of the servers, too: a transaction that never ends holds the table up",
			"events from before %s were not dropped, though GATEHOUSE_AUDIT_KEEP is %s", state.First.Format(time.RFC3339), e.AuditKeep)
	case state.Last.IsZero():
		found.OK(check, "the first start of a server makes its partitions")
	default:
		found.OK(check, "%d partitions, up to %s", state.Partitions, state.Last.Format(time.RFC3339))
	}
}
