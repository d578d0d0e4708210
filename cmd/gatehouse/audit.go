package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"gatehouse/handlers/api"
	"gatehouse/internal/audit"
	"gatehouse/internal/authz"
	"gatehouse/internal/cursor"
	"gatehouse/store"
)

func (c *cli) auditCommand() *cobra.Command {
	var q store.AuditQuery
	var since, until string
	var follow, asJSON bool
	cmd := &cobra.Command{
		Use: "audit", Short: "Read the audit log, oldest first", Args: exactArgs(),
		Long: "Read the audit log, oldest first. The kinds of events are:\n\n" + kindsOfEvents(),
		Example: `  gatehouse audit --kind 'signin.*' --since 1h
  gatehouse audit --actor root --since 2026-11-01 --until 2026-11-02T12:00:00Z
  gatehouse audit --follow --kind 'token.*'
  gatehouse audit --subject client:shop --json`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := readTimes(&q, since, until); err != nil {
				return err
			}
			if err := checkAudit(q, follow); err != nil {
				return err
			}
			return c.withCore(cmd.Context(), func(core *core) (err error) {
				if q.Actor, err = actors.resolve(cmd.Context(), core, q.Actor); err != nil {
					return err
				}
				if q.Subject, err = subjects.resolve(cmd.Context(), core, q.Subject); err != nil {
					return err
				}
				if follow {
					return c.followAudit(cmd.Context(), core, q, asJSON)
				}
				return c.printAudit(cmd.Context(), core, q, asJSON)
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&q.Kind, "kind", "", "only events of this `kind`; it may end in *")
	f.StringVar(&q.Actor, "actor", "", "only what this `actor` did: a person's name, user:SUB, client:ID, "+strings.Join(actors.words, ", "))
	f.StringVar(&q.Subject, "subject", "", "only what was done to this `subject`: a person's name, user:SUB, client:ID or key:KID")
	f.StringVar(&since, "since", "", "only events from this `time` on: a duration before now, such as 1h, a date or an RFC 3339 time (UTC, if it names no zone)")
	f.StringVar(&until, "until", "", "only events before this `time`, likewise")
	f.BoolVarP(&follow, "follow", "f", false, "print new events as they come, until Ctrl-C")
	f.IntVar(&q.Limit, "limit", cursor.DefaultLimit, "print at most this `number` of events, the newest ones")
	printsJSON(cmd, &asJSON, "print one JSON object per line")
	return cmd
}

var (
	actors   = party{"actor", []string{authz.Operator.String(), audit.System, authz.Actor{}.String(), audit.Registration}}
	subjects = party{flag: "subject"}
)

func kindsOfEvents() string {
	return strings.Join(slices.Collect(wrap(strings.Join(audit.KindNames(), ", "), width)), "\n")
}

// checkAudit refuses what would print nothing, whatever is in the log.
func checkAudit(q store.AuditQuery, follow bool) error {
	switch {
	case q.Limit < 1:
		return fmt.Errorf("--limit %d is less than 1", q.Limit)
	case follow && !q.Until.IsZero():
		return errors.New("--follow and --until cannot be used together")
	case !q.Until.IsZero() && !q.Until.After(q.Since):
		return fmt.Errorf("--until %s is not after --since %s", inUTC(q.Until), inUTC(q.Since))
	}
	return checkKind(q.Kind)
}

// readTimes reads the values of --since and --until.
func readTimes(q *store.AuditQuery, since, until string) (err error) {
	at := now()
	if q.Since, err = readTime("since", since, at); err != nil {
		return err
	}
	q.Until, err = readTime("until", until, at)
	return err
}

// readTime returns the time that a flag names, or the zero time if it is empty.
func readTime(flag, text string, at time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if ago, err := time.ParseDuration(text); err == nil {
		if ago < 0 {
			return time.Time{}, fmt.Errorf("--%s %s is in the future", flag, ago)
		}
		return at.Add(-ago), nil
	}
	for _, form := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02"} {
		if moment, err := time.Parse(form, text); err == nil {
			return moment, nil
		}
	}
	return time.Time{}, fmt.Errorf("--%s %s is not a time: give a duration before now, such as 1h, a date such as 2026-11-01, or a time such as 2026-11-01T08:00:00Z", flag, text)
}

func (c *cli) printAudit(ctx context.Context, core *core, q store.AuditQuery, asJSON bool) error {
	events, err := core.db.ListAudit(ctx, q)
	if err != nil {
		return err
	}
	return c.newEvents(asJSON, false).addEvents(events)
}

// events is a list of events.
type events struct {
	*list
	// widths are those of the columns; 0 is as wide as needed.
	widths [6]int
}

// newEvents returns a list that is printed at once, or bit by bit: then the columns have
// the same width in every part.
func (c *cli) newEvents(asJSON, bitByBit bool) events {
	l := events{}
	if bitByBit {
		sub := len("user:6f1c6b0e-9d1b-4a9c-8a53-2f9d0c7f1e44")
		l.widths = [6]int{0, len("client.secret_rotated"), sub, sub, len("255.255.255.255"), 0}
	}
	l.list = c.newList(asJSON, l.padded("TIME", "KIND", "ACTOR", "SUBJECT", "IP", "DETAIL")...)
	return l
}

func (l events) padded(cells ...string) []string {
	for i := range cells {
		cells[i] = fmt.Sprintf("%-*s", l.widths[i], cells[i])
	}
	return cells
}

// addEvents prints events that are given newest first, the oldest first.
func (l events) addEvents(newestFirst []store.AuditEvent) error {
	for _, e := range slices.Backward(newestFirst) {
		cells := l.padded(inUTC(e.At), e.Kind, e.Actor, e.Subject, e.IP, string(e.Detail))
		if err := l.add(api.EventOf(e), texts(cells)...); err != nil {
			return err
		}
	}
	return l.flush()
}

func texts(cells []string) []any {
	all := make([]any, len(cells))
	for i, cell := range cells {
		all[i] = cell
	}
	return all
}
