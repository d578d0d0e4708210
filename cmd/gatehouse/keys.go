package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"gatehouse/handlers/operators"
	"gatehouse/keys"
)

func (c *cli) keysCommand() *cobra.Command {
	return group("keys", "Manage signing keys", "Manage signing keys, in the database that the server uses; it may be running. Its replicas follow within a second.",
		c.keysList(), c.keysRotate(), c.keysRetire(), c.keysRewrap())
}

// withRing opens the signing keys for the length of f. Where there are none it
// does not make the first: that is for a server to do, and to say so is faster.
func (c *cli) withRing(ctx context.Context, none error, f func(*keys.Ring) error) error {
	return c.withCore(ctx, func(core *core) error {
		known, err := core.db.SigningKeys(ctx)
		if err != nil {
			return err
		}
		if len(known) == 0 {
			return none
		}
		ring, _, err := core.openRing(ctx)
		if err != nil {
			return err
		}
		defer ring.Close()
		return f(ring)
	})
}

var errNoKeys = errors.New("there are no signing keys yet; the first start of the server makes one: gatehouse serve")

func (c *cli) keysList() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list", Short: "List the keys and what each does", Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			err := c.withRing(cmd.Context(), errNoKeys, func(ring *keys.Ring) error { return c.listKeys(cmd.Context(), ring, asJSON) })
			if errors.Is(err, errNoKeys) {
				c.say("%v", errNoKeys)
				return nil // an empty list is no failure
			}
			return err
		},
	}
	printsJSON(cmd, &asJSON, "print one JSON object per line")
	return cmd
}

func (c *cli) listKeys(ctx context.Context, ring *keys.Ring, asJSON bool) error {
	all, err := ring.List(ctx)
	if err != nil {
		return err
	}
	list := c.newList(asJSON, "KID", "GENERATION", "STATE", "SIGNS FROM", "GONE AT")
	for _, k := range all {
		gone := "-"
		if !k.GoneAt.IsZero() {
			gone = k.GoneAt.UTC().Format(time.RFC3339)
		}
		if err := list.add(operators.KeyOf(k), k.ID, k.Generation, k.State, k.SignFrom.UTC().Format(time.RFC3339), gone); err != nil {
			return err
		}
	}
	return list.flush()
}

func (c *cli) keysRotate() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "rotate", Short: "Publish the next key", Args: takes(),
		Long: "Publish the next key. It signs once every verifier has had time to fetch it\n(KEY_PUBLISH_LEAD). If one is on its way already, it is that one.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withRing(cmd.Context(), errNoKeys, func(ring *keys.Ring) error {
				next, err := ring.Rotate(cmd.Context(), "cli")
				if err != nil {
					return err
				}
				if asJSON {
					return c.json(operators.KeyOf(next))
				}
				was := "is"
				if next.Already {
					was = "was already"
				}
				c.say("key %s %s published and signs from %s", next.ID, was, next.SignFrom.UTC().Format(time.RFC3339))
				return nil
			})
		},
	}
	printsJSON(cmd, &asJSON, "print the key as JSON")
	return cmd
}

func (c *cli) keysRewrap() *cobra.Command {
	return &cobra.Command{
		Use: "rewrap", Short: "Seal the keys under a new master key", Args: takes(),
		Long: "Seal the signing keys under GATEHOUSE_MASTER_KEY, where they are under\nGATEHOUSE_MASTER_KEY_PREVIOUS. Every replica must know both by then. Nobody notices:\nthe keys stay the same, and so do tokens and the key set. It returns once every\nreplica has had its reading of them.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withRing(cmd.Context(), errNoKeys, func(ring *keys.Ring) error {
				done, err := ring.Rewrap(cmd.Context(), "cli")
				if err != nil {
					return err
				}
				if done.Changed == 0 {
					c.say("all %d signing keys are sealed under master key %s already", done.Keys, done.Master)
					return keys.Settle(cmd.Context()) // perhaps since a moment ago
				}
				c.say("%d signing keys are now sealed under master key %s", done.Changed, done.Master)
				if err := keys.Settle(cmd.Context()); err != nil {
					return err
				}
				c.say("Every running replica has had %s to follow. In a quarter of an hour GATEHOUSE_MASTER_KEY_PREVIOUS may be taken away.", keys.Settled)
				c.say("Keep the key as long as the backups from before.")
				return nil
			})
		},
	}
}

func (c *cli) keysRetire() *cobra.Command {
	return &cobra.Command{
		Use: "retire KID", Short: "Withdraw a stolen key at once", Args: takes("KID"),
		Long: "Withdraw a stolen key at once. Tokens that it signed are worth nothing from now on:\npeople sign in again. Another key takes over.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.withRing(cmd.Context(), errNoKeys, func(ring *keys.Ring) error {
				err := ring.Retire(cmd.Context(), args[0], "cli")
				if errors.Is(err, keys.ErrUnknownKey) {
					return fmt.Errorf("no key has the ID %q; see: gatehouse keys list", args[0])
				}
				if err != nil {
					return err
				}
				c.say("key %s is retired", args[0])
				return nil
			})
		},
	}
}
