package interop_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"gatehouse/internal/test/testdb"
	"gatehouse/internal/test/testkit"
	_ "gatehouse/store/sqlstore" // registers the driver with which testdb queries MariaDB
)

// A site is two replicas on one back-end, with a person and an app.
type site struct {
	folder   string
	settings []string
	// masterKey is base64.
	masterKey string
	// issuer is the address of replica A, other that of replica B.
	issuer, other string
	// A browser signs user in.
	user, password, sub string
	shop                app
}

// An app is a client that signs people in.
type app struct {
	ID     string `json:"client_id"`
	Secret string `json:"client_secret"`
}

const (
	shopBack = "https://shop.example/back"
	shopBye  = "https://shop.example/bye"
	scopes   = "openid profile email offline_access"
)

// A backend is a kind of back-end.
type backend struct {
	name     string
	settings func(t *testing.T) []string
}

func backends() []backend {
	return []backend{
		{"SQLite", func(*testing.T) []string { return nil }},
		{"MariaDB", onMariaDB},
		{"MariaDB and Redis", onBoth},
	}
}

func onMariaDB(t *testing.T) []string { return []string{"GATEHOUSE_DATABASE=" + testdb.MySQL(t)} }

func onBoth(t *testing.T) []string {
	return append(onMariaDB(t), "GATEHOUSE_REDIS="+testdb.Redis(t))
}

// open starts the replicas, and registers ann and the shop from the command line.
func open(t *testing.T, settings ...string) *site {
	t.Helper()
	a, b := testkit.FreeAddress(t), testkit.FreeAddress(t) // the issuer must be known before the start
	key := make([]byte, 32)
	_, _ = rand.Read(key) // it never fails
	s := &site{masterKey: base64.StdEncoding.EncodeToString(key), folder: testdb.Folder(t), issuer: "http://" + a, other: "http://" + b, user: "ann", password: rand.Text()}
	s.settings = append([]string{
		"GATEHOUSE_ISSUER=" + s.issuer,
		"GATEHOUSE_MASTER_KEY=" + s.masterKey,
		"GATEHOUSE_PASSWORD_MEMORY_KIB=7168", "GATEHOUSE_PASSWORD_ITERATIONS=5",
	}, settings...)
	s.start(t, a)
	s.start(t, b)
	var ann struct {
		Sub string `json:"sub"`
	}
	s.run(t, s.password+"\n", &ann, "user", "create", "--username", "ann", "--email", "ann@people.example", "--password-stdin", "--json")
	s.sub = ann.Sub
	s.shop = s.register(t, "Shop", "client_secret_basic")
	return s
}

func (s *site) register(t *testing.T, name, method string) app {
	t.Helper()
	var made app
	s.run(t, "", &made, "client", "create", "--json", "--name", name, "--auth-method", method, "--scope", scopes,
		"--grant", "authorization_code", "--grant", "refresh_token",
		"--redirect-uri", shopBack, "--post-logout-redirect-uri", shopBye)
	return made
}

// registerAPI makes an API known to the site.
func (s *site) registerAPI(t *testing.T, id, identifier string, scopes ...string) {
	t.Helper()
	args := []string{"api", "create", "--json", "--id", id, "--identifier", identifier, "--name", id}
	for _, scope := range scopes {
		args = append(args, "--scope", scope+"=Use "+id)
	}
	var made json.RawMessage
	s.run(t, "", &made, args...)
}

// start starts a replica and waits until it is ready. It ends with the test, and
// must end cleanly.
func (s *site) start(t *testing.T, address string) {
	t.Helper()
	var log bytes.Buffer // read once the replica has ended
	cmd := s.command(t, "serve")
	cmd.Env = append(cmd.Env, "GATEHOUSE_ADDR="+address)
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatalf("starting the command: %v", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // an error means that it has ended
		err := cmd.Wait()
		if err != nil || strings.Contains(log.String(), `"msg":"panic"`) {
			t.Errorf("the replica at %s ended with %v, want no error and no panic", address, err)
		}
		if t.Failed() {
			t.Logf("the replica at %s logged:\n%s", address, readiness.ReplaceAllString(log.String(), ""))
		}
	})
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if resp, err := http.Get("http://" + address + "/healthz/ready"); err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
	}
	t.Fatalf("the replica at %s is not ready after 30 s, want it to be", address)
}

// readiness matches the log lines about the requests of start.
var readiness = regexp.MustCompile(`(?m)^.*"/healthz/ready".*\n`)

// run runs the command line beside the replicas, and reads the JSON it prints.
func (s *site) run(t *testing.T, stdin string, into any, args ...string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := s.command(t, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("gatehouse %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	if err := json.Unmarshal(stdout.Bytes(), into); err != nil {
		t.Fatalf("reading what gatehouse %s printed: %v", strings.Join(args, " "), err)
	}
}

// command returns a command of the binary with the site's settings.
func (s *site) command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := gatehouse.Command(t, s.settings, args...)
	cmd.Dir = s.folder
	return cmd
}

// introspect asks as the app whether a token is active.
func (s *site) introspect(t *testing.T, as app, token string) map[string]any {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.issuer+"/oauth/introspect", strings.NewReader(url.Values{"token": {token}}.Encode()))
	if err != nil {
		t.Fatalf("making the request: %v", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(url.QueryEscape(as.ID), url.QueryEscape(as.Secret))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatalf("asking about the token: %v", err)
	}
	defer resp.Body.Close()
	var answer map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("the answer: %s, %v; want 200 and JSON", resp.Status, err)
	}
	return answer
}
