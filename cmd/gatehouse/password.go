package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/pflag"
	"golang.org/x/term"
)

// passwordFlags say where a password comes from. It is never an argument, which
// everybody on the machine can read.
type passwordFlags struct {
	stdin bool
	file  string
}

func (p *passwordFlags) add(f *pflag.FlagSet) {
	f.BoolVar(&p.stdin, "password-stdin", false, "read the password from standard input, up to the end of the line")
	f.StringVar(&p.file, "password-file", "", "read the password from the first line of a `file`")
}

// read returns the password, and asks for it on the terminal unless a flag says
// where it is.
func (p *passwordFlags) read(ctx context.Context, c *cli) (string, error) {
	switch {
	case p.stdin && p.file != "":
		return "", errors.New("--password-stdin and --password-file cannot be used together")
	case p.stdin:
		return firstLine(c.stdin)
	case p.file != "":
		f, err := os.Open(p.file)
		if err != nil {
			return "", fmt.Errorf("reading the password: %w", err)
		}
		defer f.Close() //nolint:errcheck // only read
		return firstLine(f)
	}
	return c.prompt(ctx)
}

// firstLine returns the first line without its end. Blanks are part of a password.
func firstLine(r io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(r, 64<<10)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("reading the password: %w", err)
	}
	return strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r"), nil
}

// prompt asks for the password twice on the terminal, without echo.
func (c *cli) prompt(ctx context.Context) (string, error) {
	f, ok := c.terminal()
	if !ok {
		return "", errors.New("there is no terminal to ask for a password on; use --password-stdin or --password-file")
	}
	first, err := c.ask(ctx, f, "Password: ")
	if err != nil {
		return "", err
	}
	second, err := c.ask(ctx, f, "Once more: ")
	if err != nil {
		return "", err
	}
	if first != second {
		return "", errors.New("the two passwords differ")
	}
	return first, nil
}

// ask reads one answer without echo. Ctrl-C ends it and turns the echo back on.
func (c *cli) ask(ctx context.Context, terminal *os.File, question string) (string, error) {
	number := int(terminal.Fd())
	before, err := term.GetState(number)
	if err != nil {
		return "", fmt.Errorf("asking for a password: %w", err)
	}
	type reply struct {
		typed []byte
		err   error
	}
	replies := make(chan reply, 1)
	_, _ = fmt.Fprint(c.stderr, question)
	go func() {
		typed, err := term.ReadPassword(number)
		replies <- reply{typed, err}
	}()
	defer c.say("")
	select {
	case r := <-replies:
		return string(r.typed), r.err
	case <-ctx.Done():
		return "", errors.Join(errors.New("interrupted; nothing was changed"), term.Restore(number, before))
	}
}
