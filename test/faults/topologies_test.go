package faults_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/test/testdb"
	"gatehouse/internal/test/testkit"
)

// TestSentinel kills the master while the replica that takes over lags behind.
func TestSentinel(t *testing.T) {
	s := newSite(t)
	s.onMySQL(3)
	master := testdb.StartRedis(t)
	host, port, _ := strings.Cut(master.Addr, ":")
	replica := testdb.StartRedis(t, "--replicaof", host+" "+port)
	sentinel := testdb.StartSentinel(t, master)
	s.settings = append(s.settings, "GATEHOUSE_REDIS="+sentinel.URL)
	s.open()
	l := s.load(longer(1, 2), 150*time.Millisecond)
	lag := func() {
		replica.Pause()
		time.Sleep(3 * time.Second) // the replica misses everything that is acknowledged now
		master.Stop()
		replica.Resume()
	}
	s.suffer(t, fault{
		id: "F08", name: "failover to a replica that lags 3 s behind", begin: lag, works: needNoRedis, forgets: true, once: true,
		during: func() {
			testkit.Within(t, time.Minute, "Sentinel has promoted the replica", func() error {
				if sentinel.Master() != replica.Addr {
					return errNotYet
				}
				return nil
			})
		},
	})
	s.suffer(t, fault{id: "F08", name: "the old master comes back as a replica", begin: master.Start, hold: 5 * time.Second, works: append(needRedis, needNoRedis...)})
	l.finish(t)
}

// TestCluster takes away one of three masters, and with it a third of the sessions.
func TestCluster(t *testing.T) {
	s := newSite(t)
	s.onMySQL(3)
	nodes := testdb.StartRedisCluster(t)
	s.settings = append(s.settings, "GATEHOUSE_REDIS=redis+cluster://"+nodes[0].Addr+","+nodes[1].Addr)
	s.open()
	l := s.load(longer(1, 2), 150*time.Millisecond)
	for _, node := range nodes[:longer(1, 2)] {
		s.suffer(t, fault{id: "F04", name: "one master of a cluster is killed, and started again", hold: 5 * time.Second, begin: node.Stop, end: node.Start, works: needNoRedis})
	}
	s.suffer(t, fault{id: "F10", name: "one master of a cluster hangs", hold: longer(4*time.Second, 10*time.Second), begin: nodes[2].Pause, end: nodes[2].Resume, works: needNoRedis})
	l.finish(t)
}

// TestSQLite puts two processes on one SQLite file through faults.
func TestSQLite(t *testing.T) {
	s := newSite(t)
	s.add("replica 1")
	s.add("replica 2")
	s.open()
	l := s.load(longer(1, 2), 150*time.Millisecond)
	base := s.atRest(t, l)
	file := filepath.Join(s.folder, "gatehouse.db")
	move := func(from, to string) func() {
		return func() {
			if err := os.Rename(from, to); err != nil {
				s.errorf("%v", err)
			}
		}
	}
	for _, f := range []fault{
		{id: "F01", name: "a process is killed at random moments", during: s.killReplicas(longer(4, 20))},
		s.held(t, fault{id: "F22", name: "another program locks the file", works: append(kinds("userinfo profile introspect"), needNoDatabase...), refused: kinds("token.password login")}, "BEGIN IMMEDIATE"),
		{id: "F23", name: "the file is moved away, and back", hold: 3 * time.Second, begin: move(file, file+".away"), end: move(file+".away", file), works: needNoDatabase, refused: kinds("token.password login admin.name")},
		{id: "F21", name: "a backup is made, again and again", during: s.backups(t, longer(5, 15)), spotless: true},
	} {
		s.suffer(t, f)
	}
	s.asBefore(t, l, base)
	l.finish(t)
}

// backups makes backups beside the running servers.
func (s *site) backups(t *testing.T, n int) func() {
	return func() {
		for range n {
			path := filepath.Join(t.TempDir(), "backup.db")
			s.run("", "backup", path)
			if info, err := os.Stat(path); err != nil || info.Size() == 0 {
				s.errorf("looking at the backup: %v, want a file that is not empty", err)
			}
		}
	}
}
