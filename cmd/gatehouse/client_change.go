package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/internal/grant"
	"gatehouse/store"
)

func (c *cli) clientUpdate() *cobra.Command {
	var flags clientFlags
	var ask confirmation
	var asJSON bool
	cmd := &cobra.Command{
		Use: "update ID", Short: "Change settings of an app; lists are replaced", Args: exactArgs("ID"),
		Long: "Change the settings that are given and keep the others; lists are replaced. An app that\nbecomes confidential gets a secret, which is printed only once. An app that authenticates\nin another way loses its sessions and, perhaps, its secret, so the command asks on a terminal.",
		Example: `  gatehouse client update shop --scope "openid account users:read"
  gatehouse client update shop --disabled`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if !changesAnything(cmd) {
				return fmt.Errorf("nothing to change: give at least one flag\nSee: %s --help", cmd.CommandPath())
			}
			in, err := flags.input(cmd.Flags())
			if err != nil {
				return err
			}
			return c.onClient(cmd, args[0], func(core *core, app store.Client) error {
				if in.AuthMethod.Sent && in.AuthMethod.Value != app.AuthMethod {
					err := c.confirm(cmd.Context(), ask, func() (string, error) {
						living, err := core.sessionsInWords(cmd.Context(), app.ID)
						return fmt.Sprintf("The app %s (%s) will authenticate with %s in place of %s, and %s will end.", app.ID, app.Name, in.AuthMethod.Value, app.AuthMethod, living), err
					})
					if err != nil {
						return err
					}
				}
				changed, secret, err := core.apps.Update(cmd.Context(), authz.Operator, app.ID, in, false)
				if err != nil {
					return explainClient(cmd, app.ID, err)
				}
				return c.printClient(cmd, core, changed, secret, asJSON)
			})
		},
	}
	flags.add(cmd.Flags(), grant.Types())
	ask.add(cmd)
	printsJSON(cmd, &asJSON, "print the app as JSON")
	return cmd
}

// changesAnything reports whether the command was given an attribute to change.
func changesAnything(cmd *cobra.Command) bool {
	said := false
	cmd.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) { said = said || f.Changed && f.Name != "json" && f.Name != "yes" })
	return said
}

func (c *cli) clientAdopt() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "adopt ID", Short: "Make an app that nobody registered here a registered one", Args: exactArgs("ID"),
		Long:    "Make an app a registered one that until now the document at its URL describes, or that has\nregistered itself. The document is not fetched again, the app is changed here alone, and APIs\nthat admit registered apps admit it. Its ID, consents and sessions stay. To block an app by\nURL, use client update --disabled instead: a deleted one comes back when it is next asked for.",
		Example: "  gatehouse client adopt https://app.example.com/client.json",
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.withCore(cmd.Context(), func(core *core) error {
				adopted, err := core.apps.Adopt(cmd.Context(), authz.Operator, args[0], "")
				if err != nil {
					return explainClient(cmd, args[0], err)
				}
				return c.printClient(cmd, core, adopted, "", asJSON)
			})
		},
	}
	printsJSON(cmd, &asJSON, "print the app as JSON")
	return cmd
}

func (c *cli) clientRotateSecret() *cobra.Command {
	var overlap time.Duration
	var own source
	var ask confirmation
	var asJSON bool
	cmd := &cobra.Command{
		Use: "rotate-secret ID", Short: "Give an app a new secret, printed only once", Args: exactArgs("ID"),
		Long: "Give an app a new secret, which is printed only once. The old one works beside it for the\noverlap; with 0s it ends at once, and the command asks on a terminal. An app may bring its\nown secret: 32 to 256 characters that nobody can guess.",
		Example: `  gatehouse client rotate-secret shop
  gatehouse client rotate-secret shop --overlap 0s   # the old one was stolen
  openssl rand -hex 32 | gatehouse client rotate-secret shop --secret-stdin`,
		RunE: func(cmd *cobra.Command, args []string) error {
			brought, err := ownSecret(c, &own)
			if err != nil {
				return err
			}
			return c.withCore(cmd.Context(), func(core *core) error {
				if overlap == 0 {
					if err := c.confirmNewSecret(cmd, core, args[0], ask); err != nil {
						return err
					}
				}
				changed, secret, err := core.rotateSecret(cmd.Context(), args[0], brought, overlap)
				if err != nil {
					return explainClient(cmd, args[0], err)
				}
				return c.printClient(cmd, core, changed, secret, asJSON)
			})
		},
	}
	cmd.Flags().DurationVar(&overlap, "overlap", 24*time.Hour, "`duration` for which the old secret works beside the new one; 0s: not at all")
	own.add(cmd.Flags(), "secret")
	ask.add(cmd)
	printsJSON(cmd, &asJSON, "print the app as JSON")
	return cmd
}

// rotateSecret returns the secret that it made; empty if the app brought one.
func (c *core) rotateSecret(ctx context.Context, id string, brought fields.Text, overlap time.Duration) (store.Client, string, error) {
	if !brought.Sent {
		return c.apps.RotateSecret(ctx, authz.Operator, id, overlap, "")
	}
	changed, err := c.apps.ReplaceSecret(ctx, authz.Operator, id, brought.Value, overlap, "")
	return changed, "", err
}

func (c *cli) confirmNewSecret(cmd *cobra.Command, core *core, id string, ask confirmation) error {
	return c.confirm(cmd.Context(), ask, func() (string, error) {
		app, err := core.db.ClientByID(cmd.Context(), id)
		if err != nil {
			return "", explainClient(cmd, id, err)
		}
		return fmt.Sprintf("The app %s (%s) gets no tokens until it has the new secret: the old one stops working at once.", app.ID, app.Name), nil
	})
}

func (c *cli) clientDelete() *cobra.Command {
	var ask confirmation
	cmd := &cobra.Command{
		Use: "delete ID", Short: "Erase an app and end its sessions", Args: exactArgs("ID"),
		Long: "Erase an app and end its sessions. This cannot be undone, so the command asks on a terminal.\nTo block an app and keep it, use client update --disabled instead.",
		Example: `  gatehouse client delete shop
  gatehouse client delete shop --yes`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.onClient(cmd, args[0], func(core *core, app store.Client) error {
				err := c.confirm(cmd.Context(), ask, func() (string, error) {
					living, err := core.sessionsInWords(cmd.Context(), app.ID)
					return fmt.Sprintf("The app %s (%s) will be erased with all consents to it, and %s will end."+forGood, app.ID, app.Name, living), err
				})
				if err != nil {
					return err
				}
				if err := core.apps.Delete(cmd.Context(), authz.Operator, app.ID, ""); err != nil {
					return explainClient(cmd, app.ID, err)
				}
				c.say("client %s was deleted", app.ID)
				return nil
			})
		},
	}
	ask.add(cmd)
	return cmd
}

// onClient calls f with an app that exists.
func (c *cli) onClient(cmd *cobra.Command, id string, f func(*core, store.Client) error) error {
	return c.withCore(cmd.Context(), func(core *core) error {
		app, err := core.db.ClientByID(cmd.Context(), id)
		if err != nil {
			return explainClient(cmd, id, err)
		}
		return f(core, app)
	})
}
