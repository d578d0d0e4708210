package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"gatehouse/config"
	"gatehouse/internal/audit"
	"gatehouse/internal/clock"
	"gatehouse/internal/recovery"
	"gatehouse/keys"
	"gatehouse/store/sqlstore"
	"gatehouse/store/sqlstore/rescue"
)

func (c *cli) restoreCommand() *cobra.Command {
	var asItWas bool
	var ask confirmation
	cmd := &cobra.Command{
		Use: "restore FILE", Short: "Replace the embedded database with a backup", Args: exactArgs("FILE"),
		Long: `Replace the embedded database (SQLite) with a backup of it. No server may be running on
it. FILE is checked first and is not changed; it must have been made under
GATEHOUSE_MASTER_KEY or GATEHOUSE_MASTER_KEY_PREVIOUS. The replaced database stays
beside the new one, under a name with the time. Delete it when you are sure.

Everything that was issued is void afterwards (see: gatehouse epoch bump --help), so
everybody signs in again. As far as the replaced database can be read, what was taken
away since the backup is taken away again: people who were deleted or deactivated are
inactive, a lower role counts, passwords and apps' secrets and keys are the newer ones,
consents that were withdrawn are gone, apps that were deleted or disabled are disabled,
the other apps may do only what both databases allow (grants, scopes, redirect URIs),
and keys that were retired are retired.

The command asks on a terminal. For MySQL and MariaDB, stop the servers, load the dump, and run: gatehouse epoch bump`,
		Example: `  gatehouse restore /var/backups/gatehouse-2026-11-01.db
  gatehouse restore --as-it-was before-the-break-in.db`,
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := c.load()
			if err != nil {
				return err
			}
			file, _ := databaseFile(cfg)
			err = c.confirm(cmd.Context(), ask, func() (string, error) {
				return fmt.Sprintf("The database %s will be replaced by %s, and everybody signs in again; the replaced one is kept beside it.", file, args[0]), nil
			})
			if err != nil {
				return err
			}
			return c.restore(cmd.Context(), cfg, args[0], asItWas)
		},
	}
	ask.add(cmd)
	cmd.Flags().BoolVar(&asItWas, "as-it-was", false, "carry nothing over; use this if the replaced database cannot be trusted")
	return cmd
}

func (c *cli) restore(ctx context.Context, cfg config.Config, file string, asItWas bool) error {
	log := slog.New(slog.NewJSONHandler(c.stderr, &slog.HandlerOptions{Level: max(cfg.LogLevel, slog.LevelWarn)}))
	options := sqlstore.Options{DSN: cfg.Database.Reveal(), Now: time.Now, Log: log}
	var carried recovery.Carried
	var unread error
	done, err := rescue.Restore(ctx, options, file, func(ctx context.Context, p rescue.Preparing) error {
		masters, err := opensKeys(ctx, cfg, p.Restored)
		if err != nil {
			return err
		}
		point, err := recovery.PointOf(ctx, p.Restored)
		if err != nil {
			return err
		}
		evidence := audit.DatabaseRestored{Backup: filepath.Base(file)}
		if !point.IsZero() {
			evidence.Until = point.Format(time.RFC3339Nano)
		}
		if p.Replaced != nil && !asItWas {
			carried, unread = carryOver(ctx, p, masters)
			evidence.Carried = carried.Count()
			if unread == nil {
				evidence.Kept = p.Kept
			}
		}
		return begin(ctx, p.Restored, evidence)
	})
	switch {
	case errors.Is(err, rescue.ErrNotEmbedded):
		return errors.New("the database is a MySQL or MariaDB server; stop the servers, load the dump with its own tools, and run: gatehouse epoch bump")
	case errors.Is(err, rescue.ErrInUse):
		return errors.New("the database is in use, by a server or another command; stop it first. Nothing was changed")
	case err != nil:
		return fmt.Errorf("%w. Nothing was changed", err)
	}
	c.sayRestored(cfg, done, carried, errors.Join(done.Unread, unread), asItWas)
	return nil
}

func carryOver(ctx context.Context, p rescue.Preparing, masters keys.MasterKeys) (recovery.Carried, error) {
	over := &recovery.CarryOver{
		Restored: p.Restored, Replaced: p.Replaced, Reseal: masters.Reseal, Now: clock.Millis(time.Now), Actor: "cli",
		Kept: func(ctx context.Context, name string) (recovery.Replaced, error) { return p.Earlier(ctx, name) },
	}
	return over.Do(ctx)
}

