package session_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"gatehouse/internal/apis"
	"gatehouse/internal/audit"
	"gatehouse/internal/reqctx"
	"gatehouse/internal/session"
	"gatehouse/internal/token"
	"gatehouse/store"
)

// from returns a context of a request from an address.
func from(t *testing.T, address string) context.Context {
	return reqctx.With(t.Context(), &reqctx.Info{IP: netip.MustParseAddr(address)})
}

// refreshFrom refreshes from an address.
func (g *rig) refreshFrom(t *testing.T, address, raw string) token.Set {
	t.Helper()
	set, err := g.Refresh(from(t, address), g.shop, raw, apis.Asked{})
	if err != nil {
		t.Fatalf("refreshing from %s: %v", address, err)
	}
	return set.Set
}

// repeats returns the details of a session's token.repeated, oldest first.
func (g *rig) repeats(t *testing.T, sid string) (details []audit.TokenRepeated) {
	t.Helper()
	events, err := g.db.ListAudit(t.Context(), store.AuditQuery{Kind: audit.TokenRepeated{}.Kind(), Limit: 1000})
	if err != nil {
		t.Fatalf("listing the audit events: %v", err)
	}
	for _, e := range slices.Backward(events) {
		var detail audit.TokenRepeated
		if err := json.Unmarshal(e.Detail, &detail); err != nil {
			t.Fatalf("reading the detail of the event: %v", err)
		}
		if e.SessionID == sid {
			details = append(details, detail)
		}
	}
	return details
}

// counted returns a count of the events that the service observes.
func (g *rig) counted() map[session.Event]int {
	counts := map[session.Event]int{}
	var mu sync.Mutex
	g.Observe = func(what session.Event, n int) {
		mu.Lock()
		defer mu.Unlock()
		counts[what] += n
	}
	return counts
}

const (
	home, neighbour = "192.0.2.1", "192.0.2.99" // one network
	away, abroad    = "198.51.100.7", "2001:db8:1::7"
)

// A repeat within the grace is answered, and counted. From another network than the one
// that the successor was made for it is evidence, once for each network.
func TestARepeatWithinTheGraceFromElsewhereIsOnRecord(t *testing.T) {
	onEveryStore(t, func(t *testing.T, g *rig) {
		counts := g.counted()
		first, s := g.start(t)
		second := g.refreshFrom(t, home, first.RefreshToken)
		for _, address := range []string{home, neighbour, away, away, home, abroad} {
			if got := g.refreshFrom(t, address, first.RefreshToken); got.RefreshToken != second.RefreshToken {
				t.Errorf("from %s: another successor, want the same", address)
			}
		}
		elsewhere := audit.TokenRepeated{Gen: 1, Elsewhere: true}
		if diff := cmp.Diff([]audit.TokenRepeated{elsewhere, elsewhere}, g.repeats(t, s.ID)); diff != "" {
			t.Errorf("repeats on record (-want +got):\n%s", diff)
		}
		if counts[session.Repeated] != 6 {
			t.Errorf("%d repeats were counted, want 6", counts[session.Repeated])
		}
	})
}

// adopting registers the shop as an app that keeps its refresh token.
func (g *rig) adopting(t *testing.T) {
	t.Helper()
	g.shop.Rotation = store.RotationAdopted
	g.write(t, func(tx store.Tx) error { return tx.PutClient(g.shop) })
}

// emptied empties Redis, if the service has one.
func (g *rig) emptied(t *testing.T) {
	t.Helper()
	if g.redis == "" {
		return
	}
	options, err := redis.ParseURL(g.redis)
	if err != nil {
		t.Fatalf("parsing the URL of Redis: %v", err)
	}
	c := redis.NewClient(options)
	defer func() { _ = c.Close() }()
	if err := c.FlushDB(t.Context()).Err(); err != nil {
		t.Fatalf("emptying Redis: %v", err)
	}
}

// A front end of the old kind keeps the refresh token of the sign-in for a day, and
// refreshes with it every ten minutes.
func TestAFrontEndThatKeepsItsFirstTokenIsNeverOut(t *testing.T) {
	onEveryStore(t, func(t *testing.T, g *rig) {
		g.adopting(t)
		first, s := g.start(t)
		successors := map[string]bool{}
		for i := range 6 * 24 {
			g.advance(10 * time.Minute)
			if i%36 == 0 {
				g.emptied(t)
			}
			set := g.mustRefresh(t, first.RefreshToken)
			successors[set.RefreshToken] = true
			if _, _, err := g.Authenticate(t.Context(), set.AccessToken); err != nil {
				t.Fatalf("the access token of refresh %d: %v", i, err)
			}
		}
		if len(successors) != 1 {
			t.Errorf("the token got %d successors in a day, want one, byte for byte", len(successors))
		}
		if diff := cmp.Diff([]audit.TokenRepeated{{Gen: 1}}, g.repeats(t, s.ID)); diff != "" {
			t.Errorf("repeats on record (-want +got):\n%s", diff)
		}
		if kept, _, err := g.db.SessionWithUser(t.Context(), s.ID); err != nil || kept.LastUsedAt.Before(g.clock()) { // MariaDB's own clock may be ahead
			t.Errorf("last used at %s, %v; want %s: a repeat is a use", kept.LastUsedAt, err, g.clock())
		}
		g.advance(13 * 24 * time.Hour) // to the expiry of the token
		if _, err := g.refresh(t, first.RefreshToken); !errors.Is(err, token.ErrExpired) {
			t.Errorf("after its own expiry: err = %v, want ErrExpired", err)
		}
	})
}

