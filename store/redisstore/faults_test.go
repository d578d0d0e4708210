package redisstore_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/test/testkit"
	"gatehouse/store"
	"gatehouse/store/redisstore"
	"gatehouse/store/storetest"
)

// A session is a session that a test refreshes.
type session struct {
	sid   string
	last  store.Rotation
	first store.Rotation
}

func newSession(sid string) *session {
	first := storetest.NextRotation(store.Rotation{})
	return &session{sid: sid, first: first, last: first}
}

// refresh presents the last token.
func (s *session) refresh(ctx context.Context, on *redisstore.Store) (store.Outcome, error) {
	next := storetest.NextRotation(s.last)
	got, outcome, err := on.Rotate(ctx, s.sid, store.Step{
		Gen: s.last.Gen, JTI: s.last.JTI, Known: s.first, Next: next,
		Grace: 10 * time.Second, Until: time.Now().Add(time.Hour),
	})
	if outcome == store.Rotated || outcome == store.Repeated {
		s.last = got
	}
	return outcome, err
}

func (s *session) mustRefresh(t *testing.T, on *redisstore.Store) {
	t.Helper()
	if outcome, err := s.refresh(t.Context(), on); err != nil || outcome != store.Rotated {
		t.Fatalf("outcome %d, %v; want Rotated", outcome, err)
	}
}

// unavailable checks that f soon returns ErrUnavailable: within a second on an idle machine,
// and somewhat later on a busy one.
func unavailable(t *testing.T, what string, f func() error) {
	t.Helper()
	const limit = 2500 * time.Millisecond
	start := time.Now()
	err := f()
	if took := time.Since(start); took > limit {
		t.Errorf("%s took %s, want at most %s", what, took, limit)
	}
	if !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("%s: err = %v, want ErrUnavailable", what, err)
	}
}

var rule = store.Rule{Free: 5, Delay: time.Second, Factor: 2, MaxDelay: time.Minute, Forget: time.Hour}

// everything calls every operation of a store.
func everything(t *testing.T, s *redisstore.Store) map[string]func() error {
	ctx, key, sess := t.Context(), store.DigestOf("key"), newSession("sid")
	return map[string]func() error{
		"Rotate":  func() error { _, err := sess.refresh(ctx, s); return err },
		"Forget":  func() error { return s.Forget(ctx, "a", "b") },
		"Current": func() error { _, err := s.Current(ctx, "sid", sess.first); return err },
		"Ping":    func() error { return s.Ping(ctx) },
		"Take":    func() error { _, err := s.Take(ctx, key, rule); return err },
		"Clear":   func() error { return s.Clear(ctx, key) },
		"Refund":  func() error { return s.Refund(ctx, key) },
	}
}

// TestLostAnswer loses an answer. go-redis then repeats the command on its own; the
// session must neither be rotated twice nor count as stolen.
func TestLostAnswer(t *testing.T) {
	server := startServer(t)
	p := startProxy(t, server.Addr)
	s := openStore(t, "redis://"+p.addr)
	sess := newSession("sid")
	sess.mustRefresh(t, s) // loads the script

	p.lose("evalsha")
	sess.mustRefresh(t, s)
	if n := p.lost.Load(); n != 1 {
		t.Fatalf("%d answers were lost, want 1", n)
	}
	sess.mustRefresh(t, s)
	if sess.last.Gen != 4 {
		t.Errorf("after three refreshes the generation is %d, want 4", sess.last.Gen)
	}

	p.lose("evalsha")
	if err := s.Forget(t.Context(), "sid", "other"); err != nil {
		t.Fatalf("forgetting the sessions: %v", err)
	}
	if outcome, err := sess.refresh(t.Context(), s); err != nil || outcome != store.Ended {
		t.Errorf("outcome %d, %v; want Ended", outcome, err)
	}
}

