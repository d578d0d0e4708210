package server

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"gatehouse/internal/test/testkit"
)

// A line is a connection that stays open.
type line struct {
	net.Conn
	r *bufio.Reader
}

func dial(t *testing.T, addr string) *line {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatalf("dialling the server: %v", err)
	}
	t.Cleanup(func() { conn.Close() })
	return &line{conn, bufio.NewReader(conn)}
}

// ask sends a request and returns the status, or the error that came instead.
func (l *line) ask(path string) (int, error) {
	if _, err := fmt.Fprintf(l, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path); err != nil {
		return 0, err
	}
	_ = l.SetReadDeadline(time.Now().Add(3 * time.Second))
	answer, err := http.ReadResponse(l.r, nil)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	if answer.Close {
		return answer.StatusCode, errors.Join(err, errGoodbye)
	}
	return answer.StatusCode, err
}

var errGoodbye = errors.New("the answer says Connection: close")

func want(t *testing.T, l *line, path string) {
	t.Helper()
	if status, err := l.ask(path); status != http.StatusOK || err != nil {
		t.Errorf("status = %d, %v; want 200", status, err)
	}
}

// The longest idle connection makes room first, and one at work never does.
func TestIdleConnectionsMakeRoom(t *testing.T) {
	testkit.Long(t)
	entered, leave := make(chan bool), make(chan bool)
	addr, _, _ := serving(t, func(_ http.ResponseWriter, r *http.Request) {
		defer working(r.Context())() // as the gate does
		if r.URL.Path == "/slow" {
			entered <- true
			<-leave
		}
	}, ServeOptions{MaxConnections: 3})

	busy, second, third := dial(t, addr), dial(t, addr), dial(t, addr)
	slow := make(chan error, 1)
	go func() { _, err := busy.ask("/slow"); slow <- err }()
	<-entered
	want(t, second, "/")
	want(t, third, "/")
	time.Sleep(300 * time.Millisecond)
	want(t, second, "/") // third has been idle longer now
	time.Sleep(300 * time.Millisecond)
	fourth := dial(t, addr)
	want(t, fourth, "/")
	for end := time.Now().Add(3 * time.Second); ; time.Sleep(5 * time.Millisecond) { // it is closed in the background
		if _, err := third.ask("/"); err != nil {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the connection that was idle longest is still open, want it closed")
		}
	}
	want(t, second, "/")

	// All three are at work: the next one waits for one of them.
	for _, l := range []*line{second, fourth} {
		go func() { _, _ = l.ask("/slow") }()
		<-entered
	}
	waits := dial(t, addr)
	answered := make(chan error, 1)
	go func() { _, err := waits.ask("/"); answered <- err }()
	select {
	case <-answered:
		t.Error("the connection was served while all were at work, want it to wait")
	case <-time.After(100 * time.Millisecond):
	}
	close(leave)
	if err := <-answered; err != nil {
		t.Errorf("the waiting connection was not answered: %v", err)
	}
	if err := <-slow; err != nil {
		t.Errorf("a request in progress was cut off: %v", err)
	}
}

// A connection whose work is done sends its answer before it makes room.
func TestAnAnswerIsSentBeforeItsConnectionMakesRoom(t *testing.T) {
	entered, leave := make(chan bool), make(chan bool)
	addr, _, _ := serving(t, func(w http.ResponseWriter, r *http.Request) {
		done := working(r.Context())
		if r.URL.Path == "/slow" {
			entered <- true
			<-leave
		}
		done()
		time.Sleep(30 * time.Millisecond) // as on a busy machine
		_, _ = io.WriteString(w, "done")
	}, ServeOptions{MaxConnections: 1})
	for _, before := range []bool{true, false, true, false} {
		busy := dial(t, addr)
		answered := make(chan error, 1)
		go func() { _, err := busy.ask("/slow"); answered <- err }()
		<-entered
		var waits *line
		if before {
			waits = dial(t, addr)
			time.Sleep(5 * time.Millisecond)
		}
		leave <- true
		if !before {
			time.Sleep(5 * time.Millisecond)
			waits = dial(t, addr)
		}
		if err := <-answered; err != nil {
			t.Errorf("the answer was lost: %v", err)
		}
		want(t, waits, "/")
	}
}

// HTTP/2 lets a caller hold back the answer; such a connection makes room.
func TestAConnectionThatReadsNoAnswerMakesRoom(t *testing.T) {
	testkit.Long(t)
	s := newShelf(t, certify(t, 1, time.Now().Add(-time.Hour), time.Now().AddDate(1, 0, 0)))
	h := gated(func(w http.ResponseWriter, _ *http.Request) error {
		_, err := w.Write(make([]byte, 16<<10))
		return err
	}, func() {})
	addr, _, _ := serving(t, h.ServeHTTP, ServeOptions{TLS: s.Config(), MaxConnections: 1, ShutdownTimeout: time.Second})
	slow, err := dialTLS(t.Context(), "127.0.0.1", addr)
	if err != nil {
		t.Fatalf("dialling the server over TLS: %v", err)
	}
	defer slow.Close()
	askForNothing(t, slow, "/work", 3)
	time.Sleep(50 * time.Millisecond)
	start := time.Now()
	next, err := dialTLS(t.Context(), "127.0.0.1", addr)
	if err != nil {
		t.Fatalf("dialling the server over TLS: %v", err)
	}
	next.Close()
	if took := time.Since(start); took > 2*answerTime {
		t.Errorf("the next connection waited for %s, want at most %s", took, 2*answerTime)
	}
}

