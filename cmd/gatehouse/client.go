package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"gatehouse/handlers/operators"
	"gatehouse/internal/authz"
	"gatehouse/internal/client"
	"gatehouse/internal/cursor"
	"gatehouse/internal/fields"
	"gatehouse/internal/grant"
	"gatehouse/store"
)

func (c *cli) clientCommand() *cobra.Command {
	return group("client", "Manage apps", "Manage apps (OAuth clients) in the database that the server uses. The server may be running.",
		c.clientCreate(), c.clientList(), c.clientShow(), c.clientUpdate(), c.clientAdopt(), c.clientRotateSecret(), c.clientDelete(), c.clientRegistrationToken())
}

func (c *cli) clientCreate() *cobra.Command {
	var flags clientFlags
	var own source
	var id string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "create", Short: "Register an app; its secret is printed only once", Args: exactArgs(), PreRunE: needs("name"),
		Long: "Register an app. A secret is made for it, unless it is public or has keys, and is printed only\nonce. An app that moves here may bring its own secret: 32 to 256 characters that nobody can guess.",
		Example: `  gatehouse client create --name Shop --grant password --grant refresh_token --scope "openid account"
  gatehouse client create --name Phone --public --redirect-uri com.example.phone:/back --scope openid
  gatehouse client create --name Nightly --grant client_credentials --scope users:read --json
  gatehouse client create --kind web --name Portal --redirect-uri https://portal.example/callback
  gatehouse client create --name Moved --secret-file moved.secret --redirect-uri https://moved.example/back
  gatehouse client create --name Bank --auth-method private_key_jwt --jwks keys.json --redirect-uri https://bank.example/back`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			in, err := flags.input(cmd.Flags())
			if err != nil {
				return err
			}
			if in.Secret, err = ownSecret(c, &own); err != nil {
				return err
			}
			if cmd.Flags().Changed("id") {
				in.ID = fields.Given(id)
			}
			check := func(core *core) error { return explain(cmd, core.apps.Check(in)) }
			return c.withNewCore(cmd.Context(), check, func(core *core) error {
				made, secret, err := core.apps.Create(cmd.Context(), authz.Operator, in)
				if err != nil {
					return explain(cmd, err)
				}
				return c.printClient(cmd, core, made, secret, asJSON)
			})
		},
	}
	flags.addKind(cmd.Flags())
	flags.add(cmd.Flags(), grant.Types(), "disabled")
	cmd.Flags().StringVar(&id, "id", "", "`client_id`; generated if not given")
	own.add(cmd.Flags(), "secret")
	printsJSON(cmd, &asJSON, "print the app as JSON")
	return cmd
}

// ownSecret returns the secret that an app brings along, if one of the flags says where it is.
func ownSecret(c *cli, from *source) (fields.Text, error) {
	if !from.given() {
		return fields.Text{}, nil
	}
	text, err := from.line(c)
	return fields.Given(text), err
}

func (c *cli) clientShow() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "show ID", Short: "Print one app", Args: exactArgs("ID"),
		Long:    "Print one app with everything that was set. Its secret is stored only as a digest, and cannot be shown.",
		Example: "  gatehouse client show shop",
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.onClient(cmd, args[0], func(core *core, app store.Client) error { return c.printClient(cmd, core, app, "", asJSON) })
		},
	}
	printsJSON(cmd, &asJSON, "print the app as JSON")
	return cmd
}

func (c *cli) clientList() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list", Short: "List apps, by ID", Args: exactArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withCore(cmd.Context(), func(core *core) error { return c.listClients(cmd, core, asJSON) })
		},
	}
	printsJSON(cmd, &asJSON, "print one JSON object per line")
	return cmd
}

func (c *cli) listClients(cmd *cobra.Command, core *core, asJSON bool) error {
	list := c.newList(asJSON, "ID", "NAME", "AUTH METHOD", "GRANTS", "SCOPE", "STATE", "ORIGIN", "REDIRECT URIS")
	for after := ""; ; {
		clients, err := core.db.ListClients(cmd.Context(), after, cursor.MaxLimit)
		if err != nil {
			return err
		}
		shown, err := core.apps.Shown(cmd.Context(), clients...)
		if err != nil {
			return err
		}
		for _, app := range shown {
			after = app.ID
			err := list.add(operators.ClientOf(app, ""), app.ID, app.Name, app.AuthMethod, strings.Join(app.GrantTypes, " "), app.Scope, clientState(app), app.Origin, strings.Join(app.RedirectURIs, " "))
			if err != nil {
				return err
			}
		}
		if len(clients) < cursor.MaxLimit {
			return list.flush()
		}
	}
}

func clientState(app store.Client) string {
	if app.Disabled {
		return "disabled"
	}
	return "active"
}

// lastUse returns when something was last used; empty if it never was.
func lastUse(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return inUTC(at)
}

// printClient prints the ID and every attribute that is set.
func (c *cli) printClient(cmd *cobra.Command, core *core, app store.Client, secret string, asJSON bool) error {
	gone, err := core.apps.Gone(cmd.Context(), app)
	if err != nil {
		return err
	}
	if len(gone) > 0 {
		c.say("No API has these scopes any more, so they can be granted no longer: %s", strings.Join(gone, " "))
	}
	shown, err := core.apps.Shown(cmd.Context(), app)
	if err != nil {
		return err
	}
	return c.printShown(shown[0], secret, asJSON)
}

func (c *cli) printShown(app store.Client, secret string, asJSON bool) error {
	if asJSON {
		return c.json(operators.ClientOf(app, secret))
	}
	lines := []line{{"client_id", app.ID}, {"client_secret", secret}}
	for _, a := range client.Attributes(grant.Types()) {
		if a.Name != "disabled" { // it is the state
			lines = append(lines, line{a.Name, a.Kept(&app)})
		}
	}
	if err := c.printLines(append(lines, line{"origin", app.Origin.String()}, line{"state", clientState(app)}, line{"last_used_at", lastUse(app.LastUsedAt)})...); err != nil {
		return err
	}
	if secret != "" {
		c.say("Save the secret now: only its digest is stored here, so it cannot be shown again.")
	}
	return nil
}

// explainClient is explain for a command that names an app.
func explainClient(cmd *cobra.Command, id string, err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("no app has the ID %q; see: gatehouse client list", id)
	}
	return explain(cmd, err)
}