func TestKilledAndRestarted(t *testing.T) {
	server := startServer(t)
	s := openStore(t, server.URL)
	sess := newSession("sid")
	sess.mustRefresh(t, s)
	if err := s.Forget(t.Context(), "ended"); err != nil {
		t.Fatalf("forgetting the sessions: %v", err)
	}

	server.Stop()
	for what, ask := range everything(t, s) {
		unavailable(t, what, ask)
	}
	if warnings := s.Check(t.Context(), time.Now).Worse(); len(warnings) != 1 || !strings.Contains(warnings[0].Found, "could not be checked") {
		t.Errorf(`warnings = %q, want one that says "could not be checked"`, warnings)
	}

	server.Start()
	took := eventually(t, "it works again", 10*time.Second, func() error { return s.Ping(t.Context()) })
	t.Logf("worked %s after the restart", took.Round(time.Millisecond))
	sess.mustRefresh(t, s)
	if outcome, err := newSession("ended").refresh(t.Context(), s); err != nil || outcome != store.Ended {
		t.Errorf("outcome %d, %v; want Ended", outcome, err)
	}
}

// TestHung has a process that accepts connections but does not answer.
func TestHung(t *testing.T) {
	server := startServer(t)
	s := openStore(t, server.URL)
	sess := newSession("sid")
	sess.mustRefresh(t, s)
	before := runtime.NumGoroutine()

	server.Pause()
	const callers = 200
	start := time.Now()
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			unavailable(t, "Ping", func() error { return s.Ping(t.Context()) })
		})
	}
	wg.Wait()
	t.Logf("%d callers of a hung Redis were told so after %s", callers, time.Since(start).Round(time.Millisecond))
	eventually(t, "the breaker opens", 10*time.Second, func() error {
		if !s.Refusing() {
			return errors.New("not yet")
		}
		return nil
	})
	const atOnce = 50 * time.Millisecond
	if took := testkit.Took(atOnce, func() {
		if err := s.Ping(t.Context()); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("while the breaker is open: err = %v, want ErrUnavailable", err)
		}
	}); took > atOnce {
		t.Errorf("while the breaker is open a request takes %s, want at most %s", took, atOnce)
	}

	server.Resume()
	took := eventually(t, "it works again", 10*time.Second, func() error { return s.Ping(t.Context()) })
	t.Logf("worked %s after it went on", took.Round(time.Millisecond))
	sess.mustRefresh(t, s)
	eventually(t, "no goroutine stays behind", 10*time.Second, func() error {
		if n := runtime.NumGoroutine(); n > before+5 {
			return errors.New("goroutines pile up")
		}
		return nil
	})
}

