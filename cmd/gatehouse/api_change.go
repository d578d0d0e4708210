package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"gatehouse/internal/apis"
	"gatehouse/internal/authz"
	"gatehouse/store"
)

func (c *cli) apiUpdate() *cobra.Command {
	var flags apiFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use: "update ID", Short: "Change settings of an API; lists are replaced", Args: exactArgs("ID"),
		Long: "Change the settings that are given and keep the others; lists are replaced, the scopes among them:\nname all that the API shall have. Of Gatehouse's own API, \"gatehouse\", only --clients can be\nchanged: open to any, it opens the scope account alone.",
		Example: `  gatehouse api update orders --clients listed --listed-client shop --listed-client till
  gatehouse api update orders --introspection-client gateway`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if !changesAnything(cmd) {
				return fmt.Errorf("nothing to change: give at least one flag\nSee: %s --help", cmd.CommandPath())
			}
			in, err := flags.input(cmd.Flags())
			if err != nil {
				return err
			}
			return c.withCore(cmd.Context(), func(core *core) error {
				changed, err := core.apis.Update(cmd.Context(), authz.Operator, args[0], in, false)
				if err != nil {
					return explainAPI(cmd, args[0], err)
				}
				return c.printAPI(changed, asJSON)
			})
		},
	}
	flags.add(cmd.Flags())
	printsJSON(cmd, &asJSON, "print the API as JSON")
	return cmd
}

func (c *cli) apiDelete() *cobra.Command {
	var ask confirmation
	cmd := &cobra.Command{
		Use: "delete ID", Short: "Delete an API; its scopes can be granted no longer", Args: exactArgs("ID"),
		Long: "Delete an API. Its scopes can be granted no longer, and access tokens for it work until they\nexpire. This cannot be undone, so the command asks on a terminal.",
		Example: `  gatehouse api delete orders
  gatehouse api delete orders --yes`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.onAPI(cmd, args[0], func(core *core, a store.API) error {
				err := c.confirm(cmd.Context(), ask, func() (string, error) {
					holders, err := core.appsOf(cmd.Context(), a)
					return fmt.Sprintf("The API %s (%s) will be deleted, and its scopes can be granted no longer. %s registered for one.", a.ID, a.Identifier, holders) + forGood, err
				})
				if err != nil {
					return err
				}
				if err := core.apis.Delete(cmd.Context(), authz.Operator, a.ID, ""); err != nil {
					return explainAPI(cmd, a.ID, err)
				}
				c.say("API %s was deleted", a.ID)
				return nil
			})
		},
	}
	ask.add(cmd)
	return cmd
}

// appsOf returns in words how many apps are registered for a scope of the API.
func (c *core) appsOf(ctx context.Context, a store.API) (string, error) {
	const page = 1000
	n := 0
	for after := ""; ; {
		clients, err := c.db.ListClients(ctx, after, page)
		if err != nil {
			return "", err
		}
		for _, app := range clients {
			after = app.ID
			if apis.Holds(app, a) {
				n++
			}
		}
		if len(clients) < page {
			if n == 1 {
				return "1 app is", nil
			}
			return fmt.Sprintf("%d apps are", n), nil
		}
	}
}
