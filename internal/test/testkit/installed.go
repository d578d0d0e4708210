package testkit

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Installed returns the path of the first program that is installed. Without one it
// skips the test, or fails it in CI.
func Installed(t testing.TB, names ...string) string {
	t.Helper()
	for _, name := range names {
		for _, folder := range []string{"", "/usr/sbin/"} {
			if path, err := exec.LookPath(folder + name); err == nil {
				return path
			}
		}
	}
	missing := strings.Join(names, " or ") + " is not installed"
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s, and in CI nothing may be skipped", missing)
	}
	t.Skipf("%s: this test was skipped", missing)
	return ""
}
