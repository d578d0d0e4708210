package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gatehouse/handlers/operators"
	"gatehouse/internal/authz"
	"gatehouse/internal/client"
	"gatehouse/internal/fields"
	"gatehouse/store"
)

func (c *cli) clientCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "client", Short: "Manage apps"}
	cmd.AddCommand(c.clientCreate(), c.clientList(), c.clientUpdate(), c.clientRotateSecret(), c.clientDelete())
	return cmd
}

// clientFlags are what can be said of an app.
type clientFlags struct {
	name, authMethod, scope         string
	public, firstParty, disabled    bool
	grants, redirects, postLogouts  []string
	accessLife, idleLife, wholeLife time.Duration
}

func (f *clientFlags) add(set *pflag.FlagSet) {
	set.StringVar(&f.name, "name", "", "`name` that people see")
	set.BoolVar(&f.public, "public", false, "the app cannot keep a secret; short for --auth-method none")
	set.BoolVar(&f.firstParty, "first-party", false, "the app is yours; people are not asked for consent")
	set.StringVar(&f.authMethod, "auth-method", "", "client_secret_basic (default), client_secret_post or none")
	set.StringArrayVar(&f.grants, "grant", nil, "grant `type` that the app may use: authorization_code, client_credentials, password or refresh_token; repeatable")
	set.StringVar(&f.scope, "scope", "", "`scopes` that the app may ask for, separated by blanks")
	set.StringArrayVar(&f.redirects, "redirect-uri", nil, "exact redirect `URI`; repeatable")
	set.StringArrayVar(&f.postLogouts, "post-logout-redirect-uri", nil, "exact `URI` to return to after sign-out; repeatable")
	set.DurationVar(&f.accessLife, "access-token-lifetime", 0, "life of its access tokens, if not the default")
	set.DurationVar(&f.idleLife, "refresh-token-idle", 0, "life of one of its refresh tokens, if not the default")
	set.DurationVar(&f.wholeLife, "refresh-token-lifetime", 0, "life of its sessions, if not the default")
}

// input takes over the flags that were given.
func (f *clientFlags) input(set *pflag.FlagSet) client.Input {
	var in client.Input
	if f.public && f.authMethod == "" {
		in.AuthMethod = fields.Given("none")
	}
	for name, take := range map[string]func(){
		"name":                     func() { in.Name = fields.Given(f.name) },
		"auth-method":              func() { in.AuthMethod = fields.Given(f.authMethod) },
		"first-party":              func() { in.FirstParty = fields.On(f.firstParty) },
		"disabled":                 func() { in.Disabled = fields.On(f.disabled) },
		"grant":                    func() { in.GrantTypes = fields.Listed(f.grants...) },
		"scope":                    func() { in.Scope = fields.Given(f.scope) },
		"redirect-uri":             func() { in.RedirectURIs = fields.Listed(f.redirects...) },
		"post-logout-redirect-uri": func() { in.PostLogoutRedirectURIs = fields.Listed(f.postLogouts...) },
		"access-token-lifetime":    func() { in.AccessTokenLifetime = fields.Whole(int64(f.accessLife / time.Second)) },
		"refresh-token-idle":       func() { in.RefreshTokenIdle = fields.Whole(int64(f.idleLife / time.Second)) },
		"refresh-token-lifetime":   func() { in.RefreshTokenLifetime = fields.Whole(int64(f.wholeLife / time.Second)) },
	} {
		if set.Changed(name) {
			take()
		}
	}
	return in
}

func (c *cli) clientCreate() *cobra.Command {
	var flags clientFlags
	var id string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "create", Short: "Register an app; its secret is printed this once", Args: cobra.NoArgs,
		Example: `  gatehouse client create --name Shop --grant password --grant refresh_token --scope "openid account"
  gatehouse client create --name Nightly --grant client_credentials --scope users:read`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			in := flags.input(cmd.Flags())
			if id != "" {
				in.ID = fields.Given(id)
			}
			return c.withCore(cmd.Context(), func(core *core) error {
				made, secret, err := core.apps.Create(cmd.Context(), authz.Operator, in)
				if err != nil {
					return explain(err)
				}
				return c.printClient(made, secret, asJSON)
			})
		},
	}
	flags.add(cmd.Flags())
	cmd.Flags().StringVar(&id, "id", "", "`client_id`; made up if not given")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the app as JSON")
	_ = cmd.MarkFlagRequired("name")
	return cmd
}

