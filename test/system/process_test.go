package system_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
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

// A logBook keeps what a process writes, to be read while it runs.
type logBook struct {
	mu   sync.Mutex
	text bytes.Buffer
	more chan struct{} // closed at the next Write
}

func newLogBook() *logBook { return &logBook{more: make(chan struct{})} }

func (l *logBook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.more)
	l.more = make(chan struct{})
	return l.text.Write(p)
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *logBook) grown() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.more
}

// lines returns the log proper, without what is said to the operator at the start.
func (l *logBook) lines() []string {
	var lines []string
	for line := range strings.Lines(l.String()) {
		if strings.HasPrefix(line, "{") {
			lines = append(lines, line)
		}
	}
	return lines
}

var listening = regexp.MustCompile(`listens on (\S+);`)

// patience bounds what happens in a blink, on a machine with much else to do.
const patience = 30 * time.Second

// launch starts a server on the site and does not wait for it.
func (s *site) launch(t *testing.T, name string, settings ...string) *process {
	t.Helper()
	p := &process{name: name, log: newLogBook(), site: s, exited: make(chan struct{})}
	p.client = &http.Client{Timeout: 15 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 200}}
	p.cmd = s.command(t, "serve")
	p.cmd.Env = append(p.cmd.Env, settings...)
	p.cmd.Stderr, p.cmd.Stdout = p.log, p.log
	p.cmd.SysProcAttr = noOrphans()
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
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
			t.Fatalf("server %s ended before it listened: %v\n%s", p.name, p.exit, p.log)
		case <-limit:
			t.Fatalf("server %s does not listen:\n%s", p.name, p.log)
		}
	}
}

// start starts a server and waits until it is ready.
func (s *site) start(t *testing.T, name string, settings ...string) *process {
	t.Helper()
	p := s.launch(t, name, settings...).listens(t)
	within(t, patience, p.name+" is ready", p.ready)
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
		t.Errorf("server %s does not end", p.name)
		_ = p.cmd.Process.Kill()
		<-p.exited
	}
	return p.cmd.ProcessState.ExitCode()
}

// end stops the server after the test if that has not happened, and looks at what
// it leaves: a clean exit, and no trace of a race, a panic or a secret.
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
			t.Errorf("server %s logged %q", p.name, trace)
		}
	}
	p.site.vault.search(t, "the log of "+p.name, p.log.lines()...)
	if t.Failed() {
		p.keep(t, text)
	}
}

// keep keeps the log of a test that failed.
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

// within waits until f returns no error, for so long at most, and returns how
// long it took.
func within(t *testing.T, limit time.Duration, what string, f func() error) time.Duration {
	t.Helper()
	began := time.Now()
	for {
		err := f()
		took := time.Since(began)
		if err == nil {
			return took
		}
		if took > limit {
			t.Fatalf("after %s it still does not hold that %s: %v", took.Round(time.Millisecond), what, err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// run runs the command line beside the servers, and returns what it printed.
func (s *site) run(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	out, said, code := s.try(t, stdin, args...)
	if code != 0 {
		t.Fatalf("gatehouse %s ended with code %d:\n%s", strings.Join(args, " "), code, said)
	}
	return out
}

// try is run for a command that may fail.
func (s *site) try(t *testing.T, stdin string, args ...string) (out, said string, code int) {
	t.Helper()
	return s.finish(t, s.command(t, args...), stdin)
}

func (s *site) finish(t *testing.T, cmd *exec.Cmd, stdin string) (out, said string, code int) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &stdout, &stderr
	cmd.SysProcAttr = noOrphans()
	if err := cmd.Run(); cmd.ProcessState == nil {
		t.Error(fmt.Errorf("%s: %w", cmd, err))
		return "", "", -1
	}
	s.vault.search(t, "what "+strings.Join(cmd.Args[1:], " ")+" says", stderr.String())
	return stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()
}

// command is the binary with the site's settings, and no others of ours.
func (s *site) command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(binary(t), args...)
	cmd.Dir = s.folder
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "GATEHOUSE_") && !strings.HasPrefix(variable, "GORACE=") {
			cmd.Env = append(cmd.Env, variable)
		}
	}
	cmd.Env = append(cmd.Env, "GORACE=halt_on_error=1 atexit_sleep_ms=0")
	cmd.Env = append(cmd.Env, s.settings...)
	return cmd
}
