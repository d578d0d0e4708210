package redisstore_test

import (
	"crypto/rand"
	"io"
	"log/slog"
	"testing"
	"time"

	"gatehouse/internal/test/testdb"
	"gatehouse/store"
	"gatehouse/store/redisstore"
)

func benchmarkStore(b *testing.B) *redisstore.Store {
	b.Helper()
	s, err := redisstore.Open(b.Context(), redisstore.Options{
		URL: testdb.StartRedis(b).URL, Installation: installation, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		b.Fatalf("opening the Redis store: %v", err)
	}
	b.Cleanup(func() { _ = s.Close() })
	return s
}

func BenchmarkRotate(b *testing.B) {
	s := benchmarkStore(b)
	b.RunParallel(func(pb *testing.PB) {
		sess := newSession(rand.Text())
		for pb.Next() {
			if outcome, err := sess.refresh(b.Context(), s); err != nil || outcome != store.Rotated {
				b.Errorf("refreshing the session: outcome %d, %v; want Rotated", outcome, err)
				return
			}
		}
	})
}

func BenchmarkTake(b *testing.B) {
	s := benchmarkStore(b)
	b.RunParallel(func(pb *testing.PB) {
		key := store.DigestOf(rand.Text())
		for pb.Next() {
			if _, err := s.Take(b.Context(), key, rule); err != nil {
				b.Errorf("taking from the throttle: %v", err)
				return
			}
		}
	})
}

func BenchmarkForgetThousand(b *testing.B) {
	s := benchmarkStore(b)
	sids := make([]string, 1000)
	for i := range sids {
		sids[i] = rand.Text()
	}
	start := time.Now()
	for b.Loop() {
		if err := s.Forget(b.Context(), sids...); err != nil {
			b.Fatalf("forgetting a thousand sessions, after %s: %v", time.Since(start), err)
		}
	}
}
