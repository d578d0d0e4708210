package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// forGood ends the question about an act that no other command undoes.
const forGood = " This cannot be undone."

// A confirmation asks before an act that takes away what cannot be given back (decision 20).
type confirmation struct{ yes bool }

func (q *confirmation) add(cmd *cobra.Command) {
	cmd.Flags().BoolVarP(&q.yes, "yes", "y", false, "do not ask; without a terminal the command never asks")
}

// confirm asks on the terminal whether to go on, after what effect says will happen. It
// asks nothing, and does not call effect, if --yes was given or nobody is at a terminal:
// scripts cannot answer.
func (c *cli) confirm(ctx context.Context, q confirmation, effect func() (string, error)) error {
	terminal, ok := c.terminal()
	if q.yes || !ok {
		return nil
	}
	text, err := effect()
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(c.stderr, "%s Continue? [y/N] ", text)
	answer, err := c.answer(ctx, terminal)
	if err != nil {
		return err
	}
	if answer = strings.ToLower(strings.TrimSpace(answer)); answer != "y" && answer != "yes" {
		return errNotConfirmed
	}
	return nil
}

var errNotConfirmed = errors.New("nothing was changed")

// terminal returns the terminal at which somebody can answer.
func (c *cli) terminal() (*os.File, bool) {
	f, ok := c.stdin.(*os.File)
	return f, ok && term.IsTerminal(int(f.Fd()))
}

// answer reads a line from the terminal. Ctrl-C ends it.
func (c *cli) answer(ctx context.Context, terminal *os.File) (string, error) {
	lines := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(terminal).ReadString('\n') // no answer is a no
		lines <- line
	}()
	select {
	case line := <-lines:
		return line, nil
	case <-ctx.Done():
		c.say("")
		return "", errNotConfirmed
	}
}

// sessionsInWords returns how many sessions there are, of an app or, without an ID, of
// everybody.
func (c *core) sessionsInWords(ctx context.Context, clientID string) (string, error) {
	const most = 10000
	n, err := c.db.CountSessionsUpTo(ctx, clientID, most, c.now())
	if n >= most {
		return fmt.Sprintf("%d sessions or more", n), err
	}
	return counted(int(n), "session"), err
}
