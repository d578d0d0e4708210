package system_test

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"
)

// run runs the command line beside the servers, and returns what it printed.
func (s *site) run(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	out, said, code := s.try(t, stdin, args...)
	if code != 0 {
		t.Fatalf("gatehouse %s ended with code %d, want 0:\n%s", strings.Join(args, " "), code, said)
	}
	return out
}

// try runs a command that may fail.
func (s *site) try(t *testing.T, stdin string, args ...string) (out, said string, code int) {
	t.Helper()
	return s.finish(t, s.command(t, args...), stdin)
}

func (s *site) finish(t *testing.T, cmd *exec.Cmd, stdin string) (out, said string, code int) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &stdout, &stderr
	if err := cmd.Run(); cmd.ProcessState == nil {
		t.Errorf("running %s: %v", cmd, err)
		return "", "", -1
	}
	s.vault.Search(t, "the error output of "+strings.Join(cmd.Args[1:], " "), stderr.String())
	return stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()
}

// command returns a command of the binary with the site's settings.
func (s *site) command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := gatehouse.Command(t, s.settings, args...)
	cmd.Dir = s.folder
	if s.program != "" {
		cmd.Path = s.program
	}
	return cmd
}
