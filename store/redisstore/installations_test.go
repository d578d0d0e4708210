package redisstore_test

import (
	"context"
	"crypto/rand"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"gatehouse/store"
	"gatehouse/store/redisstore"
	"gatehouse/store/storetest"
)

// TestInstallationsDoNotMeet has two installations on one Redis.
func TestInstallationsDoNotMeet(t *testing.T) {
	server := startServer(t)
	var stores []*redisstore.Store
	for _, id := range []string{"ONE", "TWO"} {
		s, err := redisstore.Open(t.Context(), redisstore.Options{URL: server.URL, Installation: id})
		if err != nil {
			t.Fatalf("opening the Redis store: %v", err)
		}
		t.Cleanup(func() { _ = s.Close() })
		stores = append(stores, s)
	}
	rule := store.Rule{Free: 1, Delay: time.Minute, Factor: 1, MaxDelay: time.Minute, Forget: time.Hour}
	for i, s := range stores {
		d, err := s.Take(t.Context(), store.DigestOf("ann"), rule)
		if err != nil || !d.Allowed {
			t.Errorf("the first try at installation %d: %+v, %v; want it allowed", i, d, err)
		}
		newSession("sid").mustRefresh(t, s)
	}
	keys, err := server.client(t).Keys(t.Context(), "*").Result()
	if err != nil {
		t.Fatalf("listing the keys: %v", err)
	}
	for _, key := range keys {
		if !strings.HasPrefix(key, "gh:ONE:") && !strings.HasPrefix(key, "gh:TWO:") {
			t.Errorf("the key %q names no installation, want gh:ONE: or gh:TWO: before it", key)
		}
	}
	if _, err := redisstore.Open(t.Context(), redisstore.Options{URL: server.URL}); err == nil {
		t.Error("a store without an installation was opened, want it refused")
	}
}

// A rotator is a store, or a replica of the release before.
type rotator interface {
	Rotate(ctx context.Context, sid string, step store.Step) (store.Rotation, store.Outcome, error)
}

// before is a replica of the release before: its script, and its keys. It returns no more
// of the rotation than the tests need.
type before struct {
	client *redis.Client
	script *redis.Script
}

func (b before) Rotate(ctx context.Context, sid string, step store.Step) (store.Rotation, store.Outcome, error) {
	args := []any{step.Gen, step.JTI}
	for _, r := range []store.Rotation{step.Known, step.Next} {
		args = append(args, r.Gen, r.JTI, r.From, r.IssuedAt.Unix(), r.ExpiresAt.Unix(), string(r.Role), r.KeyID, r.Network)
	}
	args = append(args, step.Grace.Milliseconds(), step.Until.UnixMilli())
	reply, err := b.script.Run(ctx, b.client, []string{"gh:TEST:s:{" + sid + "}", "gh:s:{" + sid + "}"}, args...).Slice()
	if err != nil {
		return store.Rotation{}, 0, err
	}
	return store.Rotation{JTI: reply[2].(string)}, store.Outcome(reply[0].(int64)), nil
}

func replicas(t *testing.T) [2]rotator {
	t.Helper()
	server := startServer(t)
	source, err := os.ReadFile("testdata/before/rotate.lua")
	if err != nil {
		t.Fatalf("reading the script of the release before: %v", err)
	}
	return [2]rotator{before{server.client(t), redis.NewScript(string(source))}, openPatient(t, server.URL)}
}

// TestReplicasOfTheReleaseBefore refreshes sessions during a rolling upgrade, each time
// at either kind of replica. The record never hears of a rotation. A token that one kind
// has used is repeated at the other, by 8 callers at once, and the family must not fork.
func TestReplicasOfTheReleaseBefore(t *testing.T) {
	kinds := replicas(t)
	// Which kind refreshes: the release before, which founds the session, or the new one.
	for _, sid := range []string{"bnbnbnbnbnbn", "bnnbbnnbbnnb", "bnnnnnnbbbbn", "bbbnnnbnbbnb"} {
		known := storetest.NextRotation(store.Rotation{})
		at := known
		for _, kind := range sid {
			first := strings.IndexRune("bn", kind)
			step := func() store.Step {
				return store.Step{Gen: at.Gen, JTI: at.JTI, Known: known, Next: storetest.NextRotation(at), Grace: 10 * time.Second, Until: time.Now().Add(time.Hour)}
			}
			next := step()
			if _, outcome, err := kinds[first].Rotate(t.Context(), sid, next); err != nil || outcome != store.Rotated {
				t.Fatalf("session %s, generation %d, at kind %d: outcome %d, %v; want Rotated", sid, at.Gen, first, outcome, err)
			}
			var wg sync.WaitGroup
			for i := range 8 {
				wg.Go(func() {
					got, outcome, err := kinds[i%2].Rotate(t.Context(), sid, step())
					if err != nil || outcome != store.Repeated || got.JTI != next.Next.JTI {
						t.Errorf("session %s, generation %d repeated at kind %d: outcome %d, successor %q, %v; want Repeated and %q",
							sid, at.Gen, i%2, outcome, got.JTI, err, next.Next.JTI)
					}
				})
			}
			wg.Wait()
			at = next.Next
		}
	}
}

