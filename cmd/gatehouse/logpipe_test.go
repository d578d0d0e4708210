package main

import (
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"gatehouse/internal/logging"
	"gatehouse/internal/test/testkit"
)

// TestTheServerOutlivesTheReaderOfItsLog runs the server as a process that logs into a
// pipe, and closes the other end.
func TestTheServerOutlivesTheReaderOfItsLog(t *testing.T) {
	testkit.Long(t)
	t.Parallel()
	address := testkit.FreeAddress(t)
	log, end, err := os.Pipe()
	if err != nil {
		t.Fatalf("making a pipe: %v", err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Args = []string{"gatehouse", "serve", "--addr", address, "--issuer", "http://" + address} // TestMain dispatches by this name
	cmd.Dir, cmd.Stderr = t.TempDir(), end
	cmd.Env = append(os.Environ(), "GATEHOUSE_DRAIN_DELAY=0s", testkit.GoRace)
	if err := cmd.Start(); err != nil {
		t.Fatalf("starting the command: %v", err)
	}
	_ = end.Close()
	defer func() { _ = cmd.Process.Kill() }()
	answers := func() bool {
		answer, err := http.Get("http://" + address + "/") // the request is logged
		if err == nil {
			_ = answer.Body.Close()
		}
		return err == nil
	}
	for deadline := time.Now().Add(20 * time.Second); !answers(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it does not start")
		}
	}
	_ = log.Close()
	for range 5 {
		if !answers() {
			t.Fatal("it does not answer without its log")
		}
		time.Sleep(logging.FlushEvery)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatalf("sending the signal: %v", err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("waiting for the end: %v", err)
	}
}
