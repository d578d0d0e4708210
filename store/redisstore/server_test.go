package redisstore_test

import (
	"context"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"gatehouse/internal/test/testdb"
	"gatehouse/store/redisstore"
)

// installation is the ID of the stores that the tests open.
const installation = "TEST"

// A server is a redis-server that belongs to one test.
type server struct{ *testdb.RedisServer }

// startServer starts a redis-server on a free port, with further arguments.
func startServer(t *testing.T, args ...string) server {
	t.Helper()
	return server{testdb.StartRedis(t, args...)}
}

// client returns a plain connection, as an operator would use.
func (s server) client(t *testing.T) *redis.Client {
	t.Helper()
	c := redis.NewClient(&redis.Options{Addr: s.Addr})
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// tell runs one command as an operator.
func (s server) tell(t *testing.T, args ...any) {
	t.Helper()
	if err := s.client(t).Do(context.Background(), args...).Err(); err != nil {
		t.Fatalf("asking Redis to %v: %v", args, err)
	}
}

// openStore opens a store with a short time-out, and closes it at the end.
func openStore(t *testing.T, url string) *redisstore.Store {
	t.Helper()
	return openLogging(t, url, io.Discard)
}

// openPatient opens a store with a long time-out, for tests that do not depend on it:
// the usual one is too short for 60 callers at once on a busy machine.
func openPatient(t *testing.T, url string) *redisstore.Store {
	t.Helper()
	s, err := redisstore.Open(t.Context(), redisstore.Options{URL: url, Installation: installation, Timeout: 20 * time.Second, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatalf("opening the Redis store: %v", err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func openLogging(t *testing.T, url string, log io.Writer) *redisstore.Store {
	t.Helper()
	s, err := redisstore.Open(t.Context(), redisstore.Options{URL: url, Installation: installation, Log: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatalf("opening the Redis store: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("closing the store: %v", err)
		}
	})
	return s
}

// eventually repeats f until it succeeds, and fails the test after the limit.
func eventually(t *testing.T, what string, limit time.Duration, f func() error) time.Duration {
	t.Helper()
	start := time.Now()
	for {
		err := f()
		if err == nil {
			return time.Since(start)
		}
		if time.Since(start) > limit {
			t.Fatalf("after %s still not: %s: %v", limit, what, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}
