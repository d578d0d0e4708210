package main

import (
	"context"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"gatehouse/handlers/operators"
	"gatehouse/internal/cursor"
	"gatehouse/store"
)

func (c *cli) auditCommand() *cobra.Command {
	var q store.AuditQuery
	var since time.Duration
	var asJSON bool
	cmd := &cobra.Command{
		Use: "audit", Short: "Read the audit log, oldest first", Args: exactArgs(),
		Example: `  gatehouse audit --kind 'signin.*' --since 1h
  gatehouse audit --subject client:shop --json`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withCore(cmd.Context(), func(core *core) error {
				if since > 0 {
					q.Since = core.now().Add(-since)
				}
				return c.printAudit(cmd.Context(), core, q, asJSON)
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&q.Kind, "kind", "", "only events of this `kind`; it may end in *")
	f.StringVar(&q.Actor, "actor", "", "only what this `actor` did, such as user:SUB, client:ID or cli")
	f.StringVar(&q.Subject, "subject", "", "only what was done to this `subject`, such as user:SUB or key:KID")
	f.DurationVar(&since, "since", 0, "only events no older than this `duration`, such as 1h")
	f.IntVar(&q.Limit, "limit", cursor.DefaultLimit, "print at most this `number` of events, the newest ones")
	printsJSON(cmd, &asJSON, "print one JSON object per line")
	return cmd
}

func (c *cli) printAudit(ctx context.Context, core *core, q store.AuditQuery, asJSON bool) error {
	events, err := core.db.ListAudit(ctx, q)
	if err != nil {
		return err
	}
	slices.Reverse(events)
	list := c.newList(asJSON, "TIME", "KIND", "ACTOR", "SUBJECT", "IP", "DETAIL")
	for _, e := range events {
		err := list.add(operators.EventOf(e), e.At.UTC().Format(time.RFC3339), e.Kind, e.Actor, e.Subject, e.IP, string(e.Detail))
		if err != nil {
			return err
		}
	}
	return list.flush()
}
