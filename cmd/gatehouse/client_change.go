package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gatehouse/internal/authz"
	"gatehouse/internal/grant"
)

func (c *cli) clientUpdate() *cobra.Command {
	var flags clientFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use: "update ID", Short: "Change settings of an app; lists are replaced", Args: exactArgs("ID"),
		Long: "Change the settings that are given and keep the others; lists are replaced. An app that\nbecomes confidential gets a secret, which is printed only once.",
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
			return c.withCore(cmd.Context(), func(core *core) error {
				changed, secret, err := core.apps.Update(cmd.Context(), authz.Operator, args[0], in, false)
				if err != nil {
					return explainClient(cmd, args[0], err)
				}
				return c.printClient(changed, secret, asJSON)
			})
		},
	}
	flags.add(cmd.Flags(), grant.Types())
	printsJSON(cmd, &asJSON, "print the app as JSON")
	return cmd
}

// changesAnything reports whether the command was given an attribute to change.
func changesAnything(cmd *cobra.Command) bool {
	said := false
	cmd.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) { said = said || f.Changed && f.Name != "json" })
	return said
}

func (c *cli) clientRotateSecret() *cobra.Command {
	var overlap time.Duration
	var asJSON bool
	cmd := &cobra.Command{
		Use: "rotate-secret ID", Short: "Give an app a new secret, printed only once", Args: exactArgs("ID"),
		Example: `  gatehouse client rotate-secret shop
  gatehouse client rotate-secret shop --overlap 0s   # the old one was stolen`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.withCore(cmd.Context(), func(core *core) error {
				changed, secret, err := core.apps.RotateSecret(cmd.Context(), authz.Operator, args[0], overlap)
				if err != nil {
					return explainClient(cmd, args[0], err)
				}
				return c.printClient(changed, secret, asJSON)
			})
		},
	}
	cmd.Flags().DurationVar(&overlap, "overlap", 24*time.Hour, "`duration` for which the old secret works beside the new one; 0s: not at all")
	printsJSON(cmd, &asJSON, "print the app as JSON")
	return cmd
}

func (c *cli) clientDelete() *cobra.Command {
	return &cobra.Command{
		Use: "delete ID", Short: "Erase an app and end its sessions", Args: exactArgs("ID"),
		Long: "Erase an app and end its sessions. This cannot be undone. To block an app and keep it, use client update --disabled instead.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.withCore(cmd.Context(), func(core *core) error {
				if err := core.apps.Delete(cmd.Context(), authz.Operator, args[0]); err != nil {
					return explainClient(cmd, args[0], err)
				}
				c.say("client %s was deleted", args[0])
				return nil
			})
		},
	}
}
