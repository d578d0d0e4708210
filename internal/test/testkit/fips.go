package testkit

import (
	"crypto/fips140"
	"os"
	"os/exec"
	"testing"
)

// OnlyFIPS runs the test again, in a process of its own in which Go refuses all cryptography
// that FIPS 140-3 does not have. It returns true there.
func OnlyFIPS(t *testing.T) bool {
	t.Helper()
	if fips140.Enforced() {
		return true
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), "GODEBUG=fips140=only")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("under GODEBUG=fips140=only: %v\n%s", err, out)
	}
	return false
}