// A connection whose request is not complete is idle, and makes room.
func TestASlowSenderMakesRoom(t *testing.T) {
	served := gated(func(w http.ResponseWriter, _ *http.Request) error { return nil }, func() {})
	addr, _, _ := serving(t, served.ServeHTTP, ServeOptions{MaxConnections: 2})
	for range 4 {
		slow := dial(t, addr)
		if _, err := io.WriteString(slow, "POST /work HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\na"); err != nil {
			t.Fatalf("writing to the connection: %v", err)
		}
	}
	time.Sleep(50 * time.Millisecond)
	began := time.Now()
	want(t, dial(t, addr), "/keys")
	if took := time.Since(began); took > time.Second {
		t.Errorf("the next connection waited for %s, want at most 1s", took)
	}
}

// Serve ends although its listener waits for room.
func TestServeEndsWhileItsListenerWaitsForRoom(t *testing.T) {
	entered, leave := make(chan bool), make(chan bool)
	defer close(leave)
	addr, stop, ended := serving(t, func(_ http.ResponseWriter, r *http.Request) {
		defer working(r.Context())()
		entered <- true
		<-leave
	}, ServeOptions{MaxConnections: 1, ShutdownTimeout: 50 * time.Millisecond})
	busy := dial(t, addr)
	go func() { _, _ = busy.ask("/") }()
	<-entered
	dial(t, addr)
	time.Sleep(20 * time.Millisecond)
	stop()
	select {
	case <-ended:
	case <-time.After(3 * time.Second):
		t.Fatal("the server hangs at the end, want it to stop")
	}
}

// While the server drains, every answer says so, and idle connections stay open until
// the delay is over.
func TestConnectionsAreToldOfTheEnd(t *testing.T) {
	testkit.Long(t)
	draining := make(chan bool)
	addr, stop, ended := serving(t, func(http.ResponseWriter, *http.Request) {}, ServeOptions{
		DrainDelay: 2 * time.Second, Draining: func() { close(draining) },
	})
	idle, used := dial(t, addr), dial(t, addr)
	want(t, idle, "/")
	want(t, used, "/")
	stop()
	<-draining
	if status, err := used.ask("/"); status != http.StatusOK || !errors.Is(err, errGoodbye) {
		t.Errorf("status = %d, %v; want 200 with Connection: close", status, err)
	}
	_ = idle.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
	if _, err := idle.r.ReadByte(); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("an idle connection in the drain delay: %v, want it open", err)
	}
	if status, err := idle.ask("/"); status != http.StatusOK || !errors.Is(err, errGoodbye) {
		t.Errorf("status on an idle connection = %d, %v; want 200 with Connection: close", status, err)
	}
	if err := <-ended; err != nil {
		t.Errorf("serving until the end: %v", err)
	}
}

// TestNoFilesLeft runs in a process of its own, because it lowers the limit of the process.
func TestNoFilesLeft(t *testing.T) {
	if os.Getenv("GATEHOUSE_TEST_FEW_FILES") == "" {
		run := exec.Command(os.Args[0], "-test.run=^TestNoFilesLeft$", "-test.v")
		run.Env = append(os.Environ(), "GATEHOUSE_TEST_FEW_FILES=1")
		if out, err := run.CombinedOutput(); err != nil {
			t.Fatalf("running the server without files: %v\n%s", err, out)
		}
		return
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listening on a free port: %v", err)
	}
	clients := make([]*line, 40)
	for i := range clients {
		clients[i] = dial(t, l.Addr().String()) // they wait in the queue
	}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatalf("reading the limit on open files: %v", err)
	}
	limit.Cur = uint64(len(clients)) + 20 // room for a few of them
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatalf("setting the limit on open files: %v", err)
	}
	ended := make(chan error, 1)
	go func() {
		ended <- Serve(t.Context(), l, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}),
			ServeOptions{MaxConnections: 1000, Log: slog.New(slog.DiscardHandler)})
	}()
	// The last in the queue is served: those before it, which send nothing, make room.
	want(t, clients[len(clients)-1], "/")
	var used syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &used)
	if cpu := time.Duration(used.Utime.Nano()); cpu > 2*time.Second {
		t.Errorf("the server spins: %s of processor time, want at most 2s", cpu)
	}
	select {
	case err := <-ended:
		t.Errorf("the server ended: %v, want it to continue", err)
	default:
	}
}
