package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"gatehouse/internal/authz"
	"gatehouse/internal/client"
	"gatehouse/store"
)

func (c *cli) clientRegistrationToken() *cobra.Command {
	var life time.Duration
	var uses int
	var list, asJSON bool
	var withdraw string
	cmd := &cobra.Command{
		Use: "registration-token", Short: "Make a token by which apps register themselves, or list or withdraw tokens", Args: exactArgs(),
		Long: `Make an initial access token (RFC 7591), by which apps may register themselves at
/oauth/register. It is printed only once: the app sends it as a bearer token. A token
works for a while and for a number of apps; withdrawing it stops it at once, and keeps
the apps that have registered.

The server must allow it: GATEHOUSE_REGISTRATION is off, token or open.`,
		Example: `  gatehouse client registration-token
  gatehouse client registration-token --uses 50 --lifetime 168h
  gatehouse client registration-token --list
  gatehouse client registration-token --withdraw 7zqkj4wz6q3m`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			made := cmd.Flags().Changed("uses") || cmd.Flags().Changed("lifetime")
			if list && withdraw != "" || made && (list || withdraw != "") {
				return errors.New("--list and --withdraw cannot be used together, or with the flags of a new token")
			}
			return c.withCore(cmd.Context(), func(core *core) error {
				switch {
				case list:
					return c.listRegistrationTokens(cmd.Context(), core, asJSON)
				case withdraw != "":
					return c.withdrawRegistrationToken(cmd.Context(), core, withdraw)
				}
				token, text, err := core.apps.NewRegistrationToken(cmd.Context(), authz.Operator, life, uses)
				if err != nil {
					return explain(cmd, err)
				}
				return c.printRegistrationToken(core, token, text, asJSON)
			})
		},
	}
	cmd.Flags().DurationVar(&life, "lifetime", client.DefaultTokenLife, "`duration` for which the token works, up to 2160h")
	cmd.Flags().IntVar(&uses, "uses", client.DefaultTokenUses, fmt.Sprintf("`number` of apps that may register by it, up to %d", client.MaxTokenUses))
	cmd.Flags().BoolVar(&list, "list", false, "list the tokens that were not withdrawn, the newest first")
	cmd.Flags().StringVar(&withdraw, "withdraw", "", "make the token with this `ID` useless")
	printsJSON(cmd, &asJSON, "print JSON; with --list one object per line")
	return cmd
}

// A registrationToken is a token as JSON; Token is set only when it was just made.
type registrationToken struct {
	ID        string `json:"id"`
	Token     string `json:"token,omitempty"`
	Uses      int    `json:"uses"`
	MaxUses   int    `json:"max_uses"`
	CreatedAt string `json:"created_at"`
	ExpiresAt string `json:"expires_at"`
}

func registrationTokenOf(t store.RegistrationToken, text string) registrationToken {
	return registrationToken{t.ID, text, t.Uses, t.MaxUses, inUTC(t.CreatedAt), inUTC(t.ExpiresAt)}
}

func (c *cli) printRegistrationToken(core *core, token store.RegistrationToken, text string, asJSON bool) error {
	if asJSON {
		return c.json(registrationTokenOf(token, text))
	}
	if err := c.printLines(line{"id", token.ID}, line{"token", text}, line{"uses", token.MaxUses}, line{"expires_at", inUTC(token.ExpiresAt)}); err != nil {
		return err
	}
	c.say("Save the token now: only its digest is stored here, so it cannot be shown again.")
	if core.config.Registration == "off" {
		c.say("It does not work yet: GATEHOUSE_REGISTRATION is off here. Start the server with token or open.")
	}
	return nil
}

func (c *cli) listRegistrationTokens(ctx context.Context, core *core, asJSON bool) error {
	tokens, err := core.apps.RegistrationTokens(ctx, authz.Operator)
	if err != nil {
		return err
	}
	list := c.newList(asJSON, "ID", "USES", "OF", "MADE", "EXPIRES", "STATE")
	for _, t := range tokens {
		err := list.add(registrationTokenOf(t, ""), t.ID, t.Uses, t.MaxUses, inUTC(t.CreatedAt), inUTC(t.ExpiresAt), tokenState(t, core.now()))
		if err != nil {
			return err
		}
	}
	return list.flush()
}

func tokenState(t store.RegistrationToken, now time.Time) string {
	switch {
	case t.Uses >= t.MaxUses:
		return "used up"
	case !t.ExpiresAt.After(now):
		return "expired"
	}
	return "active"
}

func (c *cli) withdrawRegistrationToken(ctx context.Context, core *core, id string) error {
	err := core.apps.WithdrawRegistrationToken(ctx, authz.Operator, id)
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("no token has the ID %q; see: gatehouse client registration-token --list", id)
	}
	if err != nil {
		return err
	}
	c.say("registration token %s was withdrawn", id)
	return nil
}
