// Command gatehouse is the authorization server and its command line.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// version is set by the linker: -ldflags "-X main.version=…".
var version = "dev"

func main() { os.Exit(command()) }

// command runs the command line of this process until it ends, or is told to.
func command() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // told twice, it does not drain
	return run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
}
