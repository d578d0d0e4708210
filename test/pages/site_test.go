package pages_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"gatehouse/internal/test/testdb"
	"gatehouse/internal/test/testkit"
)

const (
	password = "correct horse battery staple"
	back     = "https://shop.example/back"
)

// A site is the server, with people and an app.
type site struct {
	t        *testing.T
	folder   string
	settings []string
	issuer   string
	// words are what {names} in the addresses of the table stand for.
	words  map[string]string
	log    lines
	server *exec.Cmd
}

// lines keeps what the server prints.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

var setupLink = regexp.MustCompile(`/setup\?token=\S+`)

// open starts the server without an administrator, and makes the rest of its people and
// the app.
func open(t *testing.T, settings ...string) *site {
	t.Helper()
	address := testkit.FreeAddress(t)
	_, port, _ := strings.Cut(address, ":")
	s := &site{t: t, folder: testdb.Folder(t), issuer: "http://localhost:" + port, words: map[string]string{}}
	s.settings = append([]string{
		"GATEHOUSE_ISSUER=" + s.issuer, "GATEHOUSE_ADDR=" + address, "GATEHOUSE_PASSWORD_MEMORY_KIB=7168", "GATEHOUSE_PASSWORD_ITERATIONS=5",
	}, settings...)
	s.start()
	s.run(password+"\n", nil, "user", "create", "--username", "ann", "--email", "ann.fairweather@department.example", "--password-stdin", "--json")
	s.run(password+"\n", nil, "user", "create", "--username", "stan", "--email", "stan@people.example", "--role", "staff", "--password-stdin", "--json")
	s.register()
	s.links()
	return s
}

// links makes one-time links of each kind that the command line makes.
func (s *site) links() {
	s.t.Helper()
	var invited, reset struct {
		Link string `json:"link"`
	}
	s.run("", &invited, "user", "create", "--username", "ines", "--email", "ines@people.example", "--invite", "--json")
	s.run(password+"\n", nil, "user", "create", "--username", "rita", "--email", "rita@people.example", "--password-stdin", "--json")
	s.run("", &reset, "user", "reset-link", "rita", "--json")
	s.words["invite"], s.words["reset"] = strings.TrimPrefix(invited.Link, s.issuer), strings.TrimPrefix(reset.Link, s.issuer)
}

// register makes the app, and lets a device ask for it.
func (s *site) register() {
	s.t.Helper()
	var shop struct {
		ID string `json:"client_id"`
	}
	s.run("", &shop, "client", "create", "--json", "--name", "Photo Shop", "--auth-method", "none", "--scope", "openid profile email phone offline_access",
		"--grant", "authorization_code", "--grant", "refresh_token", "--grant", "urn:ietf:params:oauth:grant-type:device_code", "--redirect-uri", back)
	s.words["shop"] = shop.ID
	s.words["ask"] = "/oauth/authorize?" + url.Values{
		"response_type": {"code"}, "client_id": {shop.ID}, "redirect_uri": {back}, "scope": {"openid profile email phone offline_access"},
		"code_challenge": {"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"}, "code_challenge_method": {"S256"},
	}.Encode()
	resp, err := http.PostForm(s.issuer+"/oauth/device_authorization", url.Values{"client_id": {shop.ID}, "scope": {"openid profile"}})
	if err != nil {
		s.t.Fatalf("asking as a device: %v", err)
	}
	defer resp.Body.Close()
	var device struct {
		Code string `json:"user_code"`
	}
	body, _ := io.ReadAll(resp.Body)
	if err := json.Unmarshal(body, &device); err != nil || device.Code == "" {
		s.t.Fatalf("asking as a device: status %d, %v, want a code\n%s", resp.StatusCode, err, body)
	}
	s.words["code"] = device.Code
}

// start starts the server and waits until it is ready. It ends with the test.
func (s *site) start() {
	s.t.Helper()
	s.t.Cleanup(func() {
		s.stop()
		if s.t.Failed() {
			s.t.Logf("the server printed:\n%s", s.log.String())
		}
	})
	s.serve()
}

// stop ends the server, as a service manager does.
func (s *site) stop() {
	_ = s.server.Process.Signal(syscall.SIGTERM) // an error means that it has ended
	_ = s.server.Wait()
}

// serve starts the server, perhaps again, and waits until it is ready.
func (s *site) serve() {
	s.t.Helper()
	s.server = s.command("serve")
	s.server.Stdout, s.server.Stderr = &s.log, &s.log
	if err := s.server.Start(); err != nil {
		s.t.Fatalf("starting the server: %v", err)
	}
	testkit.Within(s.t, 30*time.Second, "the server is ready and has printed its link", func() error {
		resp, err := http.Get(s.issuer + "/healthz/ready")
		if err != nil {
			return err
		}
		_ = resp.Body.Close()
		s.words["setup"] = setupLink.FindString(s.log.String())
		if resp.StatusCode != http.StatusOK || s.words["setup"] == "" {
			return fmt.Errorf("status %d, link %q", resp.StatusCode, s.words["setup"])
		}
		return nil
	})
}

// run runs the command line, and reads the JSON that it prints; into may be nil.
func (s *site) run(stdin string, into any, args ...string) {
	s.t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := s.command(args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &stdout, &stderr
	if err := cmd.Run(); err != nil {
		s.t.Fatalf("gatehouse %s: %v, want no error\n%s", strings.Join(args, " "), err, stderr.String())
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal(stdout.Bytes(), into); err != nil {
		s.t.Fatalf("reading what gatehouse %s printed: %v", strings.Join(args, " "), err)
	}
}

func (s *site) command(args ...string) *exec.Cmd {
	s.t.Helper()
	cmd := gatehouse.Command(s.t, s.settings, args...)
	cmd.Dir = s.folder
	return cmd
}

// address returns an address of the table in full.
func (s *site) address(path string) string {
	for name, word := range s.words {
		path = strings.ReplaceAll(path, "{"+name+"}", word)
	}
	return s.issuer + path
}
