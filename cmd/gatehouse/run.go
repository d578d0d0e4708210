package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"regexp"
	"slices"

	"github.com/spf13/cobra"

	"gatehouse/config"
	"gatehouse/internal/clock"
)

// cli is what the commands share: the streams, and the settings given as flags.
type cli struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	configFile     string
	flags          map[string]string
}

// run runs one command line and returns its exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	c := &cli{stdin: stdin, stdout: stdout, stderr: stderr, flags: map[string]string{}}
	root := c.rootCommand() //nolint:contextcheck // cobra hands every command its context
	showSettings(root, args)
	root.SetArgs(keyIDsLast(args))
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	if err := root.ExecuteContext(ctx); err != nil {
		c.say("gatehouse: %v", err)
		return 1
	}
	return 0
}

// keyID matches a key ID, a thumbprint in base64url (RFC 7638), that begins like a flag.
// One in 64 does.
var keyID = regexp.MustCompile("^-[A-Za-z0-9_-]{42}$")

// keyIDsLast moves such key IDs behind a "--", where they are not read as flags.
func keyIDsLast(args []string) []string {
	isKeyID := keyID.MatchString
	if slices.Contains(args, "--") || !slices.ContainsFunc(args, isKeyID) {
		return args
	}
	var ids []string
	others := slices.DeleteFunc(slices.Clone(args), func(arg string) bool {
		if isKeyID(arg) {
			ids = append(ids, arg)
		}
		return isKeyID(arg)
	})
	return slices.Concat(others, []string{"--"}, ids)
}

func (c *cli) rootCommand() *cobra.Command {
	root := group("gatehouse", "An application's user system and OAuth 2.0 authorization server",
		`Gatehouse is an application's user system and OAuth 2.0 authorization server.

To try it, run "gatehouse serve" in an empty folder and open the link that it prints.`,
		c.serveCommand(), c.userCommand(), c.clientCommand(), c.apiCommand(), c.keysCommand(), c.auditCommand(), c.explainCommand(),
		c.doctorCommand(), c.backupCommand(), c.restoreCommand(), c.epochCommand(), c.migrateCommand(), c.configCommand(), c.versionCommand(), c.healthcheckCommand())
	root.SilenceUsage, root.SilenceErrors = true, true
	root.SetFlagErrorFunc(flagError)
	root.PersistentFlags().StringVar(&c.configFile, "config", "", "YAML `file` with settings (default: gatehouse.yaml, if it is there)")
	c.settingFlags(root)
	showsVersion(root)
	explainSettings(root)
	c.addCompletions(root)
	c.addSettingCompletions(root)
	return root
}

// settingFlags defines a flag of every command for every setting. They are hidden,
// because thirty of them would drown a command's own flags. Secrets have no flag,
// because everybody on the machine can read arguments.
func (c *cli) settingFlags(root *cobra.Command) {
	for _, s := range config.Settings() {
		if s.Flag == "" {
			continue
		}
		root.PersistentFlags().Func(s.Flag, s.Doc, func(value string) error {
			c.flags[s.Flag] = value
			return nil
		})
		root.PersistentFlags().Lookup(s.Flag).Hidden = true
	}
}

func (c *cli) load() (config.Config, error) { return config.Load(c.sources()) }

func (c *cli) sources() config.Sources {
	return config.Sources{File: c.configFile, Env: os.LookupEnv, Environ: os.Environ, Flags: c.flags}
}

// withCore loads the settings, calls f with what a command works on, and closes it. It
// makes no database.
func (c *cli) withCore(ctx context.Context, f func(*core) error) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	if err := isThere(cfg); err != nil {
		return err
	}
	return c.onCore(ctx, cfg, f)
}

// withNewCore is withCore for a command that may be the first of all, and makes the
// database. Before that, check refuses input that is not valid; the services that it
// gets have no back-ends.
func (c *cli) withNewCore(ctx context.Context, check, f func(*core) error) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	if isThere(cfg) != nil {
		bare := &backends{config: cfg, now: clock.Millis(now)}
		if bare.policy, err = passwordPolicy(cfg); err != nil {
			return err
		}
		if err := check(bare.services(signing{})); err != nil {
			return err
		}
	}
	return c.onCore(ctx, cfg, f)
}

func (c *cli) onCore(ctx context.Context, cfg config.Config, f func(*core) error) (err error) {
	log := slog.New(slog.NewJSONHandler(c.stderr, &slog.HandlerOptions{Level: max(cfg.LogLevel, slog.LevelWarn)}))
	core, err := openCore(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer func() {
		if closing := core.Close(); err == nil {
			err = closing
		}
	}()
	return f(core)
}

// say writes a line to the person at the terminal. Errors are ignored: if nobody can
// be reached, nobody is there.
func (c *cli) say(format string, values ...any) {
	_, _ = fmt.Fprintf(c.stderr, format+"\n", values...)
}

// json prints v for a script.
func (c *cli) json(v any) error {
	e := json.NewEncoder(c.stdout)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
