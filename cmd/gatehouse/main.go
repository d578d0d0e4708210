// Command gatehouse is the authorization server and its command line.
package main

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// version is set by the linker: -ldflags "-X main.version=…".
var version = "dev"

func main() { os.Exit(command()) }

// command runs the command line of this process, and returns its exit code.
func command() int {
	ctx, stop := untilTold()
	defer stop()
	return run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
}

// toldBy is the cause of a context that a signal ended.
type toldBy struct{ os.Signal }

func (t toldBy) Error() string { return "told to stop: " + t.String() }

// untilTold returns a context that ends with the first signal to stop. The second one
// is not caught: it ends the process at once.
func untilTold() (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	var wg sync.WaitGroup
	wg.Go(func() {
		select {
		case s := <-signals:
			signal.Stop(signals)
			cancel(toldBy{s})
		case <-ctx.Done():
			signal.Stop(signals)
		}
	})
	return ctx, func() {
		cancel(nil)
		wg.Wait()
	}
}
