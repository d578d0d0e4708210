package interop_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"gatehouse/internal/test/testdb"
	"gatehouse/internal/test/testkit"
)

const documented = "http://localhost:8080" // the issuer of the documentation

// A reader follows the documentation.
type reader struct {
	site     *site // its password is that of the README
	env      []string
	web      app    // of the README
	job      app    // likewise
	packages string // of Python, if they are installed
	stop     func() // ends the server
	failed   func() bool
	life     context.Context // that of all snippets
}

func newReader(t *testing.T) *reader {
	t.Helper()
	address := testkit.FreeAddress(t)
	issuer := "http://localhost:" + address[strings.LastIndexByte(address, ':')+1:]
	r := &reader{
		life: t.Context(), stop: func() {}, failed: t.Failed,
		site: &site{folder: testdb.Folder(t), issuer: issuer, user: "root", password: "correct horse battery staple"},
		env:  append(os.Environ(), "GATEHOUSE_ISSUER="+issuer, "GATEHOUSE_ADDR="+address, "BUILT="+gatehouse.Path(t)),
	}
	t.Cleanup(func() { r.stop() })
	return r
}

// shell returns a script as a command. "go build ./cmd/gatehouse" gives the binary that the
// tests have built by that command.
func (r *reader) shell(script string) *exec.Cmd {
	const built = "set -euo pipefail\ngo() { [ \"$*\" = 'build ./cmd/gatehouse' ] && cp \"$BUILT\" gatehouse; }\n"
	cmd := exec.CommandContext(r.life, "bash", "-c", built+strings.ReplaceAll(script, documented, r.site.issuer))
	cmd.Dir, cmd.Env, cmd.SysProcAttr = r.site.folder, r.env, testkit.NoOrphans()
	return cmd
}

func (r *reader) run(t *testing.T, script string) string {
	t.Helper()
	out, err := r.shell(script).CombinedOutput()
	if err != nil {
		t.Fatalf("%v, want no error:\n%s\n%s", err, script, out)
	}
	return string(out)
}

// serve runs a snippet that ends in a server, which runs until all snippets have run.
func (r *reader) serve(t *testing.T, s snippet) {
	t.Helper()
	var log bytes.Buffer // read once the server has ended
	cmd := r.shell(s.text)
	cmd.Stdout, cmd.Stderr = &log, &log
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // bash and the server
	if err := cmd.Start(); err != nil {
		t.Fatalf("starting the server: %v", err)
	}
	r.stop = func() {
		_ = cmd.Cancel() // an error means that it has ended
		_ = cmd.Wait()
		if r.failed() {
			t.Logf("the server logged:\n%s", log.String())
		}
	}
	testkit.Within(t, 30*time.Second, "a server that is ready", func() error {
		resp, err := http.Get(r.site.issuer + "/healthz/ready")
		if err != nil {
			return err
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return errors.New(resp.Status)
		}
		return nil
	})
}

// prints runs a snippet that prints all the words.
func prints(words ...string) func(*reader, *testing.T, snippet) {
	return func(r *reader, t *testing.T, s snippet) { r.expect(t, s.text, words...) }
}

func (r *reader) expect(t *testing.T, script string, words ...string) string {
	t.Helper()
	out := r.run(t, script)
	for _, word := range words {
		if !strings.Contains(out, word) {
			t.Errorf("printed %s, want %s in it", out, word)
		}
	}
	return out
}

var madeSecret = regexp.MustCompile(`[A-Za-z0-9_-]{43}`)

// withSecret runs a snippet whose first line prints the SECRET of the second.
func (r *reader) withSecret(t *testing.T, s snippet) {
	t.Helper()
	first, second, _ := strings.Cut(s.text, "\n")
	made := r.run(t, first)
	r.job = app{ID: "nightly", Secret: madeSecret.FindString(made)}
	r.expect(t, strings.ReplaceAll(second, "SECRET", r.job.Secret), `"access_token":"`)
}

func (r *reader) registerWeb(t *testing.T, s snippet) {
	t.Helper()
	r.web = app{ID: "web", Secret: madeSecret.FindString(r.run(t, s.text))}
}

// redisPassword runs the snippet on a Redis whose password is OLD.
func (r *reader) redisPassword(t *testing.T, s snippet) {
	t.Helper()
	at, err := url.Parse(testdb.StartRedis(t).URL)
	if err != nil {
		t.Fatalf("parsing the address of Redis: %v", err)
	}
	prelude := "export REDISCLI_AUTH=OLD\nredis-cli() { command redis-cli -h " + at.Hostname() + " -p " + at.Port() + " \"$@\"; }\nredis-cli ACL SETUSER default '>OLD'\n"
	r.expect(t, prelude+s.text+"REDISCLI_AUTH=NEW redis-cli PING\nredis-cli PING 2>&1 || true\n", "PONG", "NOAUTH")
}
