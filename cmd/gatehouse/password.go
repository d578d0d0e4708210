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
type passwordFlags struct{ source }

func (p *passwordFlags) add(f *pflag.FlagSet) { p.source.add(f, "password") }

// read returns the password, and asks for it on the terminal unless a flag says
// where it is.
func (p *passwordFlags) read(ctx context.Context, c *cli) (string, error) {
	if p.given() {
		return p.line(c)
	}
	return c.prompt(ctx)
}

// A source says where a secret comes from: standard input or a file.
type source struct {
	what  string // names the flags: --what-stdin and --what-file
	stdin bool
	file  string
}

func (s *source) add(f *pflag.FlagSet, what string) {
	s.what = what
	f.BoolVar(&s.stdin, what+"-stdin", false, "read the "+what+" from standard input, up to the end of the line")
	f.StringVar(&s.file, what+"-file", "", "read the "+what+" from the first line of a `file`")
}

func (s *source) given() bool { return s.stdin || s.file != "" }

// line returns the first line of the source.
func (s *source) line(c *cli) (string, error) {
	from := c.stdin
	switch {
	case s.stdin && s.file != "":
		return "", fmt.Errorf("--%s-stdin and --%s-file cannot be used together", s.what, s.what)
	case s.file != "":
		f, err := os.Open(s.file)
		if err != nil {
			return "", fmt.Errorf("reading the %s: %w", s.what, err)
		}
		defer f.Close() //nolint:errcheck // only read
		from = f
	}
	line, err := firstLine(from)
	if err != nil {
		return "", fmt.Errorf("reading the %s: %w", s.what, err)
	}
	return line, nil
}

// firstLine returns the first line without its end. Blanks are part of a password.
func firstLine(r io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(r, 64<<10)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
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
