package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"gatehouse/handlers/accounts"
	"gatehouse/internal/authz"
	"gatehouse/store"
)

func (c *cli) userSessions() *cobra.Command {
	var end string
	var endAll, asJSON bool
	cmd := &cobra.Command{
		Use: "sessions NAME", Short: "List a person's sessions, or end them", Args: exactArgs("NAME"),
		Long: "List a person's living sessions, the newest first and at most 1,000 of them, or end one or\nall of them. An ended session is out within a second in every app that asks Gatehouse." + whoIsMeant + " The sub is accepted as well.",
		Example: `  gatehouse user sessions ann
  gatehouse user sessions ann --end 7ZQKJ4WZ6Q3M5N2R8T0V1X3Y5A
  gatehouse user sessions ann --end-all`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if end != "" && endAll {
				return errors.New("--end and --end-all cannot be used together")
			}
			return c.withCore(cmd.Context(), func(core *core) error {
				u, err := findUserOrSub(cmd.Context(), core, args[0])
				switch {
				case err != nil:
					return err
				case end != "":
					return c.endSession(cmd.Context(), core, u, end)
				case endAll:
					return c.endSessions(cmd.Context(), core, u)
				}
				return c.listSessions(cmd.Context(), core, u, asJSON)
			})
		},
	}
	cmd.Flags().StringVar(&end, "end", "", "end the session with this `ID`")
	cmd.Flags().BoolVar(&endAll, "end-all", false, "end all sessions, and sign the person out of Gatehouse's own pages in every browser")
	printsJSON(cmd, &asJSON, "print one JSON object per line")
	return cmd
}

func (c *cli) listSessions(ctx context.Context, core *core, of store.User, asJSON bool) error {
	living, err := core.sessions.List(ctx, of.ID)
	if err != nil {
		return err
	}
	list := c.newList(asJSON, "ID", "APP", "SCOPE", "SINCE", "LAST USED", "EXPIRES", "IP", "USER AGENT")
	for _, s := range living {
		err := list.add(accounts.SessionOf(s), s.ID, s.ClientID, s.Scope, inUTC(s.CreatedAt), inUTC(s.LastUsedAt), inUTC(s.ExpiresAt), s.IP, s.UserAgent)
		if err != nil {
			return err
		}
	}
	return list.flush()
}

func inUTC(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func (c *cli) endSession(ctx context.Context, core *core, of store.User, sid string) error {
	ended, err := core.sessions.End(ctx, authz.Operator.String(), sid, of.ID, store.EndedByAdmin)
	if err != nil {
		return err
	}
	if !ended {
		return fmt.Errorf("%s has no living session %s; see: gatehouse user sessions %s", of.Username, sid, of.Username)
	}
	c.say("session %s of %s has ended", sid, of.Username)
	return nil
}

func (c *cli) endSessions(ctx context.Context, core *core, of store.User) error {
	ended, err := core.sessions.EndAll(ctx, authz.Operator.String(), of.ID, "", store.EndedByAdmin)
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("%s was deleted a moment ago", of.Username)
	}
	if err != nil {
		return err
	}
	number := counted(len(ended.Sessions), "session")
	if ended.More {
		number = fmt.Sprintf("every session of more than %d", store.EndAtOnce)
	}
	c.say("%s ended, and %s is signed out of Gatehouse's own pages", number, of.Username)
	return nil
}

// counted returns a number of things in words.
func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
