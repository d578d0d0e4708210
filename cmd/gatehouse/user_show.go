package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"gatehouse/handlers/accounts"
	"gatehouse/store"
)

func (c *cli) userShow() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "show NAME", Short: "Print one person", Args: exactArgs("NAME"),
		Long: "Print one person, with the sub by which apps and the audit log know them." + whoIsMeant + " The sub is accepted as well.",
		Example: `  gatehouse user show ann
  gatehouse user show ann@example.com --json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.withCore(cmd.Context(), func(core *core) error {
				u, err := findUserOrSub(cmd.Context(), core, args[0])
				if err != nil {
					return err
				}
				return c.showUser(u, asJSON)
			})
		},
	}
	printsJSON(cmd, &asJSON, "print the person as JSON")
	return cmd
}

// findUserOrSub is findUser for a name that may be a sub as well.
func findUserOrSub(ctx context.Context, core *core, name string) (store.User, error) {
	u, err := core.db.UserBySub(ctx, name)
	if errors.Is(err, store.ErrNotFound) {
		return findUser(ctx, core, name)
	}
	return u, err
}

func (c *cli) showUser(u store.User, asJSON bool) error {
	p := accounts.PersonOf(u)
	if asJSON {
		return c.json(p)
	}
	state := "active"
	if !p.IsActive {
		state = "deactivated"
	}
	return c.printLines(
		line{"id", p.ID}, line{"sub", p.Sub}, line{"username", p.Username}, line{"email", p.Email}, line{"email_verified", &p.EmailVerified},
		line{"role", p.Role}, line{"first_name", p.FirstName}, line{"last_name", p.LastName},
		line{"date_joined", p.DateJoined}, line{"last_login", p.LastLogin}, line{"state", state},
	)
}
