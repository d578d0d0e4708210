package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"gatehouse/internal/authz"
)

func (c *cli) userResetFactors() *cobra.Command {
	var ask confirmation
	cmd := &cobra.Command{
		Use: "reset-factors NAME", Short: "Take a person's second factors away, and end their sessions", Args: exactArgs("NAME"),
		Long: "Remove the authenticator app, the passkeys and the recovery codes of a person who has lost them, and end their sessions.\nThey sign in with their password then, and may set up new ones." + whoIsMeant,
		Example: `  gatehouse user reset-factors ann
  gatehouse user reset-factors ann --yes`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.withCore(cmd.Context(), func(core *core) error {
				target, err := findUser(cmd.Context(), core, args[0])
				if err != nil {
					return err
				}
				if target.Factors == 0 {
					c.say("%s has no second factor", target.Username)
					return nil
				}
				err = c.confirm(cmd.Context(), ask, func() (string, error) {
					return fmt.Sprintf("%s loses all second factors, and is signed out everywhere.", target.Username), nil
				})
				if err != nil {
					return err
				}
				if err := core.people.ResetFactors(cmd.Context(), authz.Operator, target.ID, ""); err != nil {
					return explain(cmd, err)
				}
				c.say("the second factors of %s were reset", target.Username)
				return nil
			})
		},
	}
	ask.add(cmd)
	return cmd
}
