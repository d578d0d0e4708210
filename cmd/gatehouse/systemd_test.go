package main

import (
	"context"
	"log/slog"
	"net"
	"path/filepath"
	"testing"
	"time"

	"gatehouse/internal/test/testkit"
)

// systemd listens as the service manager does; told returns the next message.
func systemd(t *testing.T) (socket string, told func() string) {
	t.Helper()
	socket = filepath.Join(t.TempDir(), "notify")
	l, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatalf("listening on the Unix socket: %v", err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return socket, func() string {
		t.Helper()
		buffer := make([]byte, 256)
		_ = l.SetReadDeadline(time.Now().Add(30 * time.Second))
		n, err := l.Read(buffer)
		if err != nil {
			t.Fatalf("reading from the socket: %v", err)
		}
		return string(buffer[:n])
	}
}

// TestSystemdIsTold runs the server as a unit. It reports that it is ready once it can
// answer, which needs the first key, and that it begins to stop.
func TestSystemdIsTold(t *testing.T) {
	testkit.Long(t)
	socket, told := systemd(t)
	folder := t.TempDir()
	t.Setenv("NOTIFY_SOCKET", socket)
	t.Setenv("GATEHOUSE_DATABASE", "sqlite:"+filepath.Join(folder, "gatehouse.db"))
	t.Setenv("GATEHOUSE_ADDR", "127.0.0.1:0")
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, []string{"serve"}, nil, t.Output(), t.Output()) }()
	if got := told(); got != "READY=1" {
		t.Errorf(`at the start it was told %q, want "READY=1"`, got)
	}
	stop()
	if got := told(); got != "STOPPING=1" {
		t.Errorf(`at the end it was told %q, want "STOPPING=1"`, got)
	}
	if code := <-ended; code != 0 {
		t.Errorf("it ended with %d, want 0", code)
	}
}

func TestWithoutSystemdNobodyIsTold(t *testing.T) {
	if err := notifySystemd(t.Context(), "", "READY=1"); err != nil {
		t.Errorf("notifying systemd: %v", err)
	}
}

func TestASystemdThatDoesNotListenStopsNothing(t *testing.T) {
	testkit.Long(t)
	t.Setenv("NOTIFY_SOCKET", filepath.Join(t.TempDir(), "nobody"))
	a := startApp(t, slog.New(slog.DiscardHandler), nil)
	a.notifyReady(t.Context())
	if err := notifySystemd(t.Context(), filepath.Join(t.TempDir(), "nobody"), "READY=1"); err == nil {
		t.Error("telling a socket where nobody listens gave no error, want one")
	}
}

// TestASystemdThatHangsStopsNothing fills the queue of a socket from which nobody reads.
func TestASystemdThatHangsStopsNothing(t *testing.T) {
	testkit.Long(t)
	socket, _ := systemd(t)
	ended := make(chan error, 1)
	go func() {
		for {
			if err := notifySystemd(t.Context(), socket, "STOPPING=1"); err != nil {
				ended <- err
				return
			}
		}
	}()
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		t.Error("notifying systemd hangs, want it to give up")
	}
}
