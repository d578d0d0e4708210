package testdb

import (
	"bufio"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"gatehouse/internal/test/testkit"
)

// Redis returns the URL of an empty Redis: a new server, or a numbered database of
// GATEHOUSE_TEST_REDIS that no other test uses at the same time.
func Redis(t testing.TB) string {
	t.Helper()
	testkit.Long(t)
	server := os.Getenv("GATEHOUSE_TEST_REDIS")
	if server == "" {
		return StartRedis(t).URL
	}
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal("GATEHOUSE_TEST_REDIS is not a URL")
	}
	u.Path = "/" + strconv.Itoa(claim(t, u))
	return u.String()
}

// claim finds a free database, empties it, and reserves it for the test. Database 0 holds
// the reservations.
func claim(t testing.TB, server *url.URL) int {
	t.Helper()
	for n := 1; ; n++ {
		note := "gatehouse-test-database-" + strconv.Itoa(n)
		answer, err := tell(server, 0, "SET", note, t.Name(), "NX", "EX", "3600")
		if err != nil {
			t.Fatalf("reserving a database: %v", err)
		}
		if answer != "OK" {
			continue // it is reserved
		}
		if _, err := tell(server, n, "FLUSHDB"); err != nil {
			t.Fatalf("emptying database %d, if the server has so many: %v", n, err)
		}
		t.Cleanup(func() {
			_, _ = tell(server, n, "FLUSHDB")
			_, _ = tell(server, 0, "DEL", note)
		})
		return n
	}
}

// tell sends a command to a database of the server.
func tell(server *url.URL, database int, command ...string) (string, error) {
	c, err := net.DialTimeout("tcp", server.Host, 5*time.Second)
	if err != nil {
		return "", err
	}
	defer c.Close()
	commands := [][]string{{"SELECT", strconv.Itoa(database)}, command}
	if password, ok := server.User.Password(); ok {
		commands = append([][]string{{"AUTH", password}}, commands...)
	}
	answers := bufio.NewReader(c)
	var answer string
	for _, words := range commands {
		if answer, err = exchange(c, answers, words); err != nil {
			return "", fmt.Errorf("redis: %s: %w", words[0], err)
		}
	}
	return answer, nil
}

// exchange speaks as much of RESP as answers of one line need.
func exchange(c net.Conn, answers *bufio.Reader, words []string) (string, error) {
	if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return "", err
	}
	if _, err := c.Write([]byte(encode(words))); err != nil {
		return "", err
	}
	line, err := answers.ReadString('\n')
	line = strings.TrimSpace(line)
	if err == nil && strings.HasPrefix(line, "-") {
		err = fmt.Errorf("%s", line[1:])
	}
	return strings.TrimLeft(line, "+:"), err
}

func encode(words []string) string {
	var s strings.Builder
	fmt.Fprintf(&s, "*%d\r\n", len(words))
	for _, w := range words {
		fmt.Fprintf(&s, "$%d\r\n%s\r\n", len(w), w)
	}
	return s.String()
}

// A RedisServer is a Redis that belongs to one test, which may kill, pause or empty it.
type RedisServer struct {
	URL  string
	Addr string

	t testing.TB
	p *process
}

// StartRedis starts a server that ends with the test, with an append-only file and
// without eviction, as Gatehouse needs it. args are further options.
func StartRedis(t testing.TB, args ...string) *RedisServer {
	t.Helper()
	testkit.Long(t)
	path, err := find("redis-server")
	need(t, err)
	p := &process{name: "redis-server"}
	if p.folder, err = folder(); err != nil {
		t.Fatalf("making the folder: %v", err)
	}
	if p.port, err = testkit.FreePort(); err != nil {
		t.Fatalf("finding a free port: %v", err)
	}
	p.command = append([]string{
		path, "--port", p.port, "--bind", "127.0.0.1", "--dir", p.folder, "--save", "",
		"--appendonly", "yes", "--maxmemory-policy", "noeviction",
	}, args...)
	s := &RedisServer{Addr: "127.0.0.1:" + p.port, t: t, p: p}
	s.URL = "redis://" + s.Addr
	p.answers = func() error { return s.Tell("PING") }
	t.Cleanup(func() { p.end() })
	s.Start()
	return s
}

// Start starts the server, again if it was stopped.
func (s *RedisServer) Start() {
	s.t.Helper()
	if err := s.p.start(); err != nil {
		s.t.Fatalf("starting the process: %v", err)
	}
}

// Stop kills the server. Its append-only file stays.
func (s *RedisServer) Stop() { s.p.stop() }

// Pause makes the server hang: it keeps its connections and answers nothing.
func (s *RedisServer) Pause() { s.p.pause(s.t) }

// Resume ends Pause.
func (s *RedisServer) Resume() { s.p.signal(s.t, syscall.SIGCONT) }

// Empty removes everything, as if the server had lost its memory.
func (s *RedisServer) Empty() {
	s.t.Helper()
	if err := s.Tell("FLUSHALL"); err != nil {
		s.t.Fatalf("emptying Redis: %v", err)
	}
}

// Tell sends a command, as an operator would, and returns the server's refusal as an error.
func (s *RedisServer) Tell(command ...string) error {
	_, err := tell(&url.URL{Host: s.Addr}, 0, command...)
	return err
}

// Folder returns the folder with the server's files.
func (s *RedisServer) Folder() string { return s.p.folder }
