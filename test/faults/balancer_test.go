package faults_test

import (
	"os"
	"os/exec"
	"testing"

	"gatehouse/internal/test/testkit"
)

// balancerConfig is the configuration that operators are given.
const balancerConfig = "../../deploy/haproxy/haproxy.cfg"

// startBalancer starts haproxy on the address, before the replicas. With fewer than
// three replicas, the last is named more than once.
func startBalancer(t *testing.T, addr string, replicas []*replica) {
	t.Helper()
	at := func(i int) string { return replicas[min(i, len(replicas)-1)].addr }
	var log testkit.Journal
	cmd := exec.Command(testkit.Installed(t, "haproxy"), "-db", "-f", balancerConfig)
	cmd.Env = append(os.Environ(), "MAXCONN=4000", "BIND="+addr, "REPLICA_1="+at(0), "REPLICA_2="+at(1), "REPLICA_3="+at(2))
	cmd.Stdout, cmd.Stderr = &log, &log
	cmd.SysProcAttr = testkit.NoOrphans()
	if err := cmd.Start(); err != nil {
		t.Fatalf("haproxy (Debian's package haproxy): %v", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
		keep(t, "haproxy", log.String())
	})
}
