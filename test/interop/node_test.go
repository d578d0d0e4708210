package interop_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"gatehouse/internal/test/testkit"
)

// TestNodeLibrary uses the certified openid-client, from discovery to sign-out.
func TestNodeLibrary(t *testing.T) {
	project := nodeProject(t)
	s := open(t)
	shop := s.register(t, "Node shop", "client_secret_post")
	cmd := exec.CommandContext(t.Context(), "node", "flow.mjs")
	cmd.Dir = project
	cmd.Env = append(os.Environ(), "ISSUER="+s.issuer, "CLIENT_ID="+shop.ID, "CLIENT_SECRET="+shop.Secret,
		"BACK="+shopBack, "BYE="+shopBye, "SCOPE="+scopes, "USERNAME=ann", "PASSWORD="+s.password, "SUB="+s.sub)
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "signed in and out") {
		t.Errorf("node flow.mjs: %v, want \"signed in and out\":\n%s", err, out)
	}
}

// nodeProject copies the folder node and installs the packages of its lock file.
func nodeProject(t *testing.T) string {
	t.Helper()
	testkit.Long(t)
	for _, program := range []string{"node", "npm"} {
		testkit.Installed(t, program)
	}
	project := t.TempDir()
	for _, name := range []string{"package.json", "package-lock.json", ".npmrc", "flow.mjs"} {
		content, err := os.ReadFile(filepath.Join("node", name))
		if err != nil {
			t.Fatalf("reading the file: %v", err)
		}
		if err := os.WriteFile(filepath.Join(project, name), content, 0o600); err != nil {
			t.Fatalf("writing the file: %v", err)
		}
	}
	install := exec.CommandContext(t.Context(), "npm", "ci", "--ignore-scripts")
	install.Dir = project
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("npm ci: %v\n%s", err, out)
	}
	return project
}
