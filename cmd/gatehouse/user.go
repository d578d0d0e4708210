package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"gatehouse/handlers/accounts"
	"gatehouse/internal/account"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/internal/names"
	"gatehouse/store"
)

func (c *cli) userCommand() *cobra.Command {
	return group("user", "Manage people", "Manage people in the database that the server uses. The server may be running.",
		c.userCreate(),
		c.userList(),
		c.userShow(),
		c.userUpdate(),
		c.userSessions(),
		c.userSetRole(),
		c.userSetPassword(),
		c.userInvite(),
		c.userResetLink(),
		c.userActivate(),
		c.userDeactivate(),
		c.userResetFactors(),
		c.userDelete(),
	)
}

func (c *cli) userCreate() *cobra.Command {
	var flags userFlags
	var password passwordFlags
	var asJSON, invite bool
	cmd := &cobra.Command{
		Use: "create", Short: "Create a person", Args: exactArgs(), PreRunE: needs("username", "email"),
		Long: "Create a person; --username and --email are required, and the role is user unless --role\ngives another. The command asks for the password unless a flag says where to read it,\nor --invite has the person choose it: then it prints a one-time link for them.",
		Example: `  gatehouse user create --username root --email root@example.com --role admin
  gatehouse user create --username ann --email ann@example.com --password-file ann.txt --json
  gatehouse user create --username ben --email ben@example.com --invite`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			in := flags.input(cmd.Flags())
			if invite && !password.given() {
				in.Invite = fields.On(true)
				return c.createUser(cmd, asJSON, in)
			}
			if invite {
				return errors.New("--invite has the person choose the password, so it cannot be used with one")
			}
			secret, err := password.read(cmd.Context(), c)
			if err != nil {
				return err
			}
			in.Password = fields.Given(secret)
			return c.createUser(cmd, asJSON, in)
		},
	}
	flags.add(cmd.Flags())
	password.add(cmd.Flags())
	cmd.Flags().BoolVar(&invite, "invite", false, "make a link by which the person sets their password, in place of one")
	printsJSON(cmd, &asJSON, "print the person, or the link of --invite, as JSON")
	return cmd
}

func (c *cli) createUser(cmd *cobra.Command, asJSON bool, in account.Input) error {
	check := func(core *core) error { return explain(cmd, core.people.Check(in)) }
	return c.withNewCore(cmd.Context(), check, func(core *core) error {
		u, invited, err := core.people.CreateOrInvite(cmd.Context(), authz.Operator, in)
		if err != nil {
			return explain(cmd, err)
		}
		if in.Invite.Value {
			return c.printInvitation(invited, asJSON)
		}
		return c.printUser(u, asJSON, "created")
	})
}

// findUser returns the user with a username or e-mail address, in any spelling.
func findUser(ctx context.Context, core *core, name string) (store.User, error) {
	u, err := core.db.UserByName(ctx, names.Lookup(name))
	if errors.Is(err, store.ErrNotFound) {
		return u, fmt.Errorf("nobody is called %q; see: gatehouse user list", name)
	}
	return u, err
}

// printUser prints the user after a change: as JSON for a script, or as a sentence.
func (c *cli) printUser(u store.User, asJSON bool, what string) error {
	if asJSON {
		return c.jsonUser(u)
	}
	state := ""
	if !u.Active {
		state = ", deactivated"
	}
	c.say("%s was %s: id %d, role %s%s", u.Username, what, u.ID, u.Role, state)
	return nil
}

// jsonUser prints the user with all attributes, as the API for administrators does.
func (c *cli) jsonUser(u store.User) error {
	shown, err := accounts.ProfileOf(u)
	if err != nil {
		return err
	}
	return c.json(shown.Answer())
}
