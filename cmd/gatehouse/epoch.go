package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"gatehouse/internal/recovery"
)

func (c *cli) epochCommand() *cobra.Command {
	return group("epoch", "Void everything that was issued before",
		"Void everything that was issued before now. This is for a database that was restored from\na backup and so has lost what was ended and revoked since.",
		c.epochBump(), c.epochShow())
}

// epochs returns the epochs of the database.
func (c *core) epochs() *recovery.Epochs {
	return &recovery.Epochs{DB: c.db, Clock: c.db.Clock, Now: c.now}
}

func (c *cli) epochBump() *cobra.Command {
	var ask confirmation
	var asJSON bool
	cmd := &cobra.Command{
		Use: "bump", Short: "End every session and void every token", Args: exactArgs(),
		Long: `Begin an epoch: everything that was issued until now is void. Every session and every
sign-in at Gatehouse's own pages ends, and so do pending codes, devices and links.
Every endpoint of Gatehouse refuses the old access tokens, so everybody signs in again.

Run it after the database was restored from a backup, before the servers start or
while they run: it takes effect in all of them at once. It may be run again. Signing
keys stay; withdraw a stolen one with: gatehouse keys retire. An API that checks only
the signature of an access token keeps accepting it until it expires.

This cannot be undone, so the command asks on a terminal.`,
		Example: `  gatehouse epoch bump
  gatehouse epoch bump --yes`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withCore(cmd.Context(), func(core *core) error {
				err := c.confirm(cmd.Context(), ask, func() (string, error) {
					living, err := core.sessionsInWords(cmd.Context(), "")
					return "Everything that was issued until now will be void: everybody signs in again, and " + living + " will end." + forGood, err
				})
				if err != nil {
					return err
				}
				bump, err := core.epochs().Begin(cmd.Context(), "cli")
				if err != nil && !bump.Began.IsZero() {
					return fmt.Errorf("the epoch has begun and nothing that was issued before counts, but after %d rows had been ended: %w; run it again to end the rest", bump.Ended, err)
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
	ask.add(cmd)
	printsJSON(cmd, &asJSON, "print as JSON when the epoch began and how much was ended")
	return cmd
}

func (c *cli) epochShow() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "show", Short: "Print when the last epoch began", Args: exactArgs(),
		Long:    "Print when the last epoch began. Nothing that was issued before counts.",
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
	printsJSON(cmd, &asJSON, "print JSON; began is null if there has been no epoch")
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
		c.say("no epoch has begun yet: everything that was issued counts until it expires")
	default:
		_, err := fmt.Fprintln(c.stdout, *text)
		return err
	}
	return nil
}