// A front end of the new kind takes the successor each time. Once a successor has been
// used, its predecessor is reuse, also with Redis emptied in between.
func TestAFrontEndThatRotatesIsProtected(t *testing.T) {
	onEveryStore(t, func(t *testing.T, g *rig) {
		g.adopting(t)
		first, s := g.start(t)
		set := first
		for range 5 {
			g.advance(10 * time.Minute)
			next := g.mustRefresh(t, set.RefreshToken)
			if again := g.mustRefresh(t, set.RefreshToken); again.RefreshToken != next.RefreshToken {
				t.Error("a repeat got another successor, want the same")
			}
			set = next
		}
		g.emptied(t)
		if _, err := g.refresh(t, first.RefreshToken); !errors.Is(err, session.ErrEnded) {
			t.Errorf("the first token, whose successor was used: err = %v, want ErrEnded", err)
		}
		g.dead(t, set)
		if got, want := g.reuse(t, s.ID), (audit.TokenReused{Gen: 1, Current: 6}); got != want {
			t.Errorf("the event of the reuse says %+v, want %+v", got, want)
		}
	})
}

// Each predecessor has one event, and one more for each new network.
func TestRepeatsOfAnAdoptedSessionAreOnRecord(t *testing.T) {
	onEveryStore(t, func(t *testing.T, g *rig) {
		g.adopting(t)
		first, s := g.start(t)
		second := g.refreshFrom(t, home, first.RefreshToken)
		for _, address := range []string{home, neighbour, away, home, away, abroad} {
			g.refreshFrom(t, address, first.RefreshToken)
		}
		g.refreshFrom(t, away, second.RefreshToken)
		g.refreshFrom(t, home, second.RefreshToken)
		g.refreshFrom(t, away, second.RefreshToken)
		want := []audit.TokenRepeated{{Gen: 1}, {Gen: 1, Elsewhere: true}, {Gen: 1, Elsewhere: true}, {Gen: 2, Elsewhere: true}}
		if diff := cmp.Diff(want, g.repeats(t, s.ID)); diff != "" {
			t.Errorf("repeats on record (-want +got):\n%s", diff)
		}
	})
}

// Introspection agrees with what a refresh would answer.
func TestIntrospectionOfAnAdoptedPredecessor(t *testing.T) {
	onEveryStore(t, func(t *testing.T, g *rig) {
		g.adopting(t)
		first, _ := g.start(t)
		second := g.mustRefresh(t, first.RefreshToken)
		active := func(raw string, want bool) {
			t.Helper()
			if found, err := g.Inspect(t.Context(), g.shop, raw); err != nil || found.Active != want {
				t.Errorf("introspection: active %t, %v; want %t", found.Active, err, want)
			}
		}
		active(first.RefreshToken, true)
		third := g.mustRefresh(t, second.RefreshToken)
		active(first.RefreshToken, false)
		active(second.RefreshToken, true)
		active(third.RefreshToken, true)
	})
}

// Two replicas answer fifty callers with one successor, while Redis is emptied.
func TestOneSuccessorAmongManyOfAnAdoptedSession(t *testing.T) {
	onEveryStore(t, func(t *testing.T, g *rig) {
		g.adopting(t)
		replica := *g.Service
		replica.DB = g.db
		set, s := g.start(t)
		for range 3 {
			var mu sync.Mutex
			successors := map[string]bool{}
			var wg sync.WaitGroup
			for i := range callers {
				service := []*session.Service{g.Service, &replica}[i%2]
				wg.Go(func() {
					got, err := service.Refresh(t.Context(), g.shop, set.RefreshToken, apis.Asked{})
					if err != nil {
						t.Errorf("refreshing at the same time: %v", err)
						return
					}
					mu.Lock()
					defer mu.Unlock()
					successors[got.RefreshToken] = true
				})
				if i == callers/2 {
					wg.Go(func() { g.emptied(t) })
				}
			}
			wg.Wait()
			if len(successors) != 1 {
				t.Fatalf("the token has %d successors, want 1", len(successors))
			}
			for raw := range successors {
				set.RefreshToken = raw
			}
		}
		if got := g.repeats(t, s.ID); len(got) != 3 {
			t.Errorf("%d repeats on record, want 3: one for each of the three predecessors", len(got))
		}
	})
}

// An app may change its rule while it has sessions.
func TestASessionSurvivesAChangeOfTheRule(t *testing.T) {
	onEveryStore(t, func(t *testing.T, g *rig) {
		first, _ := g.start(t)
		second := g.mustRefresh(t, first.RefreshToken) // in Redis alone, where there is one
		g.adopting(t)
		if again := g.mustRefresh(t, first.RefreshToken); again.RefreshToken != second.RefreshToken {
			t.Error("strict before, adopted now: a repeat got another successor, want the same")
		}
		g.emptied(t)
		third := g.mustRefresh(t, second.RefreshToken)
		g.shop.Rotation = store.RotationStrict
		if again := g.mustRefresh(t, second.RefreshToken); again.RefreshToken != third.RefreshToken {
			t.Error("adopted before, strict now: a repeat got another successor, want the same")
		}
		fourth := g.mustRefresh(t, third.RefreshToken)
		if _, err := g.refresh(t, second.RefreshToken); !errors.Is(err, session.ErrEnded) {
			t.Errorf("a used predecessor: err = %v, want ErrEnded", err)
		}
		g.dead(t, fourth)
	})
}
