package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gatehouse/internal/test/testkit"
)

// TestEveryRowHasItsProfiles: the server that has them is built for the rig alone.
func TestEveryRowHasItsProfiles(t *testing.T) {
	testkit.Long(t)
	profiles := t.TempDir()
	var figures, progress strings.Builder
	args := []string{"-on", "sqlite", "-sizes", "1000", "-pool", "1000", "-audit", "0", "-duration", "100ms", "-warm-up", "10ms",
		"-connections", "2", "-starts", "1", "-dir", t.TempDir(), "-only", nameJWKS, "-profiles", profiles}
	if code := run(t.Context(), args, &figures, &progress); code != 0 {
		t.Fatalf("exit code %d, want 0: %s", code, progress.String())
	}
	for _, name := range []string{"sqlite-1000-jwks.cpu.pprof", "sqlite-1000-jwks.allocs.pprof"} {
		if text, err := os.ReadFile(filepath.Join(profiles, name)); err != nil || !strings.HasPrefix(string(text), "\x1f\x8b") {
			t.Errorf("%s: %d bytes, %v; want a profile, which gzip packs", name, len(text), err)
		}
	}
}