// TestForgottenByBothReleases ends a session that the release before has founded.
func TestForgottenByBothReleases(t *testing.T) {
	kinds := replicas(t)
	known := storetest.NextRotation(store.Rotation{})
	step := store.Step{Gen: known.Gen, JTI: known.JTI, Known: known, Next: storetest.NextRotation(known), Grace: 10 * time.Second, Until: time.Now().Add(time.Hour)}
	if _, outcome, err := kinds[0].Rotate(t.Context(), "sid", step); err != nil || outcome != store.Rotated {
		t.Fatalf("rotating the session: outcome %d, %v; want Rotated", outcome, err)
	}
	if err := kinds[1].(*redisstore.Store).Forget(t.Context(), "sid"); err != nil {
		t.Fatalf("forgetting the session: %v", err)
	}
	for i, kind := range kinds {
		if _, outcome, err := kind.Rotate(t.Context(), "sid", step); err != nil || outcome != store.Ended {
			t.Errorf("rotating it at kind %d: outcome %d, %v; want Ended", i, outcome, err)
		}
	}
}

// TestAStateTakesLittleOfRedis has a state as long as they come.
func TestAStateTakesLittleOfRedis(t *testing.T) {
	const most = 250
	server := startServer(t)
	s, err := redisstore.Open(t.Context(), redisstore.Options{URL: server.URL, Installation: "ABCDEFGHIJKL", Timeout: 20 * time.Second})
	if err != nil {
		t.Fatalf("opening the Redis store: %v", err)
	}
	t.Cleanup(func() { _ = s.Close() })
	sid, at := rand.Text(), storetest.NextRotation(store.Rotation{})
	for range 3 {
		step := store.Step{Gen: at.Gen, JTI: at.JTI, Known: at, Next: storetest.NextRotation(at), Until: time.Now().Add(time.Hour)}
		step.Next.KeyID = "m2-P49fVS-pH7iTMnXY6OC2kCMzR5vlSDHnN0mG_q5c" // as long as any
		step.Next.Network = "2001:db8:1234:5678::/64"
		if _, outcome, err := s.Rotate(t.Context(), sid, step); err != nil || outcome != store.Rotated {
			t.Fatalf("rotating the session: outcome %d, %v; want Rotated", outcome, err)
		}
		at = step.Next
	}
	n, err := server.client(t).MemoryUsage(t.Context(), "gh:ABCDEFGHIJKL:s:{"+sid+"}", 0).Result()
	if err != nil || n > most {
		t.Errorf("a session's state takes %d bytes of Redis, %v; want at most %d", n, err, most)
	}
	t.Logf("a session's state takes %d bytes", n)
}

// TestAFullRedisServesRotations fills Redis: sessions continue and the server is ready,
// while tries are counted elsewhere.
func TestAFullRedisServesRotations(t *testing.T) {
	server := startServer(t)
	s := openStore(t, server.URL)
	old := newSession("old")
	old.mustRefresh(t, s)
	server.tell(t, "CONFIG", "SET", "maxmemory", "1")
	old.mustRefresh(t, s)
	newSession("new").mustRefresh(t, s)
	if err := s.Ping(t.Context()); err != nil {
		t.Errorf("asking a full Redis: %v, want no error", err)
	}
	if err := s.Forget(t.Context(), "old"); err != nil {
		t.Errorf("forgetting a session in a full Redis: %v, want no error", err)
	}
	if _, err := s.Take(t.Context(), store.DigestOf("nobody"), store.Rule{Free: 5, Forget: time.Hour}); err == nil {
		t.Error("a full Redis counted a try, want it refused")
	}
}

// TestTheRationOfStrangersFitsIntoRedis takes an hour's ration of one replica, twice: 35
// MB (docs/operations.md).
func TestTheRationOfStrangersFitsIntoRedis(t *testing.T) {
	const ration, atOnce, most = 50_000, 50, 35 << 20
	server := startServer(t, "--appendonly", "no")
	s := openPatient(t, server.URL)
	used := func() int {
		var bytes int
		for line := range strings.Lines(server.client(t).Info(t.Context(), "memory").Val()) {
			if text, ok := strings.CutPrefix(line, "used_memory_dataset:"); ok {
				bytes, _ = strconv.Atoi(strings.TrimSpace(text))
			}
		}
		return bytes
	}
	before := used()
	tenth := ration / 10 // of one of two hours: the size of a key does not depend on their number
	var wg sync.WaitGroup
	for caller := range atOnce {
		wg.Go(func() {
			for i := range tenth / atOnce {
				if _, err := s.Take(t.Context(), store.DigestOf(strconv.Itoa(caller)+" "+strconv.Itoa(i)), rule); err != nil {
					t.Errorf("taking from the throttle: %v", err)
				}
			}
		})
	}
	wg.Wait()
	if n := 20 * (used() - before); n <= 0 || n > most {
		t.Errorf("two rations take %d bytes of Redis, want at most %d", n, most)
	} else {
		t.Logf("two rations take %d bytes of Redis", n)
	}
}
