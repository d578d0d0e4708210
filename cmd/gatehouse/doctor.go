package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"gatehouse/config"
	"gatehouse/internal/finding"
)

func (c *cli) doctorCommand() *cobra.Command {
	var asJSON bool
	replicas := 1
	cmd := &cobra.Command{
		Use: "doctor", Short: "Check the settings and everything around the server", Args: takes(),
		Long: `Check the settings, the database, Redis, the keys, the certificate and this machine,
and say of each finding what it is and what to change. It takes 15 seconds at most,
whatever does not answer, and changes nothing; the server may be running or not.

The exit code is 1 if there is a fault, and 0 if all is well or there are warnings
only. A fault keeps the server from working as promised; a warning will one day.`,
		Example: `  gatehouse doctor
  gatehouse doctor --replicas 3
  gatehouse doctor --json | jq 'select(.level == "fault")'`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			found := c.examine(cmd.Context(), replicas)
			if err := c.tellFindings(found, asJSON); err != nil {
				return err
			}
			return verdict(found)
		},
	}
	printsJSON(cmd, &asJSON, "print one JSON object per line: check, level (ok, warning, fault), found, do")
	cmd.Flags().IntVar(&replicas, "replicas", 1, "how `many` servers share the database")
	return cmd
}

// An examination looks at one part, by itself.
type examination struct {
	part string
	look func(context.Context) finding.List
}

// patience is how long everything may take: first the settings, then the examinations,
// which run at the same time. A file of the settings has a little of it, twice at most.
const (
	patience     = 12 * time.Second
	filePatience = 2 * time.Second
)

// examine runs every examination, and returns what they found in their order.
func (c *cli) examine(ctx context.Context, replicas int) (all finding.List) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	over, cancelOver := context.WithTimeout(context.WithoutCancel(ctx), patience+time.Second) // they hear of ctx a moment before
	defer cancelOver()
	settings := make(chan loaded, 1)
	go func() { settings <- c.loadToLook() }()
	select {
	case s := <-settings:
		return askAll(ctx, over, s.examinations(replicas))
	case <-over.Done():
		all.Fault("settings", "see that the file systems answer which the settings and the files that they name are on", "they could not be read within %s", patience)
		return all
	}
}

// loaded are the settings, as far as they could be read.
type loaded struct {
	cfg config.Config
	err error
}

func (c *cli) loadToLook() loaded {
	from := c.sources()
	from.Patience = filePatience
	cfg, err := config.Load(from)
	return loaded{cfg, err}
}

func (s loaded) examinations(replicas int) []examination {
	cfg := s.cfg
	return []examination{
		{"settings", func(context.Context) finding.List { return examineSettings(cfg, s.err) }},
		{"machine", func(context.Context) finding.List { return examineMachine(cfg, machine()) }},
		{"certificate", func(context.Context) finding.List { return examineCertificate(cfg, time.Now()) }},
		{"database", func(ctx context.Context) finding.List { return examineDatabase(ctx, cfg, replicas) }},
		{"keys", func(ctx context.Context) finding.List { return examineKeys(ctx, cfg) }},
		{"redis", func(ctx context.Context) finding.List { return examineRedis(ctx, cfg) }},
	}
}

// askAll runs the examinations, each until ctx ends, and waits for them until over.
func askAll(ctx, over context.Context, examinations []examination) (all finding.List) {
	answers := make([]chan finding.List, len(examinations))
	for i, e := range examinations {
		answers[i] = make(chan finding.List, 1)
		go func() { answers[i] <- e.look(ctx) }()
	}
	for i, e := range examinations {
		select {
		case some := <-answers[i]:
			all = append(all, some...)
		case <-over.Done(): // one deadline for all of them
			all.Fault(e.part, "see that it runs and that this machine reaches it", "it could not be examined within %s", patience)
		}
	}
	return all
}

func examineSettings(cfg config.Config, err error) (found finding.List) {
	var faults *config.Faults
	switch {
	case err == nil:
		found.OK("settings", "every one is within its bounds")
	case errors.As(err, &faults):
		for _, f := range faults.All {
			found.Fault("settings", "correct it; see: gatehouse serve --help", "%s", f)
		}
	default:
		found.Fault("settings", "correct it; see: gatehouse serve --help", "%s", err)
	}
	return append(found, examineFront(cfg)...)
}

// examineFront looks at who is in front of the server. An issuer of https without a
// certificate here means that a proxy has it.
func examineFront(cfg config.Config) (found finding.List) {
	secure := strings.HasPrefix(cfg.Issuer, "https:")
	found.Judge(secure, "issuer", "set GATEHOUSE_ISSUER to the public https address before anybody depends on it", "%s", cfg.Issuer)
	if secure && cfg.TLSCert == "" {
		found.Judge(len(cfg.TrustedProxies) > 0, "trusted proxies",
			"set GATEHOUSE_TRUSTED_PROXIES to the networks of the proxy; otherwise all people share its address, and its throttle",
			"a proxy ends TLS, and %s", map[bool]string{true: "is believed as to who asks", false: "nobody is believed as to who asks"}[len(cfg.TrustedProxies) > 0])
	}
	return found
}

// tellFindings prints a line for each, and below it what to do.
func (c *cli) tellFindings(found finding.List, asJSON bool) error {
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
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\n", strings.ToUpper(string(f.Level)), f.Check, f.Found) // Flush tells
		if f.Do != "" {
			_, _ = fmt.Fprintf(table, "\t\t→ %s\n", f.Do)
		}
	}
	return table.Flush()
}

// verdict is an error if there is a fault.
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

// machine is what this process may use.
func machine() resources {
	return resources{files: openFiles(), memory: usableMemory(ownGroupMemory(), totalMemory(os.ReadFile)), cores: cores(), collector: os.Getenv("GOMEMLIMIT")}
}
