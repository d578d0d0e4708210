package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/spf13/cobra"
)

func (c *cli) migrateCommand() *cobra.Command {
	return group("migrate", "Manage the database schema",
		"Manage the database schema. The server and every command that needs it bring it up to date\non their own; run migrate up to do so before you roll out a new version.",
		c.migrateUp(), c.migrateStatus())
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
	list := c.newList(asJSON, "VERSION", "NAME", "APPLIED")
	for _, m := range all {
		shown, applied := migration{Version: m.Version, Name: m.Name}, "not yet"
		if !m.AppliedAt.IsZero() {
			applied = m.AppliedAt.UTC().Format(time.RFC3339)
			shown.AppliedAt = &applied
		}
		if err := list.add(shown, m.Version, m.Name, applied); err != nil {
			return err
		}
	}
	return list.flush()
}
