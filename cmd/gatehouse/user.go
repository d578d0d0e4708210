package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"gatehouse/handlers/accounts"
	"gatehouse/internal/account"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/internal/names"
	"gatehouse/store"
)

func (c *cli) userCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "user", Short: "Manage people", Long: "Manage people, in the database that the server uses; it may be running."}
	cmd.AddCommand(
		c.userCreate(),
		c.userList(),
		c.userChange("set-role NAME ROLE", "Give a person the role admin, staff or user", 2, func(args []string) account.Input {
			return account.Input{Role: fields.Given(args[1])}
		}),
		c.userSetPassword(),
		c.userChange("activate NAME", "Let a deactivated person in again", 1, func([]string) account.Input {
			return account.Input{Active: fields.On(true)}
		}),
		c.userChange("deactivate NAME", "Keep a person out, and end the sessions", 1, func([]string) account.Input {
			return account.Input{Active: fields.On(false)}
		}),
		c.userDelete(),
	)
	return cmd
}

func (c *cli) userCreate() *cobra.Command {
	var username, email, role, first, last string
	var password passwordFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use: "create", Short: "Create a person", Args: cobra.NoArgs,
		Example: "  gatehouse user create --username root --email root@example.com --role admin",
		RunE: func(cmd *cobra.Command, _ []string) error {
			secret, err := password.read(c)
			if err != nil {
				return err
			}
			in := account.Input{
				Username: fields.Given(username), Email: fields.Given(email), Role: fields.Given(role),
				FirstName: fields.Given(first), LastName: fields.Given(last), Password: fields.Given(secret),
			}
			return c.withCore(cmd.Context(), func(core *core) error {
				u, err := core.people.Create(cmd.Context(), authz.Operator, in)
				if err != nil {
					return explain(err)
				}
				return c.printUser(u, asJSON, "created")
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&username, "username", "", "`name` to sign in with (required)")
	f.StringVar(&email, "email", "", "e-mail `address` (required)")
	f.StringVar(&role, "role", "user", "admin, staff or user")
	f.StringVar(&first, "first-name", "", "first name")
	f.StringVar(&last, "last-name", "", "last name")
	f.BoolVar(&asJSON, "json", false, "print the person as JSON")
	password.add(f)
	_ = cmd.MarkFlagRequired("username")
	_ = cmd.MarkFlagRequired("email")
	return cmd
}

func (c *cli) userList() *cobra.Command {
	var asJSON bool
	var search string
	cmd := &cobra.Command{
		Use: "list", Short: "List people, by ID", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withCore(cmd.Context(), func(core *core) error {
				return c.listUsers(cmd.Context(), core, search, asJSON)
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object per line")
	cmd.Flags().StringVar(&search, "search", "", "only people whose names or address begin so")
	return cmd
}

func (c *cli) listUsers(ctx context.Context, core *core, search string, asJSON bool) error {
	q := store.UserQuery{Search: strings.Fields(names.Fold(search)), OrderBy: store.ByID, Limit: 1000}
	table := tabwriter.NewWriter(c.stdout, 0, 4, 2, ' ', 0)
	if !asJSON {
		fmt.Fprintln(table, "ID\tUSERNAME\tEMAIL\tROLE\tACTIVE")
	}
	for {
		page, err := core.db.ListUsers(ctx, q)
		if err != nil {
			return err
		}
		for _, u := range page.Users {
			if asJSON {
				err = c.json(accounts.PersonOf(u))
			} else {
				_, err = fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%t\n", u.ID, u.Username, u.Email, u.Role, u.Active)
			}
			if err != nil {
				return err
			}
		}
		if !page.More {
			return table.Flush()
		}
		q.After = &store.UserPosition{ID: page.Users[len(page.Users)-1].ID}
	}
}

// userChange is a command that changes one person in one way.
func (c *cli) userChange(use, short string, args int, input func(args []string) account.Input) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: use, Short: short, Args: cobra.ExactArgs(args), Long: short + ". NAME is a username or an e-mail address.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.changeUser(cmd.Context(), args[0], input(args), asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the person as JSON")
	return cmd
}

func (c *cli) userSetPassword() *cobra.Command {
	var password passwordFlags
	cmd := &cobra.Command{
		Use: "set-password NAME", Short: "Give a person a new password, and end the sessions", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			secret, err := password.read(c)
			if err != nil {
				return err
			}
			return c.changeUser(cmd.Context(), args[0], account.Input{Password: fields.Given(secret)}, false)
		},
	}
	password.add(cmd.Flags())
	return cmd
}

func (c *cli) changeUser(ctx context.Context, name string, in account.Input, asJSON bool) error {
	return c.withCore(ctx, func(core *core) error {
		target, err := findUser(ctx, core, name)
		if err != nil {
			return err
		}
		u, err := core.people.Change(ctx, authz.Operator, target, in, false)
		if err != nil {
			return explain(err)
		}
		return c.printUser(u, asJSON, "changed")
	})
}

func (c *cli) userDelete() *cobra.Command {
	return &cobra.Command{
		Use: "delete NAME", Short: "Erase a person", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.withCore(cmd.Context(), func(core *core) error {
				target, err := findUser(cmd.Context(), core, args[0])
				if err != nil {
					return err
				}
				if err := core.people.Delete(cmd.Context(), authz.Operator, target.ID); err != nil {
					return explain(err)
				}
				fmt.Fprintf(c.stderr, "%s is deleted\n", target.Username)
				return nil
			})
		},
	}
}

func findUser(ctx context.Context, core *core, name string) (store.User, error) {
	u, err := core.db.UserByName(ctx, names.Lookup(name))
	if errors.Is(err, store.ErrNotFound) {
		return u, fmt.Errorf("nobody is called %q", name)
	}
	return u, err
}

func (c *cli) printUser(u store.User, asJSON bool, what string) error {
	if asJSON {
		return c.json(accounts.PersonOf(u))
	}
	_, err := fmt.Fprintf(c.stderr, "%s is %s: id %d, role %s\n", u.Username, what, u.ID, u.Role)
	return err
}
