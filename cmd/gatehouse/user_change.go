package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"gatehouse/internal/account"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/store"
)

const whoIsMeant = " NAME is a username or an e-mail address, in any spelling."

func (c *cli) userUpdate() *cobra.Command {
	var flags userFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use: "update NAME", Short: "Change attributes of a person", Args: exactArgs("NAME"),
		Long: "Change the attributes that are given and keep the others; an empty text removes one." + whoIsMeant + "\nThe password has a command of its own: user set-password.",
		Example: `  gatehouse user update ann --email ann@example.org --phone-number +442079460958
  gatehouse user update ann --website ""`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if !changesAnything(cmd) {
				return fmt.Errorf("nothing to change: give at least one flag\nSee: %s --help", cmd.CommandPath())
			}
			return c.changeUser(cmd, args[0], flags.input(cmd.Flags()), asJSON)
		},
	}
	flags.add(cmd.Flags())
	printsJSON(cmd, &asJSON, "print the person as JSON")
	return cmd
}

func (c *cli) userSetRole() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "set-role NAME ROLE", Short: "Give a person the role admin, staff or user", Args: exactArgs("NAME", "ROLE"),
		Long:    "Give a person the role admin, staff or user. It takes effect at once, also in existing sessions." + whoIsMeant,
		Example: "  gatehouse user set-role ann staff",
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.changeUser(cmd, args[0], account.Input{Role: fields.Given(args[1])}, asJSON)
		},
	}
	printsJSON(cmd, &asJSON, "print the person as JSON")
	return cmd
}

func (c *cli) userSetPassword() *cobra.Command {
	var password passwordFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use: "set-password NAME", Short: "Give a person a new password and end their sessions", Args: exactArgs("NAME"),
		Long: "Give a person a new password and end their sessions. The command asks for the password unless a flag says where to read it." + whoIsMeant,
		RunE: func(cmd *cobra.Command, args []string) error {
			secret, err := password.read(cmd.Context(), c)
			if err != nil {
				return err
			}
			return c.changeUser(cmd, args[0], account.Input{Password: fields.Given(secret)}, asJSON)
		},
	}
	password.add(cmd.Flags())
	printsJSON(cmd, &asJSON, "print the person as JSON")
	return cmd
}

func (c *cli) userActivate() *cobra.Command {
	return c.userSwitch("activate NAME", "Let a deactivated person sign in again", true)
}

func (c *cli) userDeactivate() *cobra.Command {
	return c.userSwitch("deactivate NAME", "Block a person and end their sessions", false)
}

func (c *cli) userSwitch(use, short string, active bool) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: use, Short: short, Args: exactArgs("NAME"), Long: short + "." + whoIsMeant,
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.changeUser(cmd, args[0], account.Input{Active: fields.On(active)}, asJSON)
		},
	}
	printsJSON(cmd, &asJSON, "print the person as JSON")
	return cmd
}

func (c *cli) changeUser(cmd *cobra.Command, name string, in account.Input, asJSON bool) error {
	return c.withCore(cmd.Context(), func(core *core) error {
		target, err := findUser(cmd.Context(), core, name)
		if err != nil {
			return err
		}
		u, err := core.people.Change(cmd.Context(), authz.Operator, target, in, false)
		if err != nil {
			return explain(cmd, err)
		}
		return c.printUser(u, asJSON, "changed")
	})
}

func (c *cli) userDelete() *cobra.Command {
	var ask confirmation
	cmd := &cobra.Command{
		Use: "delete NAME", Short: "Erase a person and end their sessions", Args: exactArgs("NAME"),
		Long: "Erase a person and end their sessions. This cannot be undone, so the command asks on a terminal.\nTo block a person and keep the account, use user deactivate instead." + whoIsMeant,
		Example: `  gatehouse user delete ann
  gatehouse user delete ann --yes`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.withCore(cmd.Context(), func(core *core) error {
				target, err := findUser(cmd.Context(), core, args[0])
				if err != nil {
					return err
				}
				err = c.confirm(cmd.Context(), ask, func() (string, error) { return core.userDeletion(cmd.Context(), target) })
				if err != nil {
					return err
				}
				if err := core.people.Delete(cmd.Context(), authz.Operator, target.ID, ""); err != nil {
					return explain(cmd, err)
				}
				c.say("%s was deleted", target.Username)
				return nil
			})
		},
	}
	ask.add(cmd)
	return cmd
}

func (c *core) userDeletion(ctx context.Context, u store.User) (string, error) {
	living, err := c.sessions.List(ctx, u.ID)
	return fmt.Sprintf("%s (%s, role %s) will be erased, and %s will end."+forGood, u.Username, u.Email, u.Role, counted(len(living), "session")), err
}
