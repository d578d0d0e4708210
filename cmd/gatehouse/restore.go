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
	cmd := &cobra.Command{
		Use: "restore FILE", Short: "Put a backup in the place of the embedded database", Args: takes("FILE"),
		Long: `Put a backup of the embedded database (SQLite) in the place of the one that is there.
No server may be running on it. FILE is checked first, and must have been made under
GATEHOUSE_MASTER_KEY or GATEHOUSE_MASTER_KEY_PREVIOUS; it stays as it is. The replaced
database stays beside the new one under a name with the time, and is yours to delete.

Everything that was issued is void afterwards (see: gatehouse epoch bump --help), so
everybody signs in again. As far as the replaced database can be read, what was taken
away since the backup is taken away again: people who were deleted or deactivated are
inactive, a lower role counts, passwords and apps' secrets and keys are the newer ones,
consents that were withdrawn are gone, apps that were deleted or disabled are disabled,
the others may do no more than both databases allow (grants, scopes, redirect URIs),
and keys that were retired are retired.

For MySQL and MariaDB, stop the servers, load the dump, and run: gatehouse epoch bump`,
		Example: `  gatehouse restore /var/backups/gatehouse-2026-11-01.db
  gatehouse restore --as-it-was before-the-break-in.db`,
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := c.load()
			if err != nil {
				return err
			}
			return c.restore(cmd.Context(), cfg, args[0], asItWas)
		},
	}
	cmd.Flags().BoolVar(&asItWas, "as-it-was", false, "carry nothing over: for when the replaced database is not to be believed")
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
	c.tellRestored(cfg, done, carried, errors.Join(done.Unread, unread), asItWas)
	return nil
}

func carryOver(ctx context.Context, p rescue.Preparing, masters keys.MasterKeys) (recovery.Carried, error) {
	over := &recovery.CarryOver{
		Restored: p.Restored, Replaced: p.Replaced, Reseal: masters.Reseal, Now: clock.Millis(time.Now), Actor: "cli",
		Kept: func(ctx context.Context, name string) (recovery.Replaced, error) { return p.Earlier(ctx, name) },
	}
	return over.Do(ctx)
}

// begin makes void what was issued before, with the evidence of the restoring.
func begin(ctx context.Context, db *sqlstore.DB, evidence audit.DatabaseRestored) error {
	now := clock.Millis(time.Now)
	epochs := &recovery.Epochs{DB: db, Clock: db.Clock, Now: now}
	if _, err := epochs.Begin(ctx, "cli"); err != nil {
		return err
	}
	event := audit.Event{Actor: "cli", What: evidence}
	return db.Audit(ctx, event.Record(ctx, now()))
}

// opensKeys makes sure that a server can start on the database with the master keys
// that are there, and returns them.
func opensKeys(ctx context.Context, cfg config.Config, db *sqlstore.DB) (keys.MasterKeys, error) {
	records, err := db.SigningKeys(ctx)
	if err != nil || len(records) == 0 {
		return nil, err
	}
	masters, err := masterKeysOf(cfg, false)
	if err != nil {
		return nil, fmt.Errorf("the backup has signing keys, and the master key that opens them is not there: %w", err)
	}
	return masters, keys.Check(masters, records)
}

func (c *cli) tellRestored(cfg config.Config, done rescue.Restored, carried recovery.Carried, unread error, asItWas bool) {
	c.say("the backup is now the database %s", strings.TrimPrefix(cfg.Database.Reveal(), "sqlite:"))
	c.say("Nothing that was issued before counts; everybody signs in again.")
	if done.Kept != "" {
		c.say("The replaced database is kept as %s; delete it when you are sure.", done.Kept)
	}
	c.tellCarried(carried)
	switch {
	case unread != nil:
		c.say("Warning: what was changed since the backup could not be carried over (or not all of it): %v.", unread)
		c.say("%s", lookAt)
	case asItWas, done.Kept == "":
		c.say("Nothing was carried over. %s", lookAt)
	}
}

const lookAt = `Look at who was deactivated, demoted or given another password since the
backup, which apps were disabled, given other secrets or keys or allowed less, and which signing keys were retired: they are as the backup had them.`

// tellCarried lists what is not as the backup had it.
func (c *cli) tellCarried(carried recovery.Carried) {
	for _, line := range []struct {
		what  string
		names []string
	}{
		{"deleted or deactivated since the backup, and now inactive", carried.Deactivated},
		{"demoted since the backup, and now so again", carried.Demoted},
		{"apps deleted or disabled since, and now disabled", carried.Disabled},
		{"apps with the secrets and keys that they were given since", carried.Credentials},
		{"apps that may do less since, and now again", carried.Narrowed},
		{"people and apps are as the backup has them, for the replaced database had been restored to a point before them", carried.Untold},
		{"signing keys retired since, and now retired", carried.Retired},
		{"signing keys made since, and added", carried.Keys},
		{"signing keys made since, which no master key here opens, and left out with what they signed", carried.Unsealed},
	} {
		if len(line.names) > 0 {
			c.say("%d %s: %s", len(line.names), line.what, strings.Join(line.names, ", "))
		}
	}
	if carried.Missing != "" {
		c.say("Warning: %s would tell what was taken from them since, and cannot be read.", carried.Missing)
	}
	for _, line := range []struct {
		what string
		n    int64
	}{
		{"people have the password that they chose (or that was hashed anew) since", int64(carried.Passwords)},
		{"consents were withdrawn since, and are so again", int64(carried.Consents)},
		{"people signed up since and are not in the backup", carried.Lost},
	} {
		if line.n > 0 {
			c.say("%d %s", line.n, line.what)
		}
	}
}
