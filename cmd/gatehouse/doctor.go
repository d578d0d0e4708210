package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"gatehouse/config"
	"gatehouse/internal/doctor"
	"gatehouse/internal/finding"
	"gatehouse/internal/machine"
	"gatehouse/keys"
	"gatehouse/store/redisstore"
	"gatehouse/store/sqlstore"
	"gatehouse/store/sqlstore/rescue"
)

func (c *cli) doctorCommand() *cobra.Command {
	var asJSON bool
	replicas := 1
	cmd := &cobra.Command{
		Use: "doctor", Short: "Check the settings and everything around the server", Args: exactArgs(),
		Long: `Check the settings, the database, Redis, the keys, the certificate, the mail server and
this machine, and print for each finding what it is and what to change. It takes at most 15 seconds,
even if something does not answer, and changes nothing. The server may be running.

The exit code is 1 if there is a fault, and 0 if there are none or only warnings.
A fault keeps the server from working as promised; a warning will one day.`,
		Example: `  gatehouse doctor
  gatehouse doctor --replicas 3
  gatehouse doctor --json | jq 'select(.level == "fault")'`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			found := c.examine(cmd.Context(), replicas)
			if err := c.printFindings(found, asJSON); err != nil {
				return err
			}
			return verdict(found)
		},
	}
	printsJSON(cmd, &asJSON, "print one JSON object per line: check, level (ok, warning, fault), found, do")
	cmd.Flags().IntVar(&replicas, "replicas", 1, "`number` of servers that share the database")
	return cmd
}

// examine runs every examination and returns the findings in the order of the
// examinations.
func (c *cli) examine(ctx context.Context, replicas int) finding.List {
	return doctor.Examine(ctx, func() []doctor.Examination {
		from := c.sources()
		from.Patience = doctor.FilePatience
		cfg, err := config.Load(from) // cfg has the settings that could be read
		return examinations(cfg, err, replicas)
	})
}

func examinations(cfg config.Config, faults error, replicas int) []doctor.Examination {
	database := sqlstore.Options{DSN: cfg.Database.Reveal(), Now: time.Now, MaxConns: cfg.DatabaseConnections}
	masters := doctor.Masters{File: masterKeyFile(cfg), Read: func() (keys.MasterKeys, error) { return masterKeysOf(cfg, false) }}
	return []doctor.Examination{
		{Part: "settings", Look: func(context.Context) finding.List {
			return slices.Concat(doctor.Settings(faults), doctor.Front(cfg.Issuer, cfg.Exposed(), cfg.TLSCert != "", len(cfg.TrustedProxies) > 0),
				doctor.Resource(cfg), doctor.StolenPasswords(cfg.StolenPasswords), doctor.FIPS(cfg))
		}},
		{Part: "machine", Look: func(context.Context) finding.List {
			return doctor.Machine(machineSettings(cfg), machine.Available())
		}},
		{Part: "certificate", Look: func(context.Context) finding.List {
			return doctor.Certificate(cfg.TLSCert, cfg.TLSKey, cfg.Issuer, time.Now())
		}},
		{Part: "database", Look: func(ctx context.Context) finding.List {
			return doctor.Database(ctx, database, rescue.Examination{Replicas: replicas, MaxSessions: cfg.MaxSessions, AuditKeep: cfg.AuditKeep, Now: time.Now})
		}},
		{Part: "signer", Look: func(context.Context) finding.List { return doctor.Signer(cfg.Signer) }},
		{Part: "keys", Look: func(ctx context.Context) finding.List {
			return doctor.Keys(ctx, database, masters, keyOptions(cfg, time.Now))
		}},
		{Part: "redis", Look: func(ctx context.Context) finding.List {
			if cfg.Redis.Reveal() == "" {
				return nil
			}
			return redisstore.Examine(ctx, cfg.Redis.Reveal(), time.Now)
		}},
		{Part: "audit sink", Look: func(ctx context.Context) finding.List { return doctor.AuditSink(ctx, cfg, database, time.Now) }},
		examineMail(cfg),
	}
}

// printFindings prints a line for each finding, and below it what to do.
func (c *cli) printFindings(found finding.List, asJSON bool) error {
	if asJSON {
		for _, f := range found {
			if err := c.json(f); err != nil {
				return err
			}
		}
		return nil
	}
	table := tabwriter.NewWriter(c.stdout, 0, 4, 2, ' ', 0)
	for _, f := range found {
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\n", strings.ToUpper(string(f.Level)), f.Check, f.Found) // Flush returns the error
		if f.Do != "" {
			_, _ = fmt.Fprintf(table, "\t\t→ %s\n", f.Do)
		}
	}
	return table.Flush()
}

// verdict returns an error if there is a fault.
func verdict(found finding.List) error {
	count := map[finding.Level]int{}
	for _, f := range found {
		count[f.Level]++
	}
	if n := count[finding.Fault]; n > 0 {
		return fmt.Errorf("%d of %d findings are faults, %d are warnings", n, len(found), count[finding.Warning])
	}
	return nil
}
