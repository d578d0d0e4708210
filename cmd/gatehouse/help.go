package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gatehouse/config"
	"gatehouse/internal/suggest"
)

// group returns a command that only holds others. Run alone, it prints its help.
func group(name, short, long string, commands ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{
		Use: name, Short: short, Long: long,
		Args:                       cobra.ArbitraryArgs, // so that RunE can suggest a command
		SuggestionsMinimumDistance: 2,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			return unknownCommand(cmd, args[0])
		},
	}
	cmd.AddCommand(commands...)
	return cmd
}

func unknownCommand(cmd *cobra.Command, name string) error {
	meant := ""
	if near := cmd.SuggestionsFor(name); len(near) > 0 {
		meant = fmt.Sprintf("; did you mean %q?", near[0])
	}
	return fmt.Errorf("there is no command %q in %q%s\nSee: %s --help", name, cmd.CommandPath(), meant, cmd.CommandPath())
}

// exactArgs requires an argument for each name, and no others.
func exactArgs(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < len(names):
			return missingError(cmd, names[len(args):])
		case len(args) > len(names):
			return fmt.Errorf("unexpected argument %q\nSee: %s --help", args[len(names)], cmd.CommandPath())
		}
		return nil
	}
}

// needs requires the flags, and reports all that are missing at once.
func needs(flags ...string) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, _ []string) error {
		var missing []string
		for _, name := range flags {
			if !cmd.Flags().Changed(name) {
				missing = append(missing, "--"+name)
			}
		}
		if len(missing) == 0 {
			return nil
		}
		return missingError(cmd, missing)
	}
}

func missingError(cmd *cobra.Command, names []string) error {
	verb := "is"
	if len(names) > 1 {
		verb = "are"
	}
	return fmt.Errorf("%s %s missing\nSee: %s --help", strings.Join(names, " and "), verb, cmd.CommandPath())
}

// flagError says what to do about a flag that does not exist or cannot be read.
func flagError(cmd *cobra.Command, err error) error {
	if unknown := (*pflag.NotExistError)(nil); errors.As(err, &unknown) {
		if name := unknown.GetSpecifiedName(); (name == "password" || name == "secret") && cmd.Flags().Lookup(name+"-stdin") != nil {
			return fmt.Errorf("a %s must not be an argument, because everybody on this machine could read it; use --%s-stdin or --%s-file", name, name, name)
		}
		if variable := secretVariable(unknown.GetSpecifiedName()); variable != "" {
			return fmt.Errorf("a secret must not be an argument, because everybody on this machine could read it; set %s or %s_FILE", variable, variable)
		}
		return fmt.Errorf("%w%s\nSee: %s --help", err, nearestFlag(cmd, unknown), cmd.CommandPath())
	}
	return fmt.Errorf("%w\nSee: %s --help", err, cmd.CommandPath())
}

// nearestFlag returns a question that suggests a flag of the command, also for one that
// was written with one dash.
func nearestFlag(cmd *cobra.Command, unknown *pflag.NotExistError) string {
	name := cmp.Or(unknown.GetSpecifiedShortnames(), unknown.GetSpecifiedName())
	var known []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, "--"+f.Name) })
	return suggest.Question("--"+name, known)
}

// secretVariable returns the variable of the secret for which somebody tried a flag,
// or "".
func secretVariable(flag string) string {
	for _, s := range config.Settings() {
		if s.Flag == "" && strings.ReplaceAll(s.YAML, "_", "-") == flag {
			return s.Env
		}
	}
	return ""
}

const width = 78

// explainSettings adds to the help of every command that settings are also flags. The
// help of serve lists them.
func explainSettings(root *cobra.Command) {
	usual := root.HelpFunc()
	root.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		usual(cmd, args)
		if cmd.Name() == "serve" {
			printSettings(cmd.OutOrStdout())
			return
		}
		_, _ = fmt.Fprint(cmd.OutOrStdout(), "\nEvery setting of the server is also a flag of this command; see: gatehouse serve --help\n")
	})
}

func printSettings(to io.Writer) {
	w := bufio.NewWriter(to)
	defer w.Flush() //nolint:errcheck // a reader who closes the pipe has read enough
	_, _ = w.WriteString("\nSettings, by flag, by variable, or by line of gatehouse.yaml (name: value); the\nfirst of these that is given wins. They are also flags of every other command.\n")
	for _, s := range config.Settings() {
		name := "--" + s.Flag
		if s.Flag == "" {
			name = "(no flag)"
		}
		_, _ = fmt.Fprintf(w, "\n  %-28s %s%s\n", name, s.Env, facts(s))
		for line := range wrap(strings.ReplaceAll(s.Doc, "`", ""), width-6) {
			_, _ = w.WriteString("      " + line + "\n")
		}
	}
}

// facts returns a setting's other names, default and bounds on one line.
func facts(s config.Setting) string {
	var b strings.Builder
	if s.FileEnv != "" {
		b.WriteString(" or …_FILE")
	}
	if s.Default != "" {
		b.WriteString(", default " + s.Default)
	}
	if s.Bounds != "" {
		b.WriteString(" (" + s.Bounds + ")")
	}
	return b.String()
}

// wrap yields the words of text in lines of at most the given number of columns; a longer
// word gets its own line.
func wrap(text string, columns int) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		line := ""
		for word := range strings.FieldsSeq(text) {
			if line != "" && len(line)+1+len(word) > columns {
				if !yield(line) {
					return
				}
				line = ""
			}
			line = strings.TrimPrefix(line+" "+word, " ")
		}
		yield(line)
	}
}
