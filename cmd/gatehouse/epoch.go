package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"gatehouse/internal/recovery"
)

func (c *cli) epochCommand() *cobra.Command {
	return group("epoch", "Make everything void that was issued before",
		"Make everything void that was issued before now. It is for a database that was restored from\na backup, and so has forgotten what was ended and revoked since.",
		c.epochBump(), c.epochShow())
}

// epochs are those of a database.
func (c *core) epochs() *recovery.Epochs {
	return &recovery.Epochs{DB: c.db, Clock: c.db.Clock, Now: c.now}
}

func (c *cli) epochBump() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "bump", Short: "End every session and make every token void", Args: takes(),
		Long: `Begin an epoch: whatever was issued until now is void. Every session and every
sign-in at our own pages ends, and with them codes, devices and links that wait
for somebody; access tokens are refused by every endpoint of Gatehouse. Everybody
signs in again.

Run it after the database was restored from a backup, before the servers start or
beside them: it counts for all of them at once. It may be run again. Signing keys
stay; for a stolen one there is: gatehouse keys retire. Servers that only look at
the signature of an access token go on taking it until it expires.`,
		Example: `  gatehouse epoch bump`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withCore(cmd.Context(), func(core *core) error {
				bump, err := core.epochs().Begin(cmd.Context(), "cli")
				if err != nil && !bump.Began.IsZero() {
					return fmt.Errorf("the epoch has begun and nothing from before counts, but %d rows were ended and then: %w; run it again to end the rest", bump.Ended, err)
				}
				if err != nil {
					return err
				}
				if asJSON {
					return c.json(bump)
				}
				c.say("a new epoch began at %s; nothing that was issued before counts. %d sessions, sign-ins, codes and devices were ended",
					bump.Began.Format(time.RFC3339Nano), bump.Ended)
				return nil
			})
		},
	}
	printsJSON(cmd, &asJSON, "print when it began and how much was ended as JSON")
	return cmd
}

func (c *cli) epochShow() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "show", Short: "Say when the last epoch began", Args: takes(),
		Long:    "Say since when what is issued counts.",
		Example: `  gatehouse epoch show --json`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withCore(cmd.Context(), func(core *core) error {
				began, err := core.db.Epoch(cmd.Context())
				if err != nil {
					return err
				}
				return c.showEpoch(began, asJSON)
			})
		},
	}
	printsJSON(cmd, &asJSON, "print it as JSON; began is null if there was none")
	return cmd
}

func (c *cli) showEpoch(began time.Time, asJSON bool) error {
	var text *string
	if !began.IsZero() {
		formatted := began.Format(time.RFC3339Nano)
		text = &formatted
	}
	switch {
	case asJSON:
		return c.json(struct {
			Began *string `json:"began"`
		}{text})
	case text == nil:
		c.say("there was no epoch yet: whatever was issued counts as long as it lives")
	default:
		_, err := fmt.Fprintln(c.stdout, *text)
		return err
	}
	return nil
}
