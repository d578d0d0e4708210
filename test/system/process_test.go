package system_test

import (
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"gatehouse/internal/test/testkit"
)

// A process is one running server.
type process struct {
	name string
	// base is its URL, once it listens.
	base   string
	log    *logBook
	client *http.Client

	site   *site
	cmd    *exec.Cmd
	exited chan struct{} // closed once exit is set
	exit   error
}

var listening = regexp.MustCompile(`listens on (\S+);`)

// patience bounds waits that are normally short, on a machine that may be busy.
const patience = 30 * time.Second

// launch starts a server on the site and does not wait for it.
func (s *site) launch(t *testing.T, name string, settings ...string) *process {
	t.Helper()
	p := &process{name: name, log: newLogBook(), site: s, exited: make(chan struct{})}
	p.client = &http.Client{Timeout: 15 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 200}}
	p.cmd = s.command(t, "serve")
	p.cmd.Env = append(p.cmd.Env, settings...)
	p.cmd.Stderr, p.cmd.Stdout = p.log, p.log
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("starting the server: %v", err)
	}
	go func() {
		p.exit = p.cmd.Wait()
		close(p.exited)
	}()
	t.Cleanup(func() { p.end(t) })
	return p
}

// listens waits until the server listens.
func (p *process) listens(t *testing.T) *process {
	t.Helper()
	limit := time.After(patience)
	for {
		more := p.log.grown()
		if found := listening.FindStringSubmatch(p.log.String()); found != nil {
			p.base = "http://" + found[1]
			return p
		}
		select {
		case <-more:
		case <-p.exited:
			t.Fatalf("server %s ended before it listened, want it to listen: %v\n%s", p.name, p.exit, p.log)
		case <-limit:
			t.Fatalf("server %s does not listen, want it to:\n%s", p.name, p.log)
		}
	}
}

// start starts a server and waits until it is ready.
func (s *site) start(t *testing.T, name string, settings ...string) *process {
	t.Helper()
	p := s.launch(t, name, settings...).listens(t)
	testkit.Within(t, patience, p.name+" is ready", p.ready)
	return p
}

func (p *process) ready() error {
	return p.ask(request{path: "/healthz/ready"}).expect(http.StatusOK)
}

// stop tells the server to stop, and waits for a clean exit.
func (p *process) stop(t *testing.T) {
	t.Helper()
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // an error means that it has ended
	if code := p.wait(t); code != 0 {
		t.Errorf("server %s ended with code %d, want 0", p.name, code)
	}
}

// kill ends the server as the kernel does when memory runs out.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // an error means that it has ended
	<-p.exited
}

// wait returns the exit code.
func (p *process) wait(t *testing.T) int {
	t.Helper()
	select {
	case <-p.exited:
	case <-time.After(patience):
		t.Errorf("server %s does not end, want it to", p.name)
		_ = p.cmd.Process.Kill()
		<-p.exited
	}
	return p.cmd.ProcessState.ExitCode()
}

// end stops the server after the test unless it has ended, and checks its exit and its
// log, which must not show a race, a panic or a secret.
func (p *process) end(t *testing.T) {
	t.Helper()
	select {
	case <-p.exited:
	default:
		p.stop(t)
	}
	p.client.CloseIdleConnections()
	text := p.log.String()
	for _, trace := range []string{"DATA RACE", `"msg":"panic"`, "panic: ", "fatal error: "} {
		if strings.Contains(text, trace) {
			t.Errorf("server %s logged %q, want a log without it", p.name, trace)
		}
	}
	p.site.vault.Search(t, "the log of "+p.name, p.log.lines()...)
	if t.Failed() {
		p.keep(t, text)
	}
}

// keep keeps the server's log in the folder for temporary files.
func (p *process) keep(t *testing.T, text string) {
	f, err := os.CreateTemp("", "gatehouse-"+strings.ReplaceAll(p.name, " ", "-")+"-*.log")
	if err != nil {
		t.Log(err)
		return
	}
	_, err = f.WriteString(text)
	t.Logf("the log of %s is in %s (%v)", p.name, f.Name(), firstOf(err, f.Close()))
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
