package interop_test

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gatehouse/internal/client"
	filled "gatehouse/internal/snippet"
	"gatehouse/internal/test/testkit"
	"gatehouse/store"
)

// shellApp runs a script that prints the address of the sign-in and reads the code.
func (r *reader) shellApp(t *testing.T, s snippet) {
	t.Helper()
	cmd := r.shell(s.text)
	cmd.Env = append(slices.Clone(r.env), "CLIENT_SECRET="+r.web.Secret)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatalf("making a pipe: %v", err)
	}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatalf("starting the script: %v", err)
	}
	lines := bufio.NewReader(out)
	to, _ := lines.ReadString('\n')
	answer := r.site.browser(t).visit(strings.TrimSpace(to), documentedBack)
	_, _ = io.WriteString(in, answer.Get("code")+"\n") // an error shows in what it prints
	rest, _ := io.ReadAll(lines)
	if err := cmd.Wait(); err != nil || !strings.Contains(string(rest), `"id_token":"`) {
		t.Errorf("the script printed %q and then %s, %v; want an address and the tokens", to, rest, err)
	}
}

// getsToken runs a program that prints the access token of a machine.
func (r *reader) getsToken(t *testing.T, cmd *exec.Cmd, env ...string) {
	t.Helper()
	cmd.Env = append(append(slices.Clone(r.env), env...), "ISSUER="+r.site.issuer, "ID="+r.job.ID, "SECRET="+r.job.Secret, "CLIENT_SECRET="+r.job.Secret)
	out, err := cmd.CombinedOutput()
	if err != nil || strings.Count(string(out), ".") != 2 {
		t.Errorf("the machine printed %s, %v; want an access token", out, err)
	}
}

func (r *reader) shellJob(t *testing.T, s snippet) {
	cmd := r.shell(strings.TrimSpace(s.text) + ` | sed 's/.*"access_token":"\([^"]*\)".*/\1/'`)
	r.getsToken(t, cmd)
}

func (r *reader) goJob(t *testing.T, s snippet) {
	file := filepath.Join(t.TempDir(), "main.go")
	write(t, file, `package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

var ISSUER, ID, SECRET = os.Getenv("ISSUER"), os.Getenv("ID"), os.Getenv("SECRET")

func main() {
	ctx := context.Background()`, s.text, `
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(tokens.AccessToken)
}`)
	r.getsToken(t, exec.CommandContext(t.Context(), "go", "run", file)) // here, for the module
}

func (r *reader) nodeJob(t *testing.T, s snippet) {
	project := nodeProject(t)
	write(t, filepath.Join(project, "job.mjs"), `const { ISSUER, ID, SECRET } = process.env`, withHint(t, s.text, "{ execute: [client.allowInsecureRequests] }"), `
console.log(tokens.access_token)`)
	cmd := exec.CommandContext(t.Context(), "node", "job.mjs")
	cmd.Dir = project
	r.getsToken(t, cmd)
}

// pythonPackages returns the folder with the packages, which it installs unless they are there.
func (r *reader) pythonPackages(t *testing.T) string {
	t.Helper()
	if r.packages != "" {
		return r.packages
	}
	return pythonPackages(t, filepath.Join("python", "requirements.txt"))
}

func (r *reader) pythonJob(t *testing.T, s snippet) {
	python, packages := testkit.Installed(t, "python3"), r.pythonPackages(t)
	file := filepath.Join(t.TempDir(), "main.py")
	write(t, file, `import os
ISSUER, ID, SECRET = os.environ["ISSUER"], os.environ["ID"], os.environ["SECRET"]
`, s.text, `
print(tokens["access_token"])`)
	r.getsToken(t, exec.CommandContext(t.Context(), python, file), "PYTHONPATH="+packages)
}

// The snippets of the console are those of the documentation with the values of an app. Each
// runs against the server, for each way to authenticate.
func TestSnippetsWithTheValuesOfAnApp(t *testing.T) {
	s := open(t)
	r := &reader{life: t.Context(), site: s, env: os.Environ(), stop: func() {}, failed: t.Failed}
	r.packages = pythonPackages(t, filepath.Join("python", "requirements.txt"))
	apps := map[string]func(*reader, *testing.T, snippet){"curl": (*reader).shellApp, "go": (*reader).goApp, "node": (*reader).nodeApp, "python": (*reader).pythonApp}
	jobs := map[string]func(*reader, *testing.T, snippet){"curl": (*reader).shellJob, "go": (*reader).goJob, "node": (*reader).nodeJob, "python": (*reader).pythonJob}
	for _, c := range []struct{ kind, method string }{
		{client.Web, store.SecretBasic}, {client.Web, store.SecretPost}, {client.SinglePage, store.NoSecret}, {client.Machine, store.SecretBasic}, {client.Machine, store.SecretPost},
	} {
		kind, _ := client.KindNamed(c.kind)
		made, run := s.kind(t, kind, c.method, documentedBack), apps
		if !kind.Redirects() {
			run = jobs
		}
		r.web, r.job = made, made
		kept := store.Client{ID: made.ID, AuthMethod: c.method, GrantTypes: kind.Grants, Scope: kind.Scope, RedirectURIs: []string{documentedBack}}
		for _, code := range filled.Of(s.issuer, kept) {
			if run[code.Name] != nil { // Spring has a test of its own
				t.Run(c.kind+" "+c.method+" "+code.Name, func(t *testing.T) { run[code.Name](r, t, snippet{page: "docs/apps.md", text: code.Text()}) })
			}
		}
	}
}

// kind registers an app of a kind, to which people return at an address.
func (s *site) kind(t *testing.T, k client.Kind, method, back string) (made app) {
	t.Helper()
	args := []string{"client", "create", "--json", "--kind", k.Name, "--name", "Of the console", "--auth-method", method}
	if k.Redirects() {
		args = append(args, "--redirect-uri", back)
	} else {
		args = append(args, "--scope", "users:read")
	}
	s.run(t, "", &made, args...)
	return made
}
