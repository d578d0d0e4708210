package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"gatehouse/handlers/accounts"
	"gatehouse/internal/cursor"
	"gatehouse/internal/names"
	"gatehouse/internal/suggest"
	"gatehouse/store"
)

func (c *cli) userList() *cobra.Command {
	var asJSON bool
	var search, role string
	cmd := &cobra.Command{
		Use: "list", Short: "List people, by ID", Args: exactArgs(),
		Example: "  gatehouse user list --role admin",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if role != "" && !store.Role(role).Valid() {
				return fmt.Errorf("--role %s is not admin, staff or user%s", role, suggest.Question(role, roles()))
			}
			return c.withCore(cmd.Context(), func(core *core) error {
				q := store.UserQuery{Search: strings.Fields(names.Fold(search)), Role: store.Role(role), OrderBy: store.ByID, Limit: cursor.MaxLimit}
				return c.listUsers(cmd.Context(), core, q, asJSON)
			})
		},
	}
	cmd.Flags().StringVar(&search, "search", "", "only people with a name or address that begins with the `words`")
	cmd.Flags().StringVar(&role, "role", "", "only people with the `role` admin, staff or user")
	printsJSON(cmd, &asJSON, "print one JSON object per line")
	return cmd
}

// listUsers prints page after page, so a million users need no more memory than a
// thousand.
func (c *cli) listUsers(ctx context.Context, core *core, q store.UserQuery, asJSON bool) error {
	list := c.newList(asJSON, "ID", "USERNAME", "EMAIL", "ROLE", "ACTIVE", "SUB")
	for {
		page, err := core.db.ListUsers(ctx, q)
		if err != nil {
			return err
		}
		for _, u := range page.Users {
			if err := list.add(accounts.PersonOf(u), u.ID, u.Username, u.Email, u.Role, u.Active, u.Sub); err != nil {
				return err
			}
		}
		if !page.More {
			return list.flush()
		}
		q.After = &store.UserPosition{ID: page.Users[len(page.Users)-1].ID}
	}
}
