package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/spf13/cobra"
)

func (c *cli) migrateCommand() *cobra.Command {
	return group("migrate", "Manage the database schema",
		"Manage the database schema. The server and every command that needs it bring it up to date\non their own; run migrate up to do so before you roll out a new version.",
		c.migrateUp(), c.migrateStatus(), c.migrateFinish())
}

func (c *cli) migrateUp() *cobra.Command {
	return &cobra.Command{
		Use: "up", Short: "Bring the schema up to date", Args: exactArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withNewCore(cmd.Context(), func(*core) error { return nil }, func(*core) error {
				c.say("the schema is up to date")
				return nil
			})
		},
	}
}

func (c *cli) migrateStatus() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "status", Short: "List the migrations and when they ran; change nothing", Args: exactArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error { return c.migrationStatus(cmd.Context(), asJSON) },
	}
	printsJSON(cmd, &asJSON, "print one JSON object per line")
	return cmd
}

type migration struct {
	Version   int     `json:"version"`
	Name      string  `json:"name"`
	AppliedAt *string `json:"applied_at"`
	// FinishedAt is absent where there is nothing to finish.
	FinishedAt any `json:"finished_at,omitempty"` // *string
}

func (c *cli) migrateFinish() *cobra.Command {
	var ask confirmation
	cmd := &cobra.Command{
		Use: "finish", Short: "Use what the release before does not accept; there is no way back to it", Args: exactArgs(),
		Long: "Record that no replica of the release before will run again. New sessions then get refresh tokens\n" +
			"that are addressed to the token endpoint alone, which the release before refuses. Tokens that were\nissued before stay good. A database that this release made is finished from the start.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withCore(cmd.Context(), func(core *core) error {
				if err := c.confirm(cmd.Context(), ask, func() (string, error) {
					return "Replicas of the release before will refuse the refresh tokens of new sessions." + forGood, nil
				}); err != nil {
					return err
				}
				if err := core.db.Finish(cmd.Context(), core.now()); err != nil {
					return fmt.Errorf("finishing the upgrade: %w", err)
				}
				c.say("the upgrade is finished; every replica acts on it within a second")
				return nil
			})
		},
	}
	ask.add(cmd)
	return cmd
}

func (c *cli) migrationStatus(ctx context.Context, asJSON bool) (err error) {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	db, err := openDatabase(ctx, cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	all, err := db.MigrationStatus(ctx)
	if err != nil {
		return err
	}
	list := c.newList(asJSON, "VERSION", "NAME", "APPLIED", "FINISHED")
	for _, m := range all {
		shown, applied := migration{Version: m.Version, Name: m.Name}, "not yet"
		if !m.AppliedAt.IsZero() {
			applied = m.AppliedAt.UTC().Format(time.RFC3339)
			shown.AppliedAt = &applied
		}
		finished := ""
		if m.ToFinish {
			var at *string
			if finished = "not yet: gatehouse migrate finish"; !m.FinishedAt.IsZero() {
				finished = m.FinishedAt.UTC().Format(time.RFC3339)
				at = &finished
			}
			shown.FinishedAt = at
		}
		if err := list.add(shown, m.Version, m.Name, applied, finished); err != nil {
			return err
		}
	}
	return list.flush()
}
