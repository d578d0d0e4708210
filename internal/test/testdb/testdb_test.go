package testdb

import (
	"os"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/test/testkit"
)

func TestRedisIsEmptyAndApart(t *testing.T) {
	first, second := Redis(t), Redis(t)
	if first == second {
		t.Errorf("two tests were given the database %s, want one each", first)
	}
}

func TestRedisKeepsWhatItHadWhenKilled(t *testing.T) {
	s := StartRedis(t, "--appendfsync", "always")
	if err := s.Tell("SET", "a", "1"); err != nil {
		t.Fatalf("setting a key: %v", err)
	}
	s.Stop()
	if err := s.Tell("PING"); err == nil {
		t.Error("a stopped server answers, want an error")
	}
	s.Start()
	if err := s.Tell("RENAMENX", "a", "b"); err != nil {
		t.Errorf("after a restart: %v", err)
	}
	s.Empty()
	if err := s.Tell("RENAMENX", "b", "a"); err == nil {
		t.Error("the emptied server still has its key, want an error")
	}
}

func TestServersEndWithTheirTests(t *testing.T) {
	testkit.Long(t)
	var s *RedisServer
	t.Run("a test", func(t *testing.T) {
		s = StartRedis(t)
		s.Stop()
		s.Start()
		s.Stop()
	})
	if _, err := os.Stat(s.p.folder); err == nil {
		t.Errorf("%s was left behind, want it removed", s.p.folder)
	}
	if err := s.Tell("PING"); err == nil {
		t.Error("the server still runs, want it stopped")
	}
}

func TestPause(t *testing.T) {
	s := StartRedis(t)
	s.Pause()
	answered := make(chan error, 1)
	go func() { answered <- s.Tell("PING") }()
	select {
	case <-answered:
		t.Error("a paused server answered, want it to wait")
	case <-time.After(50 * time.Millisecond):
	}
	s.Resume()
	if err := <-answered; err != nil {
		t.Errorf("the command sent during the pause: %v", err)
	}
}

func TestSQLiteIsAPath(t *testing.T) {
	if dsn := SQLite(t); !strings.HasPrefix(dsn, "sqlite:/") {
		t.Errorf(`dsn = %q, want it to begin with "sqlite:/"`, dsn)
	}
}
