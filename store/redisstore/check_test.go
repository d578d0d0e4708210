package redisstore_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/finding"
	"gatehouse/store/redisstore"
)

// TestExamine provokes each finding on a server of its own.
func TestExamine(t *testing.T) {
	for _, c := range []struct {
		name  string
		args  []string
		full  int // percent of the memory
		check string
		level finding.Level
		word  string
	}{
		{"as a cache", []string{"--maxmemory-policy", "allkeys-lru", "--appendonly", "no"}, 0, "redis maxmemory-policy", finding.Fault, "allkeys-lru"},
		{"without a file", []string{"--maxmemory-policy", "allkeys-lru", "--appendonly", "no"}, 0, "redis appendonly", finding.Warning, "CONFIG SET appendonly yes"},
		{"a file that is not flushed", []string{"--appendfsync", "no"}, 0, "redis appendfsync", finding.Warning, "power cut"},
		{"always flushed", []string{"--appendfsync", "always"}, 0, "redis appendfsync", finding.OK, "always"},
		{"nearly full", nil, 88, "redis memory", finding.Warning, "% of maxmemory"},
		{"full", nil, 120, "redis memory", finding.Fault, "% of maxmemory"},
		{"a replica", []string{"--replicaof", "127.0.0.1 1"}, 0, "redis role", finding.Fault, "replica"},
		{"that tells nothing", []string{"--rename-command", "CONFIG", ""}, 0, "redis settings", finding.Warning, "could not be checked"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := startServer(t, c.args...)
			if c.full > 0 {
				s.tell(t, "SET", "big", strings.Repeat("x", 20<<20)) // connections take little in comparison
				used, err := strconv.Atoi(s.client(t).InfoMap(t.Context(), "memory").Item("Memory", "used_memory"))
				if err != nil {
					t.Fatalf("reading the state of Redis: %v", err)
				}
				s.tell(t, "CONFIG", "SET", "maxmemory", used*100/c.full)
			}
			before := s.client(t).DBSize(t.Context()).Val()
			want(t, redisstore.Examine(t.Context(), s.URL, time.Now), c.check, c.level, c.word)
			if after := s.client(t).DBSize(t.Context()).Val(); after != before {
				t.Errorf("the examination made %d keys, want none", after-before)
			}
		})
	}
}

func want(t *testing.T, found finding.List, check string, level finding.Level, word string) {
	t.Helper()
	for _, f := range found {
		if f.Check == check && f.Level == level && strings.Contains(f.String(), word) {
			return
		}
	}
	t.Errorf("want a %s of %q that mentions %q, found: %v", level, check, word, found)
}

func TestExamineFindsNothingAmiss(t *testing.T) {
	found := redisstore.Examine(t.Context(), startServer(t).URL, time.Now)
	if worse := found.Worse(); len(worse) > 0 {
		t.Errorf("amiss: %v, want nothing", worse)
	}
	for _, check := range []string{"redis latency", "redis clock", "redis version"} {
		want(t, found, check, finding.OK, "")
	}
}

// TestExamineAnAbsentServer checks that the finding comes soon, whether the server is
// gone or hangs.
func TestExamineAnAbsentServer(t *testing.T) {
	s := startServer(t)
	// The clock is checked, too; here it is far from ours.
	tomorrow := func() time.Time { return time.Now().Add(24 * time.Hour) }
	want(t, redisstore.Examine(t.Context(), s.URL, tomorrow), "redis clock", finding.Fault, "-24h0m0")
	s.Pause()
	began := time.Now()
	want(t, redisstore.Examine(t.Context(), s.URL, time.Now), "redis", finding.Fault, "could not be checked")
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("examining a server that hangs took %s, want at most 5s", took)
	}
	s.Resume()
	s.Stop()
	want(t, redisstore.Examine(t.Context(), s.URL, time.Now), "redis", finding.Fault, "could not be checked")
	want(t, redisstore.Examine(t.Context(), "redis+sentinel://"+s.Addr+"/main", time.Now), "redis sentinels", finding.Fault, "none can manage")
}
