package main

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"gatehouse/handlers/operators"
	"gatehouse/internal/apis"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/store"
)

func (c *cli) apiCommand() *cobra.Command {
	return group("api", "Manage APIs that accept our tokens", "Manage APIs (resource servers) in the database that the server uses: who they are, which scopes\napps can have of them, and what is in access tokens for them. The server may be running.",
		c.apiCreate(), c.apiList(), c.apiShow(), c.apiUpdate(), c.apiDelete())
}

func (c *cli) apiCreate() *cobra.Command {
	var flags apiFlags
	var id, identifier string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "create", Short: "Register an API with its scopes", Args: exactArgs(), PreRunE: needs("identifier", "name"),
		Long: "Register an API. Its identifier is an absolute URI, best the https URL at which it is: access tokens\nfor it name it as their audience, and the API must refuse all others. An app needs a scope of it\nbefore it gets such tokens: see client update --scope.",
		Example: `  gatehouse api create --id orders --identifier https://orders.example --name Orders --scope "orders:read=Read your orders" --sensitive-scope "orders:write=Place orders for you"
  gatehouse api create --identifier https://mcp.example/mcp --name Tools --scope "tools=Use the tools" --clients any --listed-in-metadata`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			in, err := flags.input(cmd.Flags())
			if err != nil {
				return err
			}
			in.Identifier = fields.Given(identifier)
			if cmd.Flags().Changed("id") {
				in.ID = fields.Given(id)
			}
			check := func(core *core) error { return explain(cmd, core.apis.Check(in)) }
			return c.withNewCore(cmd.Context(), check, func(core *core) error {
				made, err := core.apis.Create(cmd.Context(), authz.Operator, in)
				if err != nil {
					return explain(cmd, err)
				}
				return c.printAPI(made, asJSON)
			})
		},
	}
	flags.add(cmd.Flags())
	cmd.Flags().StringVar(&id, "id", "", "`ID` for commands and paths; generated if not given")
	cmd.Flags().StringVar(&identifier, "identifier", "", "absolute `URI` of the API: the audience of its access tokens; it never changes")
	printsJSON(cmd, &asJSON, "print the API as JSON")
	return cmd
}

func (c *cli) apiList() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list", Short: "List APIs, by ID", Args: exactArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withCore(cmd.Context(), func(core *core) error { return c.listAPIs(cmd, core, asJSON) })
		},
	}
	printsJSON(cmd, &asJSON, "print one JSON object per line")
	return cmd
}

func (c *cli) listAPIs(cmd *cobra.Command, core *core, asJSON bool) error {
	all, err := core.apis.All(cmd.Context())
	if err != nil {
		return err
	}
	list := c.newList(asJSON, "ID", "NAME", "IDENTIFIER", "CLIENTS", "SCOPES")
	for _, a := range all {
		if err := list.add(operators.APIOf(a), a.ID, a.Name, a.Identifier, a.Clients, apis.Names(a)); err != nil {
			return err
		}
	}
	return list.flush()
}

func (c *cli) apiShow() *cobra.Command {
	var asJSON, metadata bool
	cmd := &cobra.Command{
		Use: "show ID", Short: "Print one API, or the metadata that it should serve", Args: exactArgs("ID"),
		Long:    "Print one API with everything that was set; with --metadata, the document by which apps that know\nonly the address of the API find this server (RFC 9728), which the API itself should serve.",
		Example: "  gatehouse api show orders\n  gatehouse api show orders --metadata",
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.onAPI(cmd, args[0], func(core *core, a store.API) error {
				if metadata {
					return c.printMetadata(core, a)
				}
				return c.printAPI(a, asJSON)
			})
		},
	}
	printsJSON(cmd, &asJSON, "print the API as JSON")
	cmd.Flags().BoolVar(&metadata, "metadata", false, "print the metadata that the API should serve (RFC 9728)")
	cmd.MarkFlagsMutuallyExclusive("json", "metadata")
	return cmd
}

func (c *cli) printMetadata(core *core, a store.API) error {
	document, address, err := core.apis.Metadata(a)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(document, "", "  ")
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(c.stdout, "%s\n", text); err != nil {
		return err
	}
	c.say("Serve it as application/json at %s, and name that address in every 401: WWW-Authenticate: Bearer resource_metadata=\"…\"", address)
	return nil
}

// printAPI prints the ID, the identifier and every attribute that is set.
func (c *cli) printAPI(a store.API, asJSON bool) error {
	if asJSON {
		return c.json(operators.APIOf(a))
	}
	lines := []line{{"id", a.ID}, {"identifier", a.Identifier}}
	for _, of := range apis.Attributes() {
		lines = append(lines, line{of.Name, of.Kept(&a)})
	}
	return c.printLines(append(lines, line{"signing_alg_from", lastUse(a.Signing.From)}, line{"last_used_at", lastUse(a.LastUsedAt)})...)
}

// onAPI calls f with an API that exists.
func (c *cli) onAPI(cmd *cobra.Command, id string, f func(*core, store.API) error) error {
	return c.withCore(cmd.Context(), func(core *core) error {
		a, err := core.apis.Get(cmd.Context(), id)
		if err != nil {
			return explainAPI(cmd, id, err)
		}
		return f(core, a)
	})
}

// explainAPI is explain for a command that names an API.
func explainAPI(cmd *cobra.Command, id string, err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("no API has the ID %q; see: gatehouse api list", id)
	}
	return explain(cmd, err)
}
