package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"gatehouse/handlers/operators"
	"gatehouse/internal/audit"
	"gatehouse/internal/authz"
	"gatehouse/internal/cursor"
	"gatehouse/store"
)

func (c *cli) auditCommand() *cobra.Command {
	var q store.AuditQuery
	var since time.Duration
	var asJSON bool
	cmd := &cobra.Command{
		Use: "audit", Short: "Read the audit log, oldest first", Args: exactArgs(),
		Long: "Read the audit log, oldest first. The kinds of events are:\n\n" + kindsOfEvents(),
		Example: `  gatehouse audit --kind 'signin.*' --since 1h
  gatehouse audit --actor root
  gatehouse audit --subject client:shop --json`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkAudit(q, since); err != nil {
				return err
			}
			return c.withCore(cmd.Context(), func(core *core) (err error) {
				if q.Actor, err = actors.resolve(cmd.Context(), core, q.Actor); err != nil {
					return err
				}
				if q.Subject, err = subjects.resolve(cmd.Context(), core, q.Subject); err != nil {
					return err
				}
				if since > 0 {
					q.Since = core.now().Add(-since)
				}
				return c.printAudit(cmd.Context(), core, q, asJSON)
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&q.Kind, "kind", "", "only events of this `kind`; it may end in *")
	f.StringVar(&q.Actor, "actor", "", "only what this `actor` did: a person's name, user:SUB, client:ID, "+strings.Join(actors.words, ", "))
	f.StringVar(&q.Subject, "subject", "", "only what was done to this `subject`: a person's name, user:SUB, client:ID or key:KID")
	f.DurationVar(&since, "since", 0, "only events no older than this `duration`, such as 1h")
	f.IntVar(&q.Limit, "limit", cursor.DefaultLimit, "print at most this `number` of events, the newest ones")
	printsJSON(cmd, &asJSON, "print one JSON object per line")
	return cmd
}

var (
	actors   = party{"actor", []string{authz.Operator.String(), audit.System, authz.Actor{}.String()}}
	subjects = party{flag: "subject"}
)

func kindsOfEvents() string {
	return strings.Join(slices.Collect(wrap(strings.Join(audit.KindNames(), ", "), width)), "\n")
}

// checkAudit refuses what would print nothing, whatever is in the log.
func checkAudit(q store.AuditQuery, since time.Duration) error {
	switch {
	case q.Limit < 1:
		return fmt.Errorf("--limit %d is less than 1", q.Limit)
	case since < 0:
		return fmt.Errorf("--since %s is in the future", since)
	}
	return checkKind(q.Kind)
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
