package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"gatehouse/handlers/accounts"
	"gatehouse/internal/profile"
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
	if asJSON {
		return c.jsonUser(u)
	}
	attributes, err := store.ProfileOf(u)
	if err != nil {
		return err
	}
	p, state := accounts.PersonOf(u), "active"
	if !p.IsActive {
		state = "deactivated"
	}
	lines := []line{
		{"id", p.ID}, {"sub", p.Sub}, {"username", p.Username}, {"email", p.Email}, {"email_verified", &p.EmailVerified},
		{"role", p.Role}, {"first_name", p.FirstName}, {"last_name", p.LastName},
	}
	for _, a := range profile.List {
		lines = append(lines, line{a.Name, a.At(&attributes)})
	}
	return c.printLines(append(lines, line{"date_joined", p.DateJoined}, line{"last_login", p.LastLogin}, line{"state", state})...)
}
