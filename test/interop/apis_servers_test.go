package interop_test

import (
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"gatehouse/internal/test/testkit"
)

var snippetFolder = filepath.Join("..", "..", "docs", "snippets", "apis")

// A server is an API of the documentation: a command that serves a port.
type server func(t *testing.T, port string) *exec.Cmd

func goServer(t *testing.T, _ string) *exec.Cmd {
	t.Helper()
	program := filepath.Join(t.TempDir(), "orders")
	build := exec.CommandContext(t.Context(), "go", "build", "-C", filepath.Join(snippetFolder, "go"), "-o", program, ".")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return exec.CommandContext(t.Context(), program)
}

func expressServer(t *testing.T, _ string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "node", "server.mjs")
	cmd.Dir = npmProject(t, filepath.Join(snippetFolder, "node"))
	return cmd
}

// pythonServers share their packages.
func pythonServers(t *testing.T) map[string]server {
	t.Helper()
	folder := filepath.Join(snippetFolder, "python")
	python, packages := testkit.Installed(t, "python3"), pythonPackages(t, filepath.Join(folder, "requirements.txt"))
	run := func(t *testing.T, args ...string) *exec.Cmd {
		cmd := exec.CommandContext(t.Context(), python, args...)
		cmd.Dir = folder
		cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1", "PYTHONPATH="+packages, "DJANGO_SETTINGS_MODULE=settings")
		return cmd
	}
	return map[string]server{
		"Django": func(t *testing.T, port string) *exec.Cmd {
			return run(t, "-m", "django", "runserver", "--noreload", port)
		},
		"FastAPI": func(t *testing.T, _ string) *exec.Cmd { return run(t, "fastapi_app.py") },
	}
}

// springServer runs what scripts/spring.sh has built.
func springServer(t *testing.T, _ string) *exec.Cmd {
	t.Helper()
	jar := os.Getenv("GATEHOUSE_TEST_SPRING")
	if jar == "" {
		t.Skip("scripts/spring.sh runs this test; it needs Maven")
	}
	return exec.CommandContext(t.Context(), testkit.Installed(t, "java"), "-jar", jar)
}

// serveAPI starts an API that trusts an issuer, and returns its address once it answers.
func serveAPI(t *testing.T, issuer string, start server) string {
	t.Helper()
	port, err := testkit.FreePort()
	if err != nil {
		t.Fatalf("looking for a port: %v", err)
	}
	cmd := start(t, port)
	cmd.Env = append(cmd.Environ(), "ISSUER="+issuer, "AUDIENCE="+orders, "PORT="+port)
	var log testkit.Journal
	cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = &log, &log, testkit.NoOrphans()
	if err := cmd.Start(); err != nil {
		t.Fatalf("starting the API: %v", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // an error says that it was killed
		if t.Failed() {
			t.Logf("the API logged:\n%s", log.String())
		}
	})
	base := "http://127.0.0.1:" + port
	testkit.Within(t, time.Minute, "the API answers", func() error {
		resp, err := http.Get(base + metadataPath)
		if err != nil {
			return err
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return errors.New(resp.Status)
		}
		return nil
	})
	return base
}
