//go:build unix

package server

import (
	"bytes"
	"log/slog"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A named pipe is not read: waiting for it would stop Watch for good.
func TestAPipeIsNotACertificate(t *testing.T) {
	s := newShelf(t, certify(t, 1, time.Now().Add(-time.Hour), time.Now().AddDate(1, 0, 0)))
	var log bytes.Buffer
	s.Certificate.log = slog.New(slog.NewTextHandler(&log, nil))
	if err := os.Remove(s.cert); err != nil {
		t.Fatalf("removing the file: %v", err)
	}
	if err := syscall.Mkfifo(s.cert, 0o600); err != nil {
		t.Fatalf("making a named pipe: %v", err)
	}
	looked := make(chan struct{})
	go func() { s.reload(); close(looked) }()
	select {
	case <-looked:
	case <-time.After(10 * time.Second):
		t.Fatal("reload waits for the pipe, want it refused")
	}
	if !strings.Contains(log.String(), "is not a regular file") {
		t.Errorf(`log: %s, want it to contain "is not a regular file"`, &log)
	}
}
