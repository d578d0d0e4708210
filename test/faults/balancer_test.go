package faults_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// balancerConfig is a balancer that asks each replica whether it is ready, and
// sends a request to another one only where the first took no connection: what a
// replica may have begun is never sent twice.
const balancerConfig = `global
    maxconn 4000
defaults
    mode http
    timeout connect 1s
    timeout client 70s
    timeout server 15s
    timeout http-request 5s
    timeout queue 2s
    timeout check 3s
    option redispatch 1
    retries 2
    retry-on conn-failure
    option forwardfor
    http-error status 502 content-type text/plain string "no answer" hdr X-Balancer 502 hdr Retry-After 1
    http-error status 503 content-type text/plain string "no replica" hdr X-Balancer 503 hdr Retry-After 1
    http-error status 504 content-type text/plain string "no answer" hdr X-Balancer 504 hdr Retry-After 1
frontend door
    bind %s
    use_backend degraded if { nbsrv(replicas) lt 1 }
    default_backend replicas
`

// backends: while no replica is ready, because what all of them stand on is away,
// those that live serve what they can.
const balancerBackend = `backend %s
    balance roundrobin
    option httpchk GET %s
    default-server inter 300ms fastinter 100ms downinter 200ms fall 2 rise 1 observe layer4 error-limit 1 on-error mark-down
`

// startBalancer starts haproxy on the address, before the replicas.
func startBalancer(t *testing.T, addr string, replicas []*replica) {
	t.Helper()
	program, err := exec.LookPath("haproxy")
	if err != nil {
		program = "/usr/sbin/haproxy"
	}
	var config strings.Builder
	fmt.Fprintf(&config, balancerConfig, addr)
	for _, b := range [][2]string{{"replicas", "/healthz/ready"}, {"degraded", "/healthz/live"}} {
		fmt.Fprintf(&config, balancerBackend, b[0], b[1])
		for _, r := range replicas {
			fmt.Fprintf(&config, "    server %s %s check\n", strings.ReplaceAll(r.name, " ", ""), r.addr)
		}
	}
	path := filepath.Join(t.TempDir(), "haproxy.cfg")
	if err := os.WriteFile(path, []byte(config.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	var log journal
	cmd := exec.Command(program, "-db", "-f", path)
	cmd.Stdout, cmd.Stderr = &log, &log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatalf("haproxy (Debian's package haproxy): %v", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
		if t.Failed() {
			t.Logf("haproxy said: %s", log.tail())
		}
	})
}
