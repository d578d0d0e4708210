package system_test

import (
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/test/testdb"
	"gatehouse/internal/test/testkit"
)

// recovery is how long a server may need once its back-end is back.
const recovery = 5 * time.Second

// A redisSite is a site whose Redis can be taken away.
type redisSite struct {
	*site
	redis *testdb.RedisServer
	data  string // its folder
	who   person
}

// TestRedisFaults checks that a fault of Redis neither loses a session nor brings one
// back, because SQL is the record.
func TestRedisFaults(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	redis := testdb.StartRedis(t, "--dir", data, "--appendfsync", "always")
	s := &redisSite{site: open(t, append(onMariaDB(t), "GATEHOUSE_REDIS="+redis.URL)...), redis: redis, data: data}
	s.who = s.newcomer(t, "mona", "user")
	t.Run("emptied", s.emptied)
	t.Run("set back", s.setBack)
	t.Run("stopped", func(t *testing.T) { s.away(t, redis.Stop, redis.Start) })
	t.Run("hanging", func(t *testing.T) { s.away(t, redis.Pause, redis.Resume) })
	t.Run("an answer is lost", s.answerLost)
	s.showsNoSecret(t)
}

// livingAndEnded returns two groups of sessions.
func (s *redisSite) livingAndEnded(t *testing.T) (living, ended []tokens) {
	t.Helper()
	sessions := s.signIns(t, s.who, 25)
	for i, session := range sessions[20:] {
		s.of(i).ask(s.shop.revoke(session.refresh)).must(t, http.StatusOK)
	}
	return sessions[:20], sessions[20:]
}

// goOn refreshes every session at the servers in turn until the channel closes, and
// returns the latest tokens. A refresh must not fail.
func (s *redisSite) goOn(t *testing.T, sessions []tokens, until <-chan struct{}) []tokens {
	t.Helper()
	var refreshed sync.Map
	crowd(len(sessions), func(i int) answer {
		for turn := i; ; turn++ {
			select {
			case <-until:
				refreshed.Store(i, turn-i)
				return answer{}
			case <-time.After(5 * time.Millisecond):
			}
			a := s.of(turn).ask(s.shop.refresh(sessions[i].refresh))
			if !a.is(t, http.StatusOK) {
				t.Errorf("session %d was lost at its refresh %d, want it to live", i, turn-i+1)
				return a
			}
			sessions[i] = a.tokens()
		}
	})
	total := 0
	refreshed.Range(func(_, n any) bool { total += n.(int); return true })
	t.Logf("%d sessions were refreshed %d times", len(sessions), total)
	return sessions
}

// rightAfter checks that the living sessions live, and the ended ones do not come back.
func (s *redisSite) rightAfter(t *testing.T, living, ended []tokens) {
	t.Helper()
	for i, session := range living {
		if a := s.of(i).ask(s.shop.refresh(session.refresh)); a.is(t, http.StatusOK) {
			s.of(i+1).ask(profile(a.tokens().access)).is(t, http.StatusOK)
			s.of(i+1).ask(s.shop.refresh(a.tokens().refresh)).is(t, http.StatusOK)
		}
	}
	for _, session := range ended {
		s.dead(t, "revoked before", s.shop.refresh, session)
	}
}

func (s *redisSite) emptied(t *testing.T) {
	living, ended := s.livingAndEnded(t)
	over := make(chan struct{})
	go func() {
		defer close(over)
		for range 3 {
			time.Sleep(400 * time.Millisecond)
			s.redis.Empty()
		}
		time.Sleep(400 * time.Millisecond)
	}()
	living = s.goOn(t, living, over)
	s.rightAfter(t, living, ended)
}

// setBack restores an earlier state of Redis.
func (s *redisSite) setBack(t *testing.T) {
	living, ended := s.livingAndEnded(t)
	later := s.signIns(t, s.who, 5) // the copy of Redis below does not have them yet
	before := filepath.Join(t.TempDir(), "before")
	if err := os.CopyFS(before, os.DirFS(s.data)); err != nil {
		t.Fatalf("copying the folder: %v", err)
	}
	for range 3 {
		for i, session := range living {
			living[i] = s.of(i).ask(s.shop.refresh(session.refresh)).must(t, http.StatusOK).tokens()
		}
	}
	ended = append(ended, living[15:]...)
	living = append(living[:15], later...)
	for i, session := range ended[len(ended)-5:] {
		s.of(i).ask(s.shop.revoke(session.access)).must(t, http.StatusOK)
	}
	s.redis.Stop()
	if err := firstOf(os.RemoveAll(filepath.Join(s.data, "appendonlydir")), os.CopyFS(s.data, os.DirFS(before))); err != nil {
		t.Fatalf("setting the files of Redis back: %v", err)
	}
	s.redis.Start()
	for _, p := range s.pair() {
		testkit.Within(t, recovery, p.name+" is ready", p.ready)
	}
	s.rightAfter(t, living, ended)
}

// answerLost checks that a server repeats a command whose answer Redis lost, and
// recognizes its own step, so that sessions survive even without a grace.
func (s *redisSite) answerLost(t *testing.T) {
	proxy := startLossy(t, s.redis.Addr, "evalsha", 7)
	c := s.start(t, "C", "GATEHOUSE_REDIS=redis://"+proxy.addr, "GATEHOUSE_REFRESH_GRACE=0s")
	sessions := s.signIns(t, s.who, 8)
	crowd(len(sessions), func(i int) answer {
		for n := range 20 {
			before := sessions[i].refresh
			a := c.ask(s.shop.refresh(before))
			if err := a.expect(http.StatusOK); err != nil {
				t.Errorf("session %d ended at refresh %d: %v", i, n, err)
				return a
			}
			sessions[i] = a.tokens()
		}
		return answer{}
	})
	if lost := proxy.lost.Load(); lost < 10 {
		t.Errorf("%d answers were lost, want at least 10", lost)
	} else {
		t.Logf("%d answers were lost", lost)
	}
	s.rightAfter(t, sessions, nil)
}
