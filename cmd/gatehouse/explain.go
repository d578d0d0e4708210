package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"gatehouse/handlers/operators"
	"gatehouse/internal/refusal"
	"gatehouse/store"
)

func (c *cli) explainCommand() *cobra.Command {
	var q store.RefusalQuery
	var last, asJSON bool
	cmd := &cobra.Command{
		Use: "explain [ID]", Short: "Say why a request was refused, and what mends it", Args: cobra.MaximumNArgs(1),
		Long: `Say why a request was refused, and what mends it. The ID is the end of the error_uri that the
app got, or the number of the request in the log and on the page. It is kept for 7 days what apps
sent, but never what people typed, and neither secrets nor tokens nor codes.`,
		Example: `  gatehouse explain --last
  gatehouse explain --client shop
  gatehouse explain --client shop --last --json
  gatehouse explain 5YQ2Q6W7J4R3ZK5N`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkExplain(args, q, last); err != nil {
				return fmt.Errorf("%w\nSee: %s --help", err, cmd.CommandPath())
			}
			if last {
				q.Limit = 1
			}
			return c.withCore(cmd.Context(), func(core *core) error {
				found, err := findRefusals(cmd.Context(), core, args, q)
				if err != nil {
					return err
				}
				return c.printRefusals(found, asJSON)
			})
		},
	}
	cmd.Flags().StringVar(&q.ClientID, "client", "", "the newest refusals of the app with this `client_id`, the oldest first")
	cmd.Flags().BoolVar(&last, "last", false, "the newest refusal of all")
	cmd.Flags().IntVar(&q.Limit, "limit", 5, "print at most this `number` of refusals, the newest ones")
	printsJSON(cmd, &asJSON, "print one JSON object per line")
	return cmd
}

// checkExplain wants an ID or a flag that selects, and not both.
func checkExplain(args []string, q store.RefusalQuery, last bool) error {
	switch selects := q.ClientID != "" || last; {
	case len(args) == 0 && !selects:
		return errors.New("an ID, --client or --last is missing")
	case len(args) > 0 && selects:
		return errors.New("an ID and --client or --last cannot be used together")
	case q.Limit < 1:
		return fmt.Errorf("--limit %d is less than 1", q.Limit)
	}
	return nil
}

func findRefusals(ctx context.Context, core *core, args []string, q store.RefusalQuery) ([]store.Refusal, error) {
	if len(args) == 0 {
		found, err := core.db.ListRefusals(ctx, q)
		if err == nil && len(found) == 0 {
			return nil, errors.New("nothing of that kind was refused in the last 7 days")
		}
		return found, err
	}
	id := args[0][strings.LastIndexByte(args[0], '/')+1:] // the whole error_uri will do
	found, err := core.db.RefusalByID(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		found, err = core.db.RefusalByRequest(ctx, id)
	}
	if errors.Is(err, store.ErrNotFound) {
		return nil, fmt.Errorf("%s is not a refusal of the last 7 days", id)
	}
	return []store.Refusal{found}, err
}

// printRefusals prints refusals that are given newest first, the oldest first.
func (c *cli) printRefusals(newestFirst []store.Refusal, asJSON bool) error {
	for i, r := range slices.Backward(newestFirst) {
		if asJSON {
			if err := c.json(operators.RefusalOf(r)); err != nil {
				return err
			}
			continue
		}
		if err := c.printRefusal(r); err != nil {
			return err
		}
		if i > 0 {
			_, _ = fmt.Fprintln(c.stdout)
		}
	}
	return nil
}

func (c *cli) printRefusal(r store.Refusal) error {
	about := refusal.Of(r.Kind)
	times := ""
	if r.Times > 1 {
		times = fmt.Sprintf("%d, the last at %s", r.Times, inUTC(r.LastAt))
	}
	person := ""
	if r.UserID != 0 {
		person = fmt.Sprintf("user %d", r.UserID)
	}
	var sent []string
	for _, p := range refusal.Parameters(r) {
		sent = append(sent, p.Name+"="+p.Value)
	}
	return c.printLines(
		line{"Refused", about.Title}, line{"At", inUTC(r.At)}, line{"Times", times}, line{"App", r.ClientID}, line{"Person", person},
		line{"Answer", strings.TrimSpace(r.Code + " at " + r.Endpoint)}, line{"Rule", about.Section}, line{"Parameter", about.Parameter},
		line{"Given", r.Given}, line{"Expected", r.Expected}, line{"Reason", r.Reason}, line{"Sent", strings.Join(sent, "\n")},
		line{"What to do", strings.Join(slices.Collect(wrap(about.Mend, width-14)), "\n")},
		line{"Network", r.Network}, line{"Request", r.RequestID}, line{"ID", r.ID},
	)
}