// TestRefusals covers the errors of a Redis that answers but cannot do the work.
func TestRefusals(t *testing.T) {
	tests := []struct {
		name, word string
		spoil      func(*testing.T, server)
	}{
		{"a read-only replica", "READONLY", func(t *testing.T, s server) {
			s.tell(t, "REPLICAOF", "127.0.0.1", "1")
		}},
		{"too few replicas", "NOREPLICAS", func(t *testing.T, s server) {
			s.tell(t, "CONFIG", "SET", "min-replicas-to-write", "1")
		}},
		{"password changed", "NOAUTH", func(t *testing.T, s server) {
			s.tell(t, "CONFIG", "SET", "requirepass", "secret")
			c := s.client(t)
			c.Do(t.Context(), "AUTH", "secret")
			c.Do(t.Context(), "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "no")
		}},
		{"rights withdrawn", "NOPERM", func(t *testing.T, s server) {
			s.tell(t, "ACL", "SETUSER", "default", "-@write", "-@scripting")
		}},
		{"disk full", "MISCONF", func(t *testing.T, s server) {
			dir := s.client(t).ConfigGet(t.Context(), "dir").Val()["dir"]
			if err := os.MkdirAll(filepath.Join(dir, "dump.rdb", "in the way"), 0o755); err != nil {
				t.Fatalf("making the folder: %v", err)
			}
			s.tell(t, "CONFIG", "SET", "save", "3600 1")
			s.tell(t, "SET", "a", "b")
			s.tell(t, "BGSAVE")
			eventually(t, "saving fails", 10*time.Second, func() error {
				if !strings.Contains(s.client(t).Info(t.Context(), "persistence").Val(), "rdb_last_bgsave_status:err") {
					return errors.New("not yet")
				}
				return nil
			})
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := startServer(t)
			s := openStore(t, server.URL)
			sess := newSession("sid")
			sess.mustRefresh(t, s)
			tt.spoil(t, server)
			unavailable(t, "Rotate", func() error { _, err := sess.refresh(t.Context(), s); return err })
			unavailable(t, "Take", func() error {
				_, err := s.Take(t.Context(), store.DigestOf("key"), rule)
				if err != nil && !strings.Contains(err.Error(), tt.word) {
					t.Errorf("err = %v, want %s in it", err, tt.word)
				}
				return err
			})
			unavailable(t, "Ping", func() error { return s.Ping(t.Context()) })
		})
	}
}

// TestCallerGoesAway checks that callers that go away do not count as an outage.
func TestCallerGoesAway(t *testing.T) {
	server := startServer(t)
	s := openStore(t, server.URL)
	server.Pause()
	defer server.Resume()
	for range 6 { // more than the breaker tolerates
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(20*time.Millisecond, cancel)
		err := s.Ping(ctx)
		if !errors.Is(err, context.Canceled) || errors.Is(err, store.ErrUnavailable) {
			t.Errorf("cancelled: err = %v, want context.Canceled alone", err)
		}
		cancel()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := s.Ping(ctx); !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("deadline: err = %v, want both DeadlineExceeded and ErrUnavailable", err)
	}
	server.Resume()
	if err := s.Ping(t.Context()); err != nil {
		t.Errorf("the breaker opened: %v", err)
	}
}

func TestEmptiedIsTold(t *testing.T) {
	server := startServer(t)
	var log bytes.Buffer
	s := openLogging(t, server.URL, &log)
	sess := newSession("sid")
	sess.mustRefresh(t, s)
	ping := func() {
		t.Helper()
		if err := s.Ping(t.Context()); err != nil {
			t.Fatalf("pinging the store: %v", err)
		}
	}
	ping()
	server.Empty()
	ping()
	ping()
	if n := strings.Count(log.String(), "Redis was emptied"); n != 1 {
		t.Errorf("the loss was logged %d times, want once:\n%s", n, log.String())
	}
	sess.mustRefresh(t, s)
}

func TestOpen(t *testing.T) {
	t.Run("nobody there yet", func(t *testing.T) {
		server := startServer(t)
		server.Stop()
		var log bytes.Buffer
		s := openLogging(t, server.URL, &log)
		if !strings.Contains(log.String(), "does not answer yet") {
			t.Errorf(`log = %s, want it to contain "does not answer yet"`, log.String())
		}
		server.Start()
		eventually(t, "it works", 10*time.Second, func() error { return s.Ping(t.Context()) })
	})
	t.Run("with a password", func(t *testing.T) {
		server := startServer(t)
		server.tell(t, "CONFIG", "SET", "requirepass", "s3:cr/et@")
		s := openStore(t, "redis://:s3%3Acr%2Fet%40@"+server.Addr+"/2")
		newSession("sid").mustRefresh(t, s)
		for _, user := range []string{"", ":wrong@"} {
			_, err := redisstore.Open(t.Context(), redisstore.Options{Installation: installation, URL: "redis://" + user + server.Addr})
			if err == nil || strings.Contains(err.Error(), "wrong@") {
				t.Errorf("as %q: err = %v, want a refusal without the password", user, err)
			}
		}
	})
}

func TestCheck(t *testing.T) {
	tests := []struct {
		name string
		args []string
		want []string
	}{
		{"as it should be", nil, nil},
		{"as Debian sets it up", []string{"--appendonly", "no"}, []string{"appendonly"}},
		{"as a cache", []string{"--maxmemory-policy", "allkeys-lru"}, []string{"maxmemory-policy"}},
		{"both", []string{"--maxmemory-policy", "volatile-ttl", "--appendonly", "no"}, []string{"maxmemory-policy", "appendonly"}},
		{"not told", []string{"--rename-command", "CONFIG", ""}, []string{"could not be checked"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := openStore(t, startServer(t, tt.args...).URL).Check(t.Context(), time.Now).Worse()
			if len(got) != len(tt.want) {
				t.Fatalf("warnings = %q, want %d", got, len(tt.want))
			}
			for i, word := range tt.want {
				if !strings.Contains(got[i].String(), word) {
					t.Errorf("warning %q, want it to mention %s", got[i], word)
				}
			}
		})
	}
}
