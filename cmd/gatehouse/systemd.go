package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"time"
)

// notifyReady tells systemd that requests are answered: the server listens, and it has
// a key to sign with, which the very first start has to make.
func (a *app) notifyReady(ctx context.Context) {
	if _, err := a.ring.List(ctx); err == nil {
		a.notify(ctx, "READY=1")
	}
}

func (a *app) notify(ctx context.Context, state string) {
	if err := notifySystemd(ctx, os.Getenv("NOTIFY_SOCKET"), state); err != nil {
		a.log.Warn("systemd could not be notified", "state", state, "error", err)
	}
}

// notifySystemd sends a state as sd_notify(3) says. The socket is empty unless systemd
// started us as a unit of Type=notify. A name that begins with "@" is an abstract
// socket, which is not a file.
func notifySystemd(ctx context.Context, socket, state string) error {
	if socket == "" {
		return nil
	}
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unixgram", socket)
	if err != nil {
		return fmt.Errorf("opening NOTIFY_SOCKET: %w", err)
	}
	defer conn.Close()                             //nolint:errcheck // the state was sent before
	const patience = time.Second                   // a service manager that hangs must not keep us from draining
	_ = conn.SetDeadline(time.Now().Add(patience)) // a socket supports deadlines
	if _, err := conn.Write([]byte(state)); err != nil {
		return fmt.Errorf("writing to NOTIFY_SOCKET: %w", err)
	}
	return nil
}
