package testdb

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// watch runs a server, and kills it and removes its folder as soon as the other end of
// its standard input is closed, which happens when this test binary ends, however it ends.
const watch = `folder=$1; shift
"$@" >>"$folder/log" 2>&1 </dev/null &
server=$!
echo $server
read -r end
kill -9 $server
wait $server
[ "$end" = stop ] || rm -rf "$folder"`

// A process is a server from an installed binary, with its own port and folder. It can be
// killed and started again.
type process struct {
	name    string
	command []string
	folder  string
	port    string
	answers func() error

	watcher *exec.Cmd
	pid     int
	hold    io.WriteCloser
}

// start starts the server, and returns when it answers.
func (p *process) start() error {
	p.watcher = exec.Command("/bin/sh", append([]string{"-c", watch, "watch", p.folder}, p.command...)...)
	// A Ctrl-C in the terminal must reach the tests alone.
	p.watcher.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var err error
	if p.hold, err = p.watcher.StdinPipe(); err != nil {
		return err
	}
	out, err := p.watcher.StdoutPipe()
	if err != nil {
		return err
	}
	if err := p.watcher.Start(); err != nil {
		return err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return err
	}
	if p.pid, err = strconv.Atoi(strings.TrimSpace(line)); err != nil {
		return err
	}
	return p.wait()
}

func (p *process) wait() error {
	var err error
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if err = p.answers(); err == nil {
			return nil
		}
		if syscall.Kill(p.pid, 0) != nil {
			break // the server has ended
		}
	}
	log, _ := os.ReadFile(filepath.Join(p.folder, "log"))
	return fmt.Errorf("%s does not answer: %w\n%s", p.name, err, log)
}

// stop kills the server as a power cut would. Its folder stays, so that it can be
// started again.
func (p *process) stop() {
	if p.hold == nil {
		return
	}
	_, _ = io.WriteString(p.hold, "stop\n")
	_ = p.hold.Close()
	_ = p.watcher.Wait() // it ends with an error, because it was killed
	p.hold = nil
}

// end kills the server for good.
func (p *process) end() {
	p.stop()
	_ = os.RemoveAll(p.folder) // what remains is in a folder for temporary files
}

// pause suspends the server. A signal takes a moment to reach every thread, and a request
// could still be answered during that time.
func (p *process) pause(t testing.TB) {
	t.Helper()
	p.signal(t, syscall.SIGSTOP)
	time.Sleep(50 * time.Millisecond)
}

func (p *process) signal(t testing.TB, s syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(p.pid, s); err != nil {
		t.Fatalf("%s: sending the signal: %v", p.name, err)
	}
}

// errMissing means that a program is not installed.
var errMissing = errors.New("is not installed")

// find returns the path of an installed program.
func find(name string) (string, error) {
	for _, folder := range []string{"", "/usr/sbin/", "/usr/local/sbin/"} {
		if path, err := exec.LookPath(folder + name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s %w", name, errMissing)
}

// need ends the test if the server could not be found or started. A missing program skips
// the test on a laptop and fails it in CI.
func need(t testing.TB, err error) {
	t.Helper()
	switch {
	case err == nil:
	case errors.Is(err, errMissing) && os.Getenv("CI") != "true":
		t.Skipf("%v: this test was skipped", err)
	default:
		t.Fatalf("looking for the program: %v", err)
	}
}

// folder makes a folder, in memory if possible.
func folder() (string, error) {
	for _, parent := range []string{"/dev/shm", os.TempDir()} {
		if made, err := os.MkdirTemp(parent, "gatehouse-test-"); err == nil {
			return made, nil
		}
	}
	return "", errors.New("no folder for temporary files")
}
