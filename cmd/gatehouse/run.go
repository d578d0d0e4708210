package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"gatehouse/config"
)

// cli is what the commands share: the streams, and the settings as flags give them.
type cli struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	configFile     string
	flags          map[string]string
}

// run runs one command line and returns its exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	c := &cli{stdin: stdin, stdout: stdout, stderr: stderr, flags: map[string]string{}}
	root := c.rootCommand()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	if err := root.ExecuteContext(ctx); err != nil {
		fmt.Fprintln(stderr, "gatehouse:", err)
		return 1
	}
	return 0
}

func (c *cli) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "gatehouse",
		Short:         "An application's user system and OAuth 2.0 authorization server",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.PersistentFlags().StringVar(&c.configFile, "config", "", "YAML `file` with settings")
	c.settingFlags(root)
	root.AddCommand(c.serveCommand(), c.userCommand(), c.clientCommand(), c.keysCommand(), c.auditCommand(),
		c.migrateCommand(), c.configCommand(), c.versionCommand(), c.healthcheckCommand())
	return root
}

// settingFlags gives every setting a flag. A secret has none: arguments can be
// read by everybody on the machine.
func (c *cli) settingFlags(root *cobra.Command) {
	for _, s := range config.Settings() {
		if s.Flag != "" {
			root.PersistentFlags().Func(s.Flag, s.Doc+" ["+s.Env+"]", func(value string) error {
				c.flags[s.Flag] = value
				return nil
			})
		}
	}
}

func (c *cli) load() (config.Config, error) {
	return config.Load(config.Sources{File: c.configFile, Env: os.LookupEnv, Environ: os.Environ, Flags: c.flags})
}

// core loads the settings and opens what a command works on.
func (c *cli) core(ctx context.Context) (*core, error) {
	cfg, err := c.load()
	if err != nil {
		return nil, err
	}
	return openCore(ctx, cfg, slog.New(slog.NewJSONHandler(c.stderr, &slog.HandlerOptions{Level: slog.LevelWarn})))
}

func (c *cli) logger(cfg config.Config) *slog.Logger {
	return slog.New(slog.NewJSONHandler(c.stderr, &slog.HandlerOptions{Level: cfg.LogLevel}))
}

// json prints v for a script.
func (c *cli) json(v any) error {
	e := json.NewEncoder(c.stdout)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
