//go:build unix

package main

import (
	"io"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"gatehouse/internal/finding"
	"gatehouse/internal/test/testkit"
)

// TestDoctorWaitsForNoPipe puts a pipe that nobody writes to in the place of each file.
// Doctor must name it, examine everything else, and end in time.
func TestDoctorWaitsForNoPipe(t *testing.T) {
	testkit.Long(t)
	pipe := filepath.Join(t.TempDir(), "gatehouse.key")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatalf("making a named pipe: %v", err)
	}
	for name, c := range map[string]struct {
		variable, value string
		check, word     string
	}{
		"a secret":         {"GATEHOUSE_MASTER_KEY_FILE", pipe, "settings", "GATEHOUSE_MASTER_KEY"},
		"the database":     {"GATEHOUSE_DATABASE_FILE", pipe, "settings", "GATEHOUSE_DATABASE"},
		"the certificate":  {"GATEHOUSE_TLS_CERT", pipe, "settings", "GATEHOUSE_TLS_CERT"},
		"the authority":    {"GATEHOUSE_DATABASE", "mysql://ann:x@localhost/x?tls-ca=" + pipe, "database", "not a regular file"},
		"gatehouse.key":    {"GATEHOUSE_DATABASE", "sqlite:" + filepath.Join(filepath.Dir(pipe), "gatehouse.db"), "master key", "is not a regular file"},
		"all the settings": {"", "", "settings", pipe},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			flags := []string{"--config", pipe}
			if c.variable != "" {
				t.Setenv("GATEHOUSE_ISSUER", "https://login.example.com")
				t.Setenv(c.variable, c.value)
				flags = nil
			}
			if name == "gatehouse.key" {
				run(t.Context(), []string{"migrate", "up"}, strings.NewReader(""), io.Discard, io.Discard)
			}
			began := time.Now()
			found, code := examined(t, flags...)
			if took := time.Since(began); took > 15*time.Second {
				t.Errorf("it took %s, want at most 15s", took)
			}
			testkit.Finds(t, found, c.check, finding.Fault, c.word)
			testkit.Finds(t, found, "cores", finding.OK, "")
			if code != 1 {
				t.Errorf("the exit code is %d, want 1", code)
			}
		})
	}
}
