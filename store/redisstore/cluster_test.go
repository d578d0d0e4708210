package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

// startCluster starts a Redis Cluster of three masters.
func startCluster(t *testing.T) []server {
	t.Helper()
	var nodes []server
	create := []string{"--cluster", "create"}
	for range 3 {
		_, bus, _ := strings.Cut(freeAddr(t), ":")
		node := startServer(t, "--cluster-enabled", "yes", "--cluster-port", bus)
		nodes, create = append(nodes, node), append(create, node.Addr)
	}
	if out, err := exec.Command("redis-cli", append(create, "--cluster-yes")...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, node := range nodes {
		eventually(t, "the cluster is whole", 20*time.Second, func() error {
			if !strings.Contains(node.client(t).ClusterInfo(t.Context()).Val(), "cluster_state:ok") {
				return errors.New("not yet")
			}
			return nil
		})
	}
	return nodes
}

func TestCluster(t *testing.T) {
	t.Parallel() // it mostly waits
	nodes := startCluster(t)
	s := openStore(t, "redis+cluster://"+nodes[0].Addr+","+nodes[1].Addr)
	t.Run("rotations", func(t *testing.T) { storetest.Rotations(t, fixture(s, nodes...)) })
	t.Run("throttles", func(t *testing.T) {
		storetest.Throttles(t, func(*testing.T) store.Throttles { return s })
	})
	if warnings := s.Check(t.Context(), time.Now).Worse(); len(warnings) != 0 {
		t.Errorf("warnings = %q", warnings)
	}
	t.Run("one node gone", func(t *testing.T) {
		nodes[2].Stop()
		var lost, kept int
		for i := range 30 {
			start := time.Now()
			switch _, err := newSession(strconv.Itoa(i)).refresh(t.Context(), s); {
			case err == nil:
				kept++
			case errors.Is(err, store.ErrUnavailable):
				lost++
			default:
				t.Error(err)
			}
			if took := time.Since(start); took > time.Second {
				t.Errorf("a refresh took %s", took)
			}
		}
		if lost == 0 || kept == 0 {
			t.Errorf("%d sessions kept, %d lost; want some of both", kept, lost)
		}
	})
}

// startSentinel starts one that watches a master called main, and decides alone.
// It returns its address.
func startSentinel(t *testing.T, host, port string) string {
	t.Helper()
	addr := freeAddr(t)
	_, own, _ := strings.Cut(addr, ":")
	config := filepath.Join(t.TempDir(), "sentinel.conf") // Sentinel keeps its state there
	lines := fmt.Sprintf("bind 127.0.0.1\nport %s\nsentinel monitor main %s %s 1\n"+
		"sentinel down-after-milliseconds main 500\nsentinel failover-timeout main 2000\n", own, host, port)
	if err := os.WriteFile(config, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.Command("redis-server", config, "--sentinel")
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait() // it was killed
	})
	return addr
}

// TestSentinel: the master dies, Sentinel promotes a replica, and we follow.
func TestSentinel(t *testing.T) {
	t.Parallel() // it mostly waits
	master := startServer(t)
	host, port, _ := strings.Cut(master.Addr, ":")
	replica := startServer(t, "--replicaof", host+" "+port)
	addr := startSentinel(t, host, port)
	sentinel := redis.NewSentinelClient(&redis.Options{Addr: addr})
	defer sentinel.Close()
	eventually(t, "the replica follows", 20*time.Second, func() error {
		if !strings.Contains(replica.client(t).Info(context.Background(), "replication").Val(), "master_link_status:up") {
			return errors.New("not yet")
		}
		return nil
	})
	eventually(t, "Sentinel knows the replica", 20*time.Second, func() error {
		replicas, err := sentinel.Replicas(t.Context(), "main").Result()
		if err == nil && len(replicas) != 1 {
			err = errors.New("not yet")
		}
		return err
	})

	s := openStore(t, "redis+sentinel://"+addr+"/main")
	sess := newSession("sid")
	sess.mustRefresh(t, s)
	master.Stop()
	took := eventually(t, "the replica has taken over", 30*time.Second, func() error {
		_, err := sess.refresh(t.Context(), s)
		if err != nil && !errors.Is(err, store.ErrUnavailable) {
			t.Error(err)
		}
		return err
	})
	t.Logf("refreshed %s after the master died", took.Round(time.Millisecond))
	sess.mustRefresh(t, s)
}
