package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"golang.org/x/term"

	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
)

// withCore opens the core for the length of f.
func (c *cli) withCore(ctx context.Context, f func(*core) error) error {
	core, err := c.core(ctx)
	if err != nil {
		return err
	}
	return errors.Join(f(core), core.Close())
}

// explain puts a refusal into words for a terminal.
func explain(err error) error {
	var bad *fields.Errors
	switch {
	case errors.As(err, &bad):
		return errors.New(inWords(bad))
	case errors.Is(err, authz.ErrLastAdmin):
		return errors.New("the last active administrator cannot be removed, demoted or deactivated")
	}
	return err
}

// inWords lists what is wrong, a line for each field.
func inWords(bad *fields.Errors) string {
	messages := bad.Map()
	lines := make([]string, 0, len(messages))
	for _, field := range slices.Sorted(maps.Keys(messages)) {
		lines = append(lines, field+": "+strings.Join(messages[field], " "))
	}
	return strings.Join(lines, "\n")
}

// passwordFlags say where a password comes from; never from an argument, which
// everybody on the machine can read.
type passwordFlags struct {
	stdin bool
	file  string
}

func (p *passwordFlags) add(f *pflag.FlagSet) {
	f.BoolVar(&p.stdin, "password-stdin", false, "read the password from standard input, up to the end of the line")
	f.StringVar(&p.file, "password-file", "", "read the password from the first line of a `file`")
}

func (p *passwordFlags) read(c *cli) (string, error) {
	switch {
	case p.stdin && p.file != "":
		return "", errors.New("--password-stdin and --password-file exclude each other")
	case p.stdin:
		return firstLine(c.stdin)
	case p.file != "":
		f, err := os.Open(p.file)
		if err != nil {
			return "", err
		}
		defer f.Close() //nolint:errcheck // only read
		return firstLine(f)
	}
	return c.prompt()
}

// firstLine returns a line without its end; blanks are part of a password.
func firstLine(r io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(r, 64<<10)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("reading the password: %w", err)
	}
	return strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r"), nil
}

// prompt asks twice on the terminal, without showing what is typed.
func (c *cli) prompt() (string, error) {
	f, ok := c.stdin.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return "", errors.New("there is no terminal to ask for a password on; use --password-stdin or --password-file")
	}
	ask := func(question string) (string, error) {
		fmt.Fprint(c.stderr, question)
		typed, err := term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(c.stderr)
		return string(typed), err
	}
	first, err := ask("Password: ")
	if err != nil {
		return "", err
	}
	second, err := ask("Once more: ")
	if err != nil {
		return "", err
	}
	if first != second {
		return "", errors.New("the two passwords differ")
	}
	return first, nil
}
