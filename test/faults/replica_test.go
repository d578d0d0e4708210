package faults_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"gatehouse/internal/test/testkit"
)

// patience bounds waits that are normally short, on a machine that may be busy.
const patience = 30 * time.Second

// A replica is a server that can be killed, stopped and started again, on one port.
type replica struct {
	name     string
	addr     string
	figures  string // the address of its metrics
	settings []string
	// program, if set, runs in place of the binary of this version.
	program string

	t    *testing.T
	site *site
	// sink, if set, receives the replica's output in place of the log.
	sink *os.File

	mu     sync.Mutex
	cmd    *exec.Cmd
	exited chan struct{}
	log    testkit.Journal
	// open is set while the replica has been ready and was not told to stop. Only then
	// may requests go to it directly.
	open atomic.Bool
}

func (r *replica) base() string { return "http://" + r.addr }

// launch starts the process and does not wait for it.
func (r *replica) launch() {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	cmd := r.site.command(r.t, "serve")
	if r.program != "" {
		cmd.Path = r.program
	} else {
		cmd.Path = gatehouse.Path(r.t)
	}
	cmd.Env = append(cmd.Env, "GATEHOUSE_ADDR="+r.addr, "GATEHOUSE_METRICS_ADDR="+r.figures)
	cmd.Env = append(cmd.Env, r.settings...)
	cmd.Stdout, cmd.Stderr = &r.log, &r.log
	if r.sink != nil {
		cmd.Stdout, cmd.Stderr = r.sink, r.sink
	}
	if err := cmd.Start(); err != nil {
		r.t.Fatalf("starting the command: %v", err)
	}
	exited := make(chan struct{})
	go func() {
		_ = cmd.Wait() // stop reports the exit code
		close(exited)
	}()
	r.cmd, r.exited = cmd, exited
}

// start starts the replica and waits until it is ready.
func (r *replica) start() {
	r.t.Helper()
	r.launch()
	r.await()
}

// await waits until the replica is ready.
func (r *replica) await() {
	r.t.Helper()
	testkit.Within(r.t, patience, r.name+" is ready", r.ready)
	r.open.Store(true)
}

func (r *replica) ready() error {
	resp, err := probe.Get(r.base() + "/healthz/ready")
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("readiness: %s: %s, want 200", resp.Status, body)
	}
	return nil
}

// probe sends the rig's own requests, each on a new connection.
var probe = &http.Client{Timeout: 12 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

// kill ends the replica as the kernel does when memory runs out.
func (r *replica) kill() {
	r.open.Store(false)
	r.mu.Lock()
	defer r.mu.Unlock()
	_ = r.cmd.Process.Kill() // an error means that it has ended
	<-r.exited
}

// stop tells the replica to stop, and returns its exit code.
func (r *replica) stop() int {
	r.t.Helper()
	r.open.Store(false)
	r.mu.Lock()
	defer r.mu.Unlock()
	_ = r.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-r.exited:
	case <-time.After(patience):
		r.site.errorf("%s does not end:\n%s", r.name, tail(&r.log))
		_ = r.cmd.Process.Kill()
		<-r.exited
	}
	return r.cmd.ProcessState.ExitCode()
}

// serves reports whether requests may go to the replica directly.
func (r *replica) serves() bool { return r.open.Load() && r.alive() }

// alive reports whether the process runs.
func (r *replica) alive() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	select {
	case <-r.exited:
		return false
	default:
		return true
	}
}

func (r *replica) pid() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.cmd.Process.Pid
}

// close ends the replica after the test, and examines its log.
func (r *replica) close() {
	if r.alive() {
		if code := r.stop(); code != 0 {
			r.site.errorf("%s ended with code %d, want 0", r.name, code)
		}
	}
	text := r.log.String()
	for _, trace := range []string{"DATA RACE", `"msg":"panic"`, "panic: ", "fatal error: "} {
		if at := strings.Index(text, trace); at >= 0 {
			r.site.errorf("%s logged %q: %s", r.name, trace, text[at:min(len(text), at+2000)])
		}
	}
	r.site.vault.Search(r.t, "the log of "+r.name, text)
	keep(r.t, r.name, text)
}

// keep leaves the log of a program in the folder if the test failed.
func keep(t *testing.T, name, text string) {
	if !t.Failed() {
		return
	}
	path := filepath.Join(folder, strings.ReplaceAll(t.Name()+"-"+name, "/", "-")+".log")
	t.Logf("the log of %s is in %s (%v)", name, path, os.WriteFile(path, []byte(text), 0o600))
}

func tail(log *testkit.Journal) string {
	text := log.String()
	return text[max(0, len(text)-3000):]
}

var errNotYet = errors.New("not yet")

// interrupt tells the replica to stop, and does not wait.
func (r *replica) interrupt() {
	r.open.Store(false)
	r.mu.Lock()
	defer r.mu.Unlock()
	_ = r.cmd.Process.Signal(syscall.SIGTERM) // an error means that it has ended
}
