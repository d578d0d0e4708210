package testkit

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"
)

// NPM copies a folder without folders in it, installs the packages of its lock file, and
// returns the copy. npm keeps what it fetched in its own cache.
func NPM(t testing.TB, folder string) string {
	t.Helper()
	Long(t)
	for _, program := range []string{"node", "npm"} {
		Installed(t, program)
	}
	project := t.TempDir()
	if err := os.CopyFS(project, os.DirFS(folder)); err != nil {
		t.Fatalf("copying the folder: %v", err)
	}
	Install(t, project, "npm", "ci", "--ignore-scripts")
	return project
}

// Install runs a package manager, which may take five minutes.
func Install(t testing.TB, folder, program string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = folder
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v, want no error:\n%s", program, args, err, out)
	}
}
