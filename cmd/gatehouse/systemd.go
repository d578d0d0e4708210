package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"time"
)

// tellReady tells systemd that requests are answered: it listens, and there is a
// key to sign with, which the very first start has to make.
func (a *app) tellReady(ctx context.Context) {
	if _, err := a.ring.List(ctx); err == nil {
		a.tellSystemd(ctx, "READY=1")
	}
}

func (a *app) tellSystemd(ctx context.Context, state string) {
	if err := notifySystemd(ctx, os.Getenv("NOTIFY_SOCKET"), state); err != nil {
		a.log.Warn("systemd cannot be told", "state", state, "error", err)
	}
}

// notifySystemd sends a state as sd_notify(3) says. There is no socket unless
// systemd started us as a unit of Type=notify. An "@" at its start stands for a
// name that is in no file system.
func notifySystemd(ctx context.Context, socket, state string) error {
	if socket == "" {
		return nil
	}
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "unixgram", socket)
	if err != nil {
		return fmt.Errorf("opening NOTIFY_SOCKET: %w", err)
	}
	defer conn.Close()                             //nolint:errcheck // what was sent is sent
	const patience = time.Second                   // a manager that hangs must not keep us from draining
	_ = conn.SetDeadline(time.Now().Add(patience)) // a socket has one
	if _, err := conn.Write([]byte(state)); err != nil {
		return fmt.Errorf("writing to NOTIFY_SOCKET: %w", err)
	}
	return nil
}
