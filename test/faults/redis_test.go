package faults_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// needNoRedis are the kinds of request that do not involve Redis.
var needNoRedis = []string{"jwks", "discovery", "live", "userinfo", "profile", "introspect", "token.password", "login", "token.client_credentials", "signup"}

// needRedis are the kinds of request that only Redis can decide.
var needRedis = []string{"token.refresh"}

// redisFaults are the faults of a single Redis that all replicas share.
func (s *site) redisFaults(t *testing.T) []fault {
	tell := func(words ...string) func() {
		return func() {
			if err := s.redis.Tell(words...); err != nil {
				s.errorf("redis: %v: %v", words, err)
			}
		}
	}
	heal := each(s.toRedis, (*link).heal)
	pause := func() { s.redis.Pause() }
	return []fault{
		{id: "F04", name: "Redis is killed, and started again", hold: longer(4*time.Second, 10*time.Second),
			begin: s.redis.Stop, end: s.redis.Start, works: needNoRedis, refused: needRedis},
		{id: "F05", name: "Redis restarts at once, from its append-only file",
			during: func() { s.redis.Stop(); s.redis.Start() }, works: needNoRedis, recovery: 10 * time.Second},
		{id: "F06", name: "Redis is emptied, again and again", forgets: true, during: s.emptyRedis(), works: append(needRedis, needNoRedis...)},
		{id: "F07", name: "the end of Redis's append-only file is lost", forgets: true, during: s.cutAppendOnlyFile(t), works: needNoRedis},
		{id: "F09", name: "Redis becomes a replica of nobody: READONLY", hold: 3 * time.Second,
			begin: tell("REPLICAOF", "127.0.0.1", "1"), end: tell("REPLICAOF", "NO", "ONE"), works: needNoRedis, refused: needRedis, readable: true},
		{id: "F09", name: "Redis misses its replicas: NOREPLICAS", hold: 3 * time.Second,
			begin: tell("CONFIG", "SET", "min-replicas-to-write", "1"), end: tell("CONFIG", "SET", "min-replicas-to-write", "0"), works: needNoRedis, refused: needRedis, readable: true},
		{id: "F09", name: "Redis takes away the right to run scripts: NOPERM", hold: 3 * time.Second,
			begin: tell("ACL", "SETUSER", "default", "-evalsha", "-eval"), end: tell("ACL", "SETUSER", "default", "+@all"), works: needNoRedis, refused: needRedis, readable: true},
		{id: "F10", name: "Redis hangs (SIGSTOP)", hold: longer(4*time.Second, 10*time.Second), begin: pause, end: s.redis.Resume, works: needNoRedis, refused: needRedis},
		{id: "F10", name: "Redis pauses its clients", hold: 3 * time.Second, begin: tell("CLIENT", "PAUSE", "2500"), works: needNoRedis},
		{id: "F10", name: "every answer of Redis takes 100 ms", hold: 4 * time.Second, begin: each(s.toRedis, func(l *link) { l.slow(100 * time.Millisecond) }), end: heal, works: append(needRedis, needNoRedis...)},
		{id: "F10", name: "every answer of Redis takes 800 ms", hold: 4 * time.Second, begin: each(s.toRedis, func(l *link) { l.slow(800 * time.Millisecond) }), end: heal, works: needNoRedis, refused: needRedis},
		{id: "F11", name: "Redis is out of memory", hold: 3 * time.Second,
			begin: tell("CONFIG", "SET", "maxmemory", "1"), end: tell("CONFIG", "SET", "maxmemory", "0"), works: append(needRedis, needNoRedis...)},
		{id: "F12", name: "one replica is cut off from Redis", hold: 4 * time.Second, begin: func() { s.toRedis[1].cut() }, end: heal, works: needNoRedis},
		{id: "F02", name: "one of 40 answers of Redis is lost", hold: longer(6*time.Second, 15*time.Second), begin: each(s.toRedis, func(l *link) { l.lose(40) }), end: heal, works: []string{"jwks", "discovery", "live", "userinfo", "profile"}},
	}
}

// emptyRedis empties Redis several times, half a second apart.
func (s *site) emptyRedis() func() {
	return func() {
		for range longer(5, 10) {
			if err := s.redis.Tell("FLUSHALL"); err != nil {
				s.errorf("%v", err)
			}
			s.memoryLost = append(s.memoryLost, time.Now())
			time.Sleep(500 * time.Millisecond)
		}
	}
}

// cutAppendOnlyFile loses Redis's last writes, like a machine that loses power. Redis
// then starts with the rest, and reports that only in its log.
func (s *site) cutAppendOnlyFile(t *testing.T) func() {
	return func() {
		s.redis.Stop()
		files, _ := filepath.Glob(filepath.Join(s.redis.Folder(), "appendonlydir", "*.incr.aof"))
		if len(files) != 1 {
			t.Fatalf("append-only files: %v, want one", files)
		}
		info, err := os.Stat(files[0])
		if err == nil {
			err = os.Truncate(files[0], max(0, info.Size()-2013))
		}
		if err != nil {
			s.errorf("%v", err)
		}
		s.redis.Start()
	}
}

// TestOneRedis puts three replicas on MariaDB and a single Redis through the faults of
// Redis.
func TestOneRedis(t *testing.T) {
	s := newSite(t)
	s.onMySQL(3)
	s.onRedis("--aof-load-truncated", "yes")
	s.open()
	l := s.load(longer(1, 2), 150*time.Millisecond)
	base := s.atRest(t, l)
	for _, f := range s.redisFaults(t) {
		s.suffer(t, f)
	}
	s.asBefore(t, l, base)
	l.finish(t)
}

// kinds splits a list of kinds.
func kinds(list string) []string { return strings.Fields(list) }