func (c *cli) clientUpdate() *cobra.Command {
	var flags clientFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use: "update ID", Short: "Change what is given; lists are replaced", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.withCore(cmd.Context(), func(core *core) error {
				changed, secret, err := core.apps.Update(cmd.Context(), authz.Operator, args[0], flags.input(cmd.Flags()), false)
				if err != nil {
					return explain(err)
				}
				return c.printClient(changed, secret, asJSON)
			})
		},
	}
	flags.add(cmd.Flags())
	cmd.Flags().BoolVar(&flags.disabled, "disabled", false, "the app gets nothing, and its tokens are worth nothing")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the app as JSON")
	return cmd
}

func (c *cli) clientRotateSecret() *cobra.Command {
	var overlap time.Duration
	var asJSON bool
	cmd := &cobra.Command{
		Use: "rotate-secret ID", Short: "Give an app a new secret, printed this once", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.withCore(cmd.Context(), func(core *core) error {
				changed, secret, err := core.apps.RotateSecret(cmd.Context(), authz.Operator, args[0], overlap)
				if err != nil {
					return explain(err)
				}
				return c.printClient(changed, secret, asJSON)
			})
		},
	}
	cmd.Flags().DurationVar(&overlap, "overlap", 24*time.Hour, "how long the old secret works beside the new one; 0: not at all")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the app as JSON")
	return cmd
}

func (c *cli) clientDelete() *cobra.Command {
	return &cobra.Command{
		Use: "delete ID", Short: "Erase an app and end its sessions", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.withCore(cmd.Context(), func(core *core) error {
				if err := core.apps.Delete(cmd.Context(), authz.Operator, args[0]); err != nil {
					return explain(err)
				}
				_, err := fmt.Fprintf(c.stderr, "client %s is deleted\n", args[0])
				return err
			})
		},
	}
}

func (c *cli) clientList() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list", Short: "List apps, by ID", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withCore(cmd.Context(), func(core *core) error { return c.listClients(cmd.Context(), core, asJSON) })
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object per line")
	return cmd
}

func (c *cli) listClients(ctx context.Context, core *core, asJSON bool) error {
	const page = 500
	table := tabwriter.NewWriter(c.stdout, 0, 4, 2, ' ', 0)
	if !asJSON {
		fmt.Fprintln(table, "ID\tNAME\tAUTH METHOD\tGRANTS\tSCOPE")
	}
	for after := ""; ; {
		clients, err := core.db.ListClients(ctx, after, page)
		if err != nil {
			return err
		}
		for _, app := range clients {
			after = app.ID
			if asJSON {
				err = c.json(operators.ClientOf(app, ""))
			} else {
				_, err = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", app.ID, app.Name, app.AuthMethod, strings.Join(app.GrantTypes, " "), app.Scope)
			}
			if err != nil {
				return err
			}
		}
		if len(clients) < page {
			return table.Flush()
		}
	}
}

func (c *cli) printClient(app store.Client, secret string, asJSON bool) error {
	if asJSON {
		return c.json(operators.ClientOf(app, secret))
	}
	fmt.Fprintf(c.stdout, "client_id      %s\n", app.ID)
	if secret != "" {
		fmt.Fprintf(c.stdout, "client_secret  %s   (shown this once)\n", secret)
	}
	_, err := fmt.Fprintf(c.stdout, "auth_method    %s\ngrant_types    %s\nscope          %s\n", app.AuthMethod, strings.Join(app.GrantTypes, " "), app.Scope)
	return err
}
