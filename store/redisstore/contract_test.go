package redisstore_test

import (
	"context"
	"crypto/rand"
	"os"
	"testing"
	"time"

	"gatehouse/internal/test/testkit"
	"gatehouse/store"
	"gatehouse/store/redisstore"
	"gatehouse/store/storetest"
)

func TestMain(m *testing.M) {
	testkit.Parallel(32) // for the tests of throttles, which wait for delays to end
	os.Exit(m.Run())
}

// fixture is a store on servers whose memory the tests may wipe.
func fixture(s *redisstore.Store, servers ...server) func(*testing.T) storetest.RotationsFixture {
	return func(*testing.T) storetest.RotationsFixture {
		return storetest.RotationsFixture{
			Rotations: s,
			NewSession: func(*testing.T) (string, store.Rotation) {
				return rand.Text(), storetest.NextRotation(store.Rotation{})
			},
			Lose: func(t *testing.T) {
				for _, server := range servers {
					server.Empty()
					server.tell(t, "SCRIPT", "FLUSH")
				}
			},
		}
	}
}

func TestRotations(t *testing.T) {
	server := startServer(t)
	storetest.Rotations(t, fixture(openPatient(t, server.URL), server))
}

func TestThrottles(t *testing.T) {
	s := openPatient(t, startServer(t).URL)
	storetest.Throttles(t, func(*testing.T) store.Throttles { return s })
}

func TestNothingStaysForever(t *testing.T) {
	server := startServer(t)
	s, c := openStore(t, server.URL), server.client(t)
	const life = 3 * time.Hour
	first := storetest.NextRotation(store.Rotation{})
	rotate := func(sid string, untils ...time.Time) {
		t.Helper()
		at := first
		for _, until := range untils {
			step := store.Step{Gen: at.Gen, JTI: at.JTI, Known: first, Next: storetest.NextRotation(at), Grace: 10 * time.Second, Until: until}
			if _, outcome, err := s.Rotate(t.Context(), sid, step); err != nil || outcome != store.Rotated {
				t.Fatalf("rotating the session: outcome %d, %v; want Rotated", outcome, err)
			}
			at = step.Next
		}
	}
	rotate("living", time.Now().Add(life))
	rotate("at its end", time.Now().Add(-time.Hour))
	rotate("shorter now", time.Now().Add(life), time.Now())
	rotate("ended", time.Now().Add(life))
	key := store.DigestOf("somebody")
	if _, err := s.Take(t.Context(), key, store.Rule{Free: 5, Delay: time.Second, Factor: 2, MaxDelay: time.Minute, Forget: life}); err != nil {
		t.Fatalf("taking from the throttle: %v", err)
	}
	if err := s.Forget(t.Context(), "ended", "ended unseen"); err != nil {
		t.Fatalf("forgetting the sessions: %v", err)
	}
	for pattern, want := range map[string]time.Duration{
		"gh:TEST:s:{living}":       life + time.Hour,
		"gh:TEST:s:{shorter now}":  life + time.Hour,
		"gh:TEST:s:{at its end}":   time.Minute + 10*time.Second, // so that the grace still works
		"gh:TEST:s:{ended}":        life + time.Hour,
		"gh:TEST:s:{ended unseen}": 91 * 24 * time.Hour,
		"gh:TEST:t:*":              life,
	} {
		keys, err := c.Keys(t.Context(), pattern).Result()
		if err != nil || len(keys) != 1 {
			t.Fatalf("%s: keys %v, %v; want one", pattern, keys, err)
		}
		ttl := c.PTTL(t.Context(), keys[0]).Val()
		if ttl > want || ttl < want-5*time.Second {
			t.Errorf("%s stays for %s, want %s", pattern, ttl, want)
		}
	}
}

// TestClockSetBack writes a time in the future, because a test cannot set Redis's
// clock back.
func TestClockSetBack(t *testing.T) {
	server := startServer(t)
	s, c := openStore(t, server.URL), server.client(t)
	ahead := time.Now().Add(time.Hour).UnixMilli()

	rule := store.Rule{Free: 1, Delay: 100 * time.Millisecond, Factor: 1, MaxDelay: time.Second, Forget: 3 * time.Hour}
	key := store.DigestOf("somebody")
	take := func() store.Decision {
		t.Helper()
		d, err := s.Take(t.Context(), key, rule)
		if err != nil {
			t.Fatalf("taking from the throttle: %v", err)
		}
		return d
	}
	take()
	c.HSet(t.Context(), c.Keys(t.Context(), "gh:TEST:t:*").Val()[0], "last", ahead)
	if d := take(); d.Allowed || d.RetryAfter > rule.Delay {
		t.Fatalf("after the clock was set back: %+v, want to wait for %s", d, rule.Delay)
	}
	time.Sleep(rule.Delay)
	if d := take(); !d.Allowed {
		t.Errorf("after the delay: %+v, want it allowed", d)
	}

	first := storetest.NextRotation(store.Rotation{})
	step := func() store.Step {
		return store.Step{Gen: 1, JTI: first.JTI, Known: first, Next: storetest.NextRotation(first),
			Grace: 10 * time.Second, Until: time.Now().Add(time.Hour)}
	}
	for _, want := range []store.Outcome{store.Rotated, store.Reused} {
		_, outcome, err := s.Rotate(context.Background(), "sid", step())
		if err != nil || outcome != want {
			t.Errorf("outcome %d, %v; want %d", outcome, err, want)
		}
		c.HSet(t.Context(), "gh:TEST:s:{sid}", "d", time.Hour.Milliseconds())
	}
}