// begin voids everything that was issued before, and records the restoring in the
// audit log.
func begin(ctx context.Context, db *sqlstore.DB, evidence audit.DatabaseRestored) error {
	now := clock.Millis(time.Now)
	epochs := &recovery.Epochs{DB: db, Clock: db.Clock, Now: now}
	if _, err := epochs.Begin(ctx, "cli"); err != nil {
		return err
	}
	event := audit.Event{Actor: "cli", What: evidence}
	return db.Audit(ctx, event.Record(ctx, now()))
}

// opensKeys checks that a server could start on the database with the configured
// master keys, and returns those keys.
func opensKeys(ctx context.Context, cfg config.Config, db *sqlstore.DB) (keys.MasterKeys, error) {
	records, err := db.SigningKeys(ctx)
	if err != nil || len(records) == 0 {
		return nil, err
	}
	masters, err := masterKeysOf(cfg, false)
	if err != nil {
		return nil, fmt.Errorf("the backup has signing keys, but the master key that opens them is missing: %w", err)
	}
	data, err := db.DataKeys(ctx)
	if err != nil {
		return nil, err
	}
	return masters, errors.Join(keys.Check(masters, records), keys.CheckData(masters, data))
}

func (c *cli) sayRestored(cfg config.Config, done rescue.Restored, carried recovery.Carried, unread error, asItWas bool) {
	c.say("the backup is now the database %s", strings.TrimPrefix(cfg.Database.Reveal(), "sqlite:"))
	c.say("Nothing that was issued before counts; everybody signs in again.")
	if done.Kept != "" {
		c.say("The replaced database is kept as %s; delete it when you are sure.", done.Kept)
	}
	c.sayCarried(carried)
	switch {
	case unread != nil:
		c.say("Warning: changes made since the backup could not be carried over, or not all of them: %v.", unread)
		c.say("%s", lookAt)
	case asItWas, done.Kept == "":
		c.say("Nothing was carried over. %s", lookAt)
	}
}

const lookAt = `Check who was deactivated, demoted or given another password since the backup,
which apps and APIs were deleted, disabled, restricted or given other secrets or keys, and which signing keys were retired: all of these are as the backup had them.`

// sayCarried lists what is not as the backup had it.
func (c *cli) sayCarried(carried recovery.Carried) {
	for _, line := range []struct {
		what  string
		names []string
	}{
		{"People deleted or deactivated since the backup, and now inactive", carried.Deactivated},
		{"People demoted since the backup, and now demoted again", carried.Demoted},
		{"Apps deleted or disabled since the backup, and now disabled", carried.Disabled},
		{"Apps with the secrets and keys that they were given since the backup", carried.Credentials},
		{"Apps restricted since the backup, and now restricted again", carried.Narrowed},
		{"APIs restricted since the backup, and now restricted again, or deleted, and now closed to every app", carried.APIs},
		{"People, apps and APIs left as the backup has them, because the replaced database had itself been restored to a point before they existed", carried.Untold},
		{"Signing keys retired since the backup, and now retired", carried.Retired},
		{"Signing keys made since the backup, and added", carried.Keys},
		{"Signing keys made since the backup that no master key here opens, so they are left out and what they signed is void", carried.Unsealed},
	} {
		if len(line.names) > 0 {
			c.say("%s (%d): %s", line.what, len(line.names), strings.Join(line.names, ", "))
		}
	}
	if carried.Missing != "" {
		c.say("Warning: %s, which records what was taken from them since the backup, cannot be read.", carried.Missing)
	}
	for _, line := range []struct {
		what string
		n    int64
	}{
		{"People with the password that they chose (or that was hashed again) since the backup", int64(carried.Passwords)},
		{"People without the second factors that they lost since the backup", int64(carried.Factors)},
		{"Consents withdrawn since the backup, and now withdrawn again", int64(carried.Consents)},
		{"People who signed up since the backup, and are not in it", carried.Lost},
	} {
		if line.n > 0 {
			c.say("%s: %d", line.what, line.n)
		}
	}
}
