package interop_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/test/testkit"
)

// agentBack is where agents want the browser to come back to. Nothing listens there: the
// tests hand them the address.
const agentBack = "http://127.0.0.1:49152/callback"

// An agent is a program of the folder mcp. It prints where the browser shall go, reads where
// that came back, and prints what the tools said.
type agent struct {
	name string
	// program returns its command line, folder and settings.
	program func(t *testing.T) (args []string, folder string, env []string)
}

func agents() []agent {
	return []agent{
		{"Node", func(t *testing.T) ([]string, string, []string) {
			return []string{"node", "agent.mjs"}, npmProject(t, filepath.Join("mcp", "node")), nil
		}},
		{"Python", func(t *testing.T) ([]string, string, []string) {
			folder := filepath.Join("mcp", "python")
			return []string{testkit.Installed(t, "python3"), "agent.py"}, folder, []string{"PYTHONPATH=" + pythonPackages(t, filepath.Join(folder, "requirements.txt"))}
		}},
	}
}

// TestAgents signs a person in to an MCP server from the official client libraries of the
// Model Context Protocol (revision 2026-07-28): the server's challenge leads the agent to
// Gatehouse, and a call that needs more leads it there again for both scopes.
func TestAgents(t *testing.T) {
	s := openForAgents(t, "/mcp", "GATEHOUSE_REGISTRATION=open")
	var listed app
	s.run(t, "", &listed, "client", "create", "--json", "--name", "Agent that is registered", "--redirect-uri", agentBack,
		"--grant", "authorization_code", "--grant", "refresh_token", "--scope", s.scopes()+" offline_access") // which the agent in Python asks for, too
	ways := []struct {
		name string
		env  []string
	}{
		{"registered", []string{"CLIENT_ID=" + listed.ID, "CLIENT_SECRET=" + listed.Secret}},
		{"document", []string{"DOCUMENT=" + s.document}},
		{"registers itself", nil},
	}
	for _, a := range agents() {
		t.Run(a.name, func(t *testing.T) {
			args, folder, env := a.program(t)
			for _, way := range ways {
				t.Run(way.name, func(t *testing.T) { s.stepsUp(t, args, folder, slices.Concat(env, way.env)) })
			}
		})
	}
}

// stepsUp runs an agent that reads, writes, which needs another scope, and reads again.
func (s *agentSite) stepsUp(t *testing.T, args []string, folder string, env []string) {
	b := s.browser(t)
	said := s.runAgent(t, b, args, folder, append(env, "TOOLS=notes.read notes.write notes.read"))
	both := " for " + s.sub + " with notes.read notes.write"
	if want := []string{"notes.read for " + s.sub + " with notes.read", "notes.write" + both, "notes.read" + both}; !slices.Equal(said, want) {
		t.Errorf("the tools said %q, want %q", said, want)
	}
	if want := []string{"/login", "/consent", "/consent"}; !slices.Equal(b.asked, want) {
		t.Errorf("the person was asked by the pages %v, want %v", b.asked, want)
	}
}

// runAgent runs an agent, whose person has the browser, and returns what the tools said.
func (s *agentSite) runAgent(t *testing.T, b *browser, args []string, folder string, env []string) (said []string) {
	t.Helper()
	var faults strings.Builder
	cmd := exec.CommandContext(bounded(t), args[0], args[1:]...)
	cmd.Dir, cmd.Stderr, cmd.SysProcAttr = folder, &faults, testkit.NoOrphans()
	cmd.Env = slices.Concat(os.Environ(), []string{"SERVER=" + s.mcp, "BACK=" + agentBack}, s.trust, env)
	in, inErr := cmd.StdinPipe()
	out, outErr := cmd.StdoutPipe()
	if err := errors.Join(inErr, outErr, cmd.Start()); err != nil {
		t.Fatalf("starting the agent: %v", err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if address := lines.Text(); strings.HasPrefix(address, s.issuer+"/") {
			_, _ = io.WriteString(in, agentBack+"?"+b.visit(address, agentBack).Encode()+"\n") // an error shows in what it prints
			continue
		}
		said = append(said, lines.Text())
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("the agent said %q and ended with %v, want success:\n%s", said, err, faults.String())
	}
	return said
}

// bounded ends a program that waits for something that does not come.
func bounded(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}
