package session_test

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/apis"
	"gatehouse/internal/session"
	"gatehouse/internal/signin"
	"gatehouse/internal/throttle"
	"gatehouse/store"
)

// starts begins n sessions, a minute apart, and returns them.
func (g *rig) starts(t *testing.T, n int) (all []session.Set) {
	t.Helper()
	for range n {
		set, err := g.Begin(t.Context(), g.proof(), g.shop, apis.Grant{Scope: "openid account"}, apis.Asked{})
		if err != nil {
			t.Fatalf("beginning a session: %v", err)
		}
		all = append(all, set)
		g.advance(time.Minute)
	}
	return all
}

// living returns the IDs of ann's living sessions, oldest first.
func (g *rig) living(t *testing.T) (ids []string) {
	t.Helper()
	sessions, err := g.List(t.Context(), g.ann.ID)
	if err != nil {
		t.Fatalf("listing the sessions: %v", err)
	}
	for _, s := range slices.Backward(sessions) {
		ids = append(ids, s.ID)
	}
	return ids
}

// refusedFor returns how long a beginning has to wait.
func refusedFor(t *testing.T, err error) time.Duration {
	t.Helper()
	limited, ok := errors.AsType[*throttle.Limited](err)
	if !ok {
		t.Fatalf("beginning at the limit: %v, want a time to wait", err)
	}
	return limited.RetryAfter
}

func TestAtTheLimitTheLeastRecentlyUsedEnds(t *testing.T) { onEveryStore(t, leastRecentlyUsed) }

func leastRecentlyUsed(t *testing.T, g *rig) {
	g.MaxSessions = 3
	seen := map[bool]int{}
	g.ObserveLimit = func(clientID string, refused bool) { seen[refused]++ }
	all := g.starts(t, 3)
	other, err := g.Begin(t.Context(), g.proof(), g.spa, apis.Grant{Scope: "openid"}, apis.Asked{})
	if err != nil {
		t.Fatalf("beginning a session in another client: %v", err)
	}
	g.advance(2 * time.Hour)
	kept := g.mustRefresh(t, all[0].RefreshToken)
	fourth := g.starts(t, 1)[0]
	want := []string{all[0].Session.ID, all[2].Session.ID, other.Session.ID, fourth.Session.ID}
	if got := g.living(t); !slices.Equal(got, want) {
		t.Errorf("living are %v, want %v: the second was least recently used", got, want)
	}
	g.dead(t, all[1].Set)
	if got := g.audited(t, all[1].Session.ID); !slices.Equal(got, []string{"signin.ok", "session.ended"}) {
		t.Errorf("audited %v, want its end, once", got)
	}
	g.mustRefresh(t, kept.RefreshToken)
	if seen[false] != 1 || seen[true] != 0 {
		t.Errorf("observed %v, want one session that made room", seen)
	}
}

func TestNoneThatWasUsedWithinTheHourEnds(t *testing.T) { onEveryStore(t, usedWithinTheHour) }

func usedWithinTheHour(t *testing.T, g *rig) {
	g.MaxSessions = 2
	refused := 0
	g.ObserveLimit = func(_ string, no bool) {
		if no {
			refused++
		}
	}
	before := g.starts(t, 2)
	used := false
	_, err := g.Redeem(t.Context(), g.shop, session.Grant{
		SessionID: "third", UserID: g.ann.ID, SignIn: g.proof().SignIn, Granted: apis.Grant{Scope: "openid"}, Method: signin.ByCode,
		Use: func(store.Tx) error { used = true; return nil },
	}, apis.Asked{})
	wait := refusedFor(t, err)
	if wait <= 57*time.Minute || wait > time.Hour || !used || refused != 1 {
		t.Errorf("the third has to wait %s, used its code %t, and was observed %d times, want about 58 minutes, true and 1", wait, used, refused)
	}
	if got := g.living(t); !slices.Equal(got, []string{before[0].Session.ID, before[1].Session.ID}) {
		t.Errorf("living are %v, want the first two", got)
	}
	g.advance(wait + g.TouchEvery)
	g.starts(t, 1)
	g.dead(t, before[0].Set)
}

