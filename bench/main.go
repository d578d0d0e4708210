// Command bench is the load rig: it starts Gatehouse on SQLite and on MariaDB
// with Redis, fills the database, sends requests to every endpoint that matters, and
// prints what each request costs.
//
// It measures a running server from the outside: CPU and memory come from the kernel,
// queries and commands from the back-ends' own counters.
// The unit of cost is one RSA-2048 signature made in the same run, so that a
// figure means the same on another machine. See README.md beside this file.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	beServant(os.Args[1:])
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// beServant runs one of the rig's own helper processes, and then exits, if the program
// was started as one.
func beServant(args []string) {
	switch {
	case len(args) == 2 && args[0] == helloCommand:
		os.Exit(serveHello(args[1]))
	case len(args) == 1 && args[0] == yardstickCommand:
		os.Exit(serveYardstick(os.Stdin, os.Stdout))
	}
}

// run is the program. It returns 0 if everything was measured, whatever the figures.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parseOptions(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintln(stderr, "bench:", err)
		return 2
	}
	if err := bench(ctx, o, stdout, stderr); err != nil {
		fmt.Fprintln(stderr, "bench:", err)
		return 1
	}
	return 0
}

// findings are what a run measured.
type findings interface {
	tables() []table
	document() string
}

func (r *rig) find(ctx context.Context) (findings, error) {
	switch {
	case r.options.against.wanted():
		return r.compare(ctx)
	case r.options.peers.wanted():
		return r.measurePeers(ctx)
	}
	return r.measure(ctx)
}

// bench measures, prints, and writes the document if one was requested.
func bench(ctx context.Context, o options, stdout, stderr io.Writer) (err error) {
	r, err := newRig(ctx, o, stderr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	found, err := r.find(ctx)
	if err != nil {
		return err
	}
	if err := writeText(stdout, found.tables()); err != nil {
		return err
	}
	if o.markdown == "" {
		return nil
	}
	return os.WriteFile(o.markdown, []byte(found.document()), 0o644)
}
