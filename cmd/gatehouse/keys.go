package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"gatehouse/handlers/operators"
	"gatehouse/internal/attribute"
	"gatehouse/internal/fields"
	"gatehouse/keys"
	"gatehouse/store"
)

func (c *cli) keysCommand() *cobra.Command {
	return group("keys", "Manage signing keys", "Manage signing keys in the database that the server uses. The server may be running; its replicas follow within a second.",
		c.keysList(), c.keysRotate(), c.keysRetire(), c.keysRewrap())
}

// withRing calls f with the signing keys, and closes them afterwards. If there are no
// keys, it returns none: only a server makes the first one.
func (c *cli) withRing(ctx context.Context, none error, f func(*keys.Ring) error) error {
	return c.withCore(ctx, func(core *core) error {
		known, err := core.db.SigningKeys(ctx)
		if err != nil {
			return err
		}
		if len(known) == 0 {
			return none
		}
		ring, _, err := core.openRing(ctx, nil) // a command signs nothing
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
		Use: "list", Short: "List the keys and the state of each", Args: exactArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			err := c.withRing(cmd.Context(), errNoKeys, func(ring *keys.Ring) error { return c.listKeys(cmd.Context(), ring, asJSON) })
			if errors.Is(err, errNoKeys) {
				c.say("%v", errNoKeys)
				return nil // an empty list is not a failure
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
	list := c.newList(asJSON, "KID", "ALG", "GENERATION", "STATE", "SIGNS FROM", "GONE AT")
	for _, k := range all {
		gone := "-"
		if !k.GoneAt.IsZero() {
			gone = k.GoneAt.UTC().Format(time.RFC3339)
		}
		if err := list.add(operators.KeyOf(k), k.ID, k.Algorithm, k.Generation, k.State, k.SignFrom.UTC().Format(time.RFC3339), gone); err != nil {
			return err
		}
	}
	return list.flush()
}

func (c *cli) keysRotate() *cobra.Command {
	var asJSON bool
	var algorithm string
	cmd := &cobra.Command{
		Use: "rotate", Short: "Publish the next key", Args: exactArgs(),
		Long: "Publish the next key of an algorithm. It signs once every verifier has had time to fetch it\n(KEY_PUBLISH_LEAD). If the next key is already published, that one is kept.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			faults := &fields.Errors{}
			attribute.SetSigningAlg(store.SigningAlgorithms())(&algorithm, "alg", fields.Given(algorithm), faults)
			if err := faults.Err(); err != nil {
				return err
			}
			return c.withRing(cmd.Context(), errNoKeys, func(ring *keys.Ring) error {
				next, err := ring.Rotate(cmd.Context(), algorithm, "cli")
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
	cmd.Flags().StringVar(&algorithm, "alg", store.RS256, "`algorithm` of the key: "+attribute.Choices(store.SigningAlgorithms(), store.RS256))
	printsJSON(cmd, &asJSON, "print the key as JSON")
	return cmd
}

func (c *cli) keysRewrap() *cobra.Command {
	return &cobra.Command{
		Use: "rewrap", Short: "Seal the keys under a new master key", Args: exactArgs(),
		Long: "Seal under GATEHOUSE_MASTER_KEY the signing keys, and the data key, that are sealed under\nGATEHOUSE_MASTER_KEY_PREVIOUS. Configure both in every replica first. Nobody notices:\nthe signing keys, the tokens and the key set stay the same. The command returns once\nevery replica has had time to read the keys again.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withRing(cmd.Context(), errNoKeys, func(ring *keys.Ring) error {
				done, err := ring.Rewrap(cmd.Context(), "cli")
				if err != nil {
					return err
				}
				if done.Changed == 0 {
					c.say("all %d signing keys are already sealed under master key %s", done.Keys, done.Master)
					return keys.Settle(cmd.Context()) // they may have been sealed only a moment ago
				}
				c.say("%d signing keys are now sealed under master key %s", done.Changed, done.Master)
				if err := keys.Settle(cmd.Context()); err != nil {
					return err
				}
				c.say("Every running replica has had %s to follow. In a quarter of an hour you can remove GATEHOUSE_MASTER_KEY_PREVIOUS.", keys.Settled)
				c.say("Keep the previous master key for as long as you keep older backups.")
				return nil
			})
		},
	}
}

// signInAgain says what a withdrawn key means for people: refresh tokens are of RS256.
func signInAgain(algorithm string) string {
	if algorithm != store.RS256 {
		return ""
	}
	return ", so the people who have one sign in again"
}

func (c *cli) keysRetire() *cobra.Command {
	var ask confirmation
	cmd := &cobra.Command{
		Use: "retire KID", Short: "Withdraw a stolen key at once", Args: exactArgs("KID"),
		Long: "Withdraw a stolen key at once. Tokens that it signed stop working, so people sign in\nagain. Another key takes over. This cannot be undone, so the command asks on a terminal.",
		Example: `  gatehouse keys retire SrKgtfwQRvUpVgCXxyd3E7XbKvGqX1zyMIMIgBlTvJc
  gatehouse keys retire SrKgtfwQRvUpVgCXxyd3E7XbKvGqX1zyMIMIgBlTvJc --yes`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.withRing(cmd.Context(), errNoKeys, func(ring *keys.Ring) error {
				unknown := fmt.Errorf("no key has the ID %q; see: gatehouse keys list", args[0])
				err := c.confirm(cmd.Context(), ask, func() (string, error) {
					all, err := ring.List(cmd.Context())
					at := slices.IndexFunc(all, func(k keys.Status) bool { return k.ID == args[0] })
					if err != nil || at < 0 {
						return "", cmp.Or(err, unknown)
					}
					return fmt.Sprintf("The key %s (%s, %s) will be withdrawn: every token that it signed stops working%s."+forGood, args[0], all[at].Algorithm, all[at].State, signInAgain(all[at].Algorithm)), nil
				})
				if err != nil {
					return err
				}
				err = ring.Retire(cmd.Context(), args[0], "cli")
				if errors.Is(err, keys.ErrUnknownKey) {
					return unknown
				}
				if err != nil {
					return err
				}
				c.say("key %s is retired", args[0])
				return nil
			})
		},
	}
	ask.add(cmd)
	return cmd
}