// A repeat is a use, which the record has to the minute. (MariaDB dates a rotation by its
// own clock, which the test cannot advance.)
func TestARepeatWithinTheHourIsAUse(t *testing.T) {
	g := open(t)
	g.MaxSessions, g.shop.Rotation = 1, store.RotationAdopted
	first, _ := g.start(t)
	g.advance(2 * time.Minute)
	g.mustRefresh(t, first.RefreshToken)
	g.advance(50 * time.Second)
	g.mustRefresh(t, first.RefreshToken)
	g.advance(time.Hour - 30*time.Second)
	_, err := g.Begin(t.Context(), g.proof(), g.shop, apis.Grant{Scope: "openid"}, apis.Asked{})
	if wait := refusedFor(t, err); wait > time.Minute {
		t.Errorf("the next has to wait %s, want less than a minute", wait)
	}
	g.mustRefresh(t, first.RefreshToken)
}

// The number on record is that before the limit was there. It does not grow, and each
// beginning ends one session, also of those that the release before has written.
func TestALimitEndsNoneAtOnce(t *testing.T) {
	for name, before := range map[string]string{
		"of this release":       "UPDATE sessions SET user_gen = 0",
		"of the release before": "UPDATE sessions SET user_gen = NULL, client_gen = NULL, consent_gen = NULL",
	} {
		t.Run(name, func(t *testing.T) {
			g := open(t)
			all := g.starts(t, 8)
			if _, err := g.db.Pool().ExecContext(t.Context(), before); err != nil {
				t.Fatalf("changing the sessions: %v", err)
			}
			g.advance(2 * time.Hour)
			g.MaxSessions = 3
			for i := range 3 {
				g.starts(t, 1)
				if got := g.living(t); len(got) != 8 {
					t.Errorf("%d sessions live after %d beginnings, want 8", len(got), i+1)
				}
				g.dead(t, all[i].Set)
			}
			g.mustRefresh(t, all[7].RefreshToken)
		})
	}
}

func TestALimitOfTheClient(t *testing.T) {
	for name, tt := range map[string]struct{ server, client, living int }{
		"the server's":     {2, 0, 2},
		"the client's":     {2, 3, 3},
		"none":             {0, 0, 5},
		"none by a client": {2, -1, 5},
		"only a client's":  {0, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			g := open(t)
			g.MaxSessions, g.shop.MaxSessions = tt.server, tt.client
			for range 5 {
				g.starts(t, 1)
				g.advance(2 * time.Hour)
			}
			if got := g.living(t); len(got) != tt.living {
				t.Errorf("%d sessions live, want %d", len(got), tt.living)
			}
		})
	}
}

// A session that has expired makes room at once, however recently it was used, and its
// end was not early.
func TestAnExpiredSessionMakesRoom(t *testing.T) {
	g := open(t)
	g.MaxSessions, g.shop.RefreshTokenIdle = 2, 3*time.Minute
	expired := g.starts(t, 2)[0]
	g.advance(2 * time.Minute)
	g.starts(t, 1)
	if got := g.audited(t, expired.Session.ID); !slices.Equal(got, []string{"signin.ok"}) {
		t.Errorf("audited %v, want no end of a session that had expired", got)
	}
}

func TestManyAtOnceKeepTheLimit(t *testing.T) { onEveryStore(t, manyKeepTheLimit) }

func manyKeepTheLimit(t *testing.T, g *rig) {
	g.MaxSessions = 5
	g.starts(t, 3)
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			_, err := g.Begin(t.Context(), g.proof(), g.shop, apis.Grant{}, apis.Asked{})
			if _, ok := errors.AsType[*throttle.Limited](err); err != nil && !ok {
				t.Errorf("beginning with others: %v, want a time to wait", err)
			}
		})
	}
	all.Wait()
	if got := g.living(t); len(got) != 5 {
		t.Errorf("%d sessions live, want 5", len(got))
	}
}
