package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"gatehouse/internal/account"
	"gatehouse/internal/authz"
)

func (c *cli) userInvite() *cobra.Command {
	return c.userLink("invite NAME", "Make a link by which a person sets their first password",
		"The link works once, for 7 days. user create --invite makes the person, and such a link.",
		func(core *core) func(context.Context, authz.Actor, int64) (account.Invitation, error) {
			return core.people.Invite
		})
}

func (c *cli) userResetLink() *cobra.Command {
	return c.userLink("reset-link NAME", "Make a link by which a person sets another password",
		"The link works once, for 15 minutes, and ends the person's sessions when it is used.",
		func(core *core) func(context.Context, authz.Actor, int64) (account.Invitation, error) {
			return core.people.ResetLink
		})
}

// userLink makes a command that prints a one-time link. Commands send no mail.
func (c *cli) userLink(use, short, long string, of func(*core) func(context.Context, authz.Actor, int64) (account.Invitation, error)) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: use, Short: short, Args: exactArgs("NAME"),
		Long: short + ", and print it: it is not mailed. " + long + whoIsMeant,
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.withCore(cmd.Context(), func(core *core) error {
				target, err := findUser(cmd.Context(), core, args[0])
				if err != nil {
					return err
				}
				made, err := of(core)(cmd.Context(), authz.Operator, target.ID)
				if err != nil {
					return explainLink(cmd, err)
				}
				return c.printInvitation(made, asJSON)
			})
		},
	}
	printsJSON(cmd, &asJSON, "print the link as JSON")
	return cmd
}

func explainLink(cmd *cobra.Command, err error) error {
	switch {
	case errors.Is(err, account.ErrHasPassword):
		return errors.New("this person has set a password; to set another, use: gatehouse user reset-link")
	case errors.Is(err, account.ErrInactive):
		return errors.New("this person is deactivated and could not use a link; first: gatehouse user activate")
	}
	return explain(cmd, err)
}

// An invitation is a link as JSON.
type invitation struct {
	Link      string `json:"link"`
	ExpiresAt string `json:"expires_at"`
}

func (c *cli) printInvitation(made account.Invitation, asJSON bool) error {
	if asJSON {
		return c.json(invitation{made.URL, inUTC(made.ExpiresAt)})
	}
	if err := c.printLines(line{"link", made.URL}, line{"expires_at", inUTC(made.ExpiresAt)}); err != nil {
		return err
	}
	c.say("Pass the link on now: only its digest is stored here, so it cannot be shown again.")
	return nil
}
