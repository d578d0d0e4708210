package testdb

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/test/testkit"
)

// StartRedisCluster starts a Redis Cluster of three masters, and returns when all three
// report it as complete.
func StartRedisCluster(t testing.TB) []*RedisServer {
	t.Helper()
	testkit.Long(t)
	cli, err := find("redis-cli")
	need(t, err)
	var nodes []*RedisServer
	create := []string{"--cluster", "create"}
	for range 3 {
		bus, err := testkit.FreePort()
		if err != nil {
			t.Fatalf("finding a free port: %v", err)
		}
		node := StartRedis(t, "--cluster-enabled", "yes", "--cluster-port", bus, "--cluster-node-timeout", "2000")
		nodes, create = append(nodes, node), append(create, node.Addr)
	}
	if out, err := exec.Command(cli, append(create, "--cluster-yes")...).CombinedOutput(); err != nil {
		t.Fatalf("making a cluster, with the output %s: %v", out, err)
	}
	for _, node := range nodes {
		waitFor(t, node.Addr+" sees the complete cluster", func() bool {
			out, err := ask(cli, node.Addr, "cluster", "info")
			return err == nil && strings.Contains(out, "cluster_state:ok")
		})
	}
	return nodes
}

// A Sentinel watches a master, and decides on its own to promote the replica.
type Sentinel struct {
	// URL is the setting for Gatehouse.
	URL string

	t    testing.TB
	cli  string
	addr string
	name string
}

// StartSentinel starts a Sentinel for a master that already has a replica, and returns
// when it has found both. It ends with the test.
func StartSentinel(t testing.TB, master *RedisServer) *Sentinel {
	t.Helper()
	testkit.Long(t)
	cli, err := find("redis-cli")
	need(t, err)
	server, err := find("redis-server")
	need(t, err)
	port, err := testkit.FreePort()
	if err != nil {
		t.Fatalf("finding a free port: %v", err)
	}
	s := &Sentinel{URL: "redis+sentinel://127.0.0.1:" + port + "/main", t: t, cli: cli, addr: "127.0.0.1:" + port, name: "main"}
	config := filepath.Join(t.TempDir(), "sentinel.conf") // Sentinel keeps its state there
	host, masterPort, _ := strings.Cut(master.Addr, ":")
	lines := fmt.Sprintf("bind 127.0.0.1\nport %s\nsentinel monitor main %s %s 1\n"+
		"sentinel down-after-milliseconds main 500\nsentinel failover-timeout main 2000\n", port, host, masterPort)
	if err := os.WriteFile(config, []byte(lines), 0o600); err != nil {
		t.Fatalf("writing the file: %v", err)
	}
	p := &process{name: "redis-sentinel", folder: t.TempDir(), command: []string{server, config, "--sentinel"}}
	p.answers = func() error { _, err := ask(cli, s.addr, "ping"); return err }
	if err := p.start(); err != nil {
		t.Fatalf("starting the process: %v", err)
	}
	t.Cleanup(func() { p.end() })
	waitFor(t, "Sentinel has found the replica", func() bool {
		out, err := ask(cli, s.addr, "sentinel", "replicas", "main")
		return err == nil && strings.Contains(out, "runid")
	})
	return s
}

// Master returns the address that Sentinel gives for the master, or "" without an answer.
func (s *Sentinel) Master() string {
	out, err := ask(s.cli, s.addr, "sentinel", "get-master-addr-by-name", s.name)
	if err != nil {
		return ""
	}
	return strings.Join(strings.Fields(out), ":")
}

// ask sends a command with redis-cli, which reads answers of any shape.
func ask(cli, addr string, words ...string) (string, error) {
	host, port, _ := strings.Cut(addr, ":")
	out, err := exec.Command(cli, append([]string{"-h", host, "-p", port}, words...)...).Output()
	return string(out), err
}

func waitFor(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("waited for 20s, want that %s", what)
}
