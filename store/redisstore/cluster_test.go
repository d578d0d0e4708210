package redisstore_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/test/testdb"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// startCluster starts a Redis Cluster of three masters.
func startCluster(t *testing.T) []server {
	t.Helper()
	var nodes []server
	for _, node := range testdb.StartRedisCluster(t) {
		nodes = append(nodes, server{node})
	}
	return nodes
}

func TestCluster(t *testing.T) {
	t.Parallel() // it mostly waits
	nodes := startCluster(t)
	url := "redis+cluster://" + nodes[0].Addr + "," + nodes[1].Addr
	s, patient := openStore(t, url), openPatient(t, url)
	t.Run("rotations", func(t *testing.T) { storetest.Rotations(t, fixture(patient, nodes...)) })
	t.Run("throttles", func(t *testing.T) {
		storetest.Throttles(t, func(*testing.T) store.Throttles { return patient })
	})
	if warnings := s.Check(t.Context(), time.Now).Worse(); len(warnings) != 0 {
		t.Errorf("warnings = %q, want none", warnings)
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
				t.Errorf("refreshing the session: %v", err)
			}
			if took := time.Since(start); took > 3*time.Second {
				t.Errorf("a refresh took %s, want at most 3s", took)
			}
		}
		if lost == 0 || kept == 0 {
			t.Errorf("%d sessions kept, %d lost; want some of both", kept, lost)
		}
	})
}

// TestSentinel kills the master: Sentinel promotes a replica, and the store follows.
func TestSentinel(t *testing.T) {
	t.Parallel() // it mostly waits
	master := startServer(t)
	host, port, _ := strings.Cut(master.Addr, ":")
	replica := startServer(t, "--replicaof", host+" "+port)
	sentinel := testdb.StartSentinel(t, master.RedisServer)
	eventually(t, "the replica follows", 20*time.Second, func() error {
		if !strings.Contains(replica.client(t).Info(context.Background(), "replication").Val(), "master_link_status:up") {
			return errors.New("not yet")
		}
		return nil
	})

	s := openStore(t, sentinel.URL)
	sess := newSession("sid")
	sess.mustRefresh(t, s)
	master.Stop()
	took := eventually(t, "the replica has taken over", 30*time.Second, func() error {
		_, err := sess.refresh(t.Context(), s)
		if err != nil && !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("refreshing the session: err = %v, want nil or ErrUnavailable", err)
		}
		return err
	})
	t.Logf("refreshed %s after the master died", took.Round(time.Millisecond))
	sess.mustRefresh(t, s)
}
