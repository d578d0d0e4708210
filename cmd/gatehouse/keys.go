package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"gatehouse/keys"
)

func (c *cli) keysCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "keys", Short: "Manage signing keys"}
	cmd.AddCommand(
		c.keyCommand("list", "List the keys and what each does", cobra.NoArgs, func(ctx context.Context, ring *keys.Ring, _ []string, asJSON bool) error {
			return c.listKeys(ctx, ring, asJSON)
		}),
		c.keyCommand("rotate", "Publish the next key; it signs once every verifier has had time to fetch it", cobra.NoArgs, func(ctx context.Context, ring *keys.Ring, _ []string, asJSON bool) error {
			next, err := ring.Rotate(ctx, "cli")
			if err != nil {
				return err
			}
			if asJSON {
				return c.json(next)
			}
			_, err = fmt.Fprintf(c.stderr, "key %s is published and signs from %s\n", next.ID, next.SignFrom.Format(time.RFC3339))
			return err
		}),
		c.keyCommand("retire KID", "Withdraw a stolen key at once; tokens it signed are worth nothing from now on", cobra.ExactArgs(1), func(ctx context.Context, ring *keys.Ring, args []string, _ bool) error {
			if err := ring.Retire(ctx, args[0], "cli"); err != nil {
				return err
			}
			_, err := fmt.Fprintf(c.stderr, "key %s is retired\n", args[0])
			return err
		}),
	)
	return cmd
}

func (c *cli) keyCommand(use, short string, args cobra.PositionalArgs, f func(ctx context.Context, ring *keys.Ring, args []string, asJSON bool) error) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: use, Short: short, Args: args,
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.withCore(cmd.Context(), func(core *core) error {
				ring, _, err := core.openRing(cmd.Context())
				if err != nil {
					return err
				}
				return f(cmd.Context(), ring, args, asJSON)
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func (c *cli) listKeys(ctx context.Context, ring *keys.Ring, asJSON bool) error {
	list, err := ring.List(ctx)
	if err != nil {
		return err
	}
	if asJSON {
		return c.json(list)
	}
	table := tabwriter.NewWriter(c.stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "KID\tGENERATION\tSTATE\tSIGNS FROM\tGONE AT")
	for _, k := range list {
		gone := "-"
		if !k.GoneAt.IsZero() {
			gone = k.GoneAt.Format(time.RFC3339)
		}
		fmt.Fprintf(table, "%s\t%d\t%s\t%s\t%s\n", k.ID, k.Generation, k.State, k.SignFrom.Format(time.RFC3339), gone)
	}
	return table.Flush()
}

func (c *cli) migrateCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "migrate", Short: "Manage the database schema"}
	cmd.AddCommand(
		&cobra.Command{
			Use: "up", Short: "Bring the schema up to date", Args: cobra.NoArgs,
			Long: "Bring the schema up to date. `serve` and every other command do so by themselves; run it alone to do it ahead of a new version.",
			RunE: func(cmd *cobra.Command, _ []string) error {
				return c.withCore(cmd.Context(), func(*core) error {
					_, err := fmt.Fprintln(c.stderr, "the schema is up to date")
					return err
				})
			},
		},
		&cobra.Command{
			Use: "status", Short: "List the migrations and when they ran; changes nothing", Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error { return c.migrationStatus(cmd.Context()) },
		},
	)
	return cmd
}

func (c *cli) migrationStatus(ctx context.Context) (err error) {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	db, err := openDatabase(ctx, cfg, c.logger(cfg))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	list, err := db.MigrationStatus(ctx)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(c.stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "VERSION\tNAME\tAPPLIED")
	for _, m := range list {
		applied := "not yet"
		if !m.AppliedAt.IsZero() {
			applied = m.AppliedAt.UTC().Format(time.RFC3339)
		}
		fmt.Fprintf(table, "%d\t%s\t%s\n", m.Version, m.Name, applied)
	}
	return table.Flush()
}
