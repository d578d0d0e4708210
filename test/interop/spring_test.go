package interop_test

import (
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/client"
	filled "gatehouse/internal/snippet"
	"gatehouse/internal/test/testkit"
	"gatehouse/store"
)

// TestSpringApps runs the app of the folder spring with the snippets of the console: one that
// signs people in, with a secret and without, and a machine. scripts/spring.sh builds it.
func TestSpringApps(t *testing.T) {
	jar := os.Getenv("GATEHOUSE_TEST_SPRING_APP")
	if jar == "" {
		t.Skip("scripts/spring.sh runs this test; it needs Maven")
	}
	s := open(t)
	for _, c := range []struct{ kind, method string }{{client.Web, store.SecretBasic}, {client.Web, store.SecretPost}, {client.SinglePage, store.NoSecret}, {client.Machine, store.SecretBasic}} {
		t.Run(c.kind+" "+c.method, func(t *testing.T) { s.runsSpring(t, jar, c.kind, c.method) })
	}
}

func (s *site) runsSpring(t *testing.T, jar, name, method string) {
	t.Helper()
	kind, _ := client.KindNamed(name)
	address := testkit.FreeAddress(t)
	_, port, _ := net.SplitHostPort(address)
	home := "http://127.0.0.1:" + port
	made := s.kind(t, kind, method, home+"/login/oauth2/code/gatehouse")
	kept := store.Client{ID: made.ID, AuthMethod: method, GrantTypes: kind.Grants, Scope: kind.Scope, RedirectURIs: []string{home + "/login/oauth2/code/gatehouse"}}
	all := filled.Of(s.issuer, kept)
	config := filepath.Join(t.TempDir(), "application.yaml")
	write(t, config, all[slices.IndexFunc(all, func(f filled.Snippet) bool { return f.Name == "spring" })].Text())
	var log testkit.Journal
	cmd := exec.CommandContext(t.Context(), testkit.Installed(t, "java"), "-jar", jar, "--spring.config.location="+config, "--server.address=127.0.0.1", "--server.port="+port)
	cmd.Env = append(os.Environ(), "CLIENT_SECRET="+made.Secret)
	cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = &log, &log, testkit.NoOrphans()
	if err := cmd.Start(); err != nil {
		t.Fatalf("starting the app: %v", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // an error says that it was killed
		if t.Failed() {
			t.Logf("the app logged:\n%s", log.String())
		}
	})
	want := "token: ey"
	if kind.Redirects() {
		want = "Started Shop"
	}
	testkit.Within(t, 2*time.Minute, "the app says "+want, func() error {
		if !strings.Contains(log.String(), want) {
			return os.ErrNotExist
		}
		return nil
	})
	if kind.Redirects() {
		s.signsInToSpring(t, home)
	}
}

// signsInToSpring signs the site's user in to the app, which then says who it is.
func (s *site) signsInToSpring(t *testing.T, home string) {
	t.Helper()
	app := s.browser(t) // the app's cookies are its own
	begun := app.fetch(home + "/oauth2/authorization/gatehouse")
	back := home + "/login/oauth2/code/gatehouse"
	answer := s.browser(t).visit(begun.Header.Get("Location"), back)
	app.fetch(back + "?" + answer.Encode())
	said := app.fetch(home + "/")
	body, err := io.ReadAll(said.Body)
	if err != nil || string(body) != "sub: "+s.sub {
		t.Errorf("the app says %q with status %s, %v; want the sub %s", body, said.Status, err, s.sub)
	}
}

// fetch sends a GET, and does not follow a redirect.
func (b *browser) fetch(address string) *http.Response {
	b.t.Helper()
	resp, err := b.client.Get(address)
	if err != nil {
		b.t.Fatalf("asking the app: %v", err)
	}
	b.t.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}
