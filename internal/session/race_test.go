package session_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"gatehouse/internal/apis"
	"gatehouse/internal/session"
	"gatehouse/internal/test/testkit"
	"gatehouse/internal/token"
	"gatehouse/store"
)

const callers = 50

func TestOneSuccessorAmongMany(t *testing.T) {
	testkit.Long(t)
	onEveryStore(t, oneSuccessor)
}

func oneSuccessor(t *testing.T, g *rig) {
	first, _ := g.start(t)
	var mu sync.Mutex
	successors := map[string]int{}
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			set, err := g.Refresh(t.Context(), g.shop, first.RefreshToken, apis.Asked{})
			if err != nil {
				t.Errorf("refreshing the tokens: %v", err)
			}
			mu.Lock()
			defer mu.Unlock()
			successors[set.RefreshToken]++
		})
	}
	wg.Wait()
	if len(successors) != 1 {
		t.Errorf("the token has %d successors, want 1", len(successors))
	}
}

func TestWithoutGraceOneOfManyIsAnswered(t *testing.T) { onEveryStore(t, oneAnswered) }

func oneAnswered(t *testing.T, g *rig) {
	g.Grace = 0
	first, _ := g.start(t)
	var won atomic.Int32
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			switch _, err := g.Refresh(t.Context(), g.shop, first.RefreshToken, apis.Asked{}); {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, session.ErrInvalid):
				t.Errorf("refreshing at the same time: err = %v, want ErrInvalid", err)
			}
		})
	}
	wg.Wait()
	if n := won.Load(); n != 1 {
		t.Errorf("%d callers were answered, want 1", n)
	}
}

func TestNothingLivesOnceRefreshAndRevokeHaveReturned(t *testing.T) {
	testkit.Long(t)
	onEveryStore(t, nothingLives)
}

func nothingLives(t *testing.T, g *rig) {
	var sets, refreshed [callers]token.Set
	for i := range sets {
		sets[i], _ = g.start(t)
	}
	var wg sync.WaitGroup
	for i, set := range sets {
		wg.Go(func() {
			fresh, err := g.Refresh(t.Context(), g.shop, set.RefreshToken, apis.Asked{})
			if err != nil && !errors.Is(err, session.ErrInvalid) {
				t.Errorf("looking for what lives: err = %v, want nil or ErrInvalid", err)
			}
			refreshed[i] = fresh.Set
		})
		wg.Go(func() {
			if err := g.Revoke(t.Context(), g.shop.ID, set.RefreshToken); err != nil {
				t.Errorf("revoking the token: %v", err)
			}
		})
	}
	wg.Wait()
	for i, set := range sets {
		g.dead(t, set)
		if refreshed[i].AccessToken != "" {
			g.dead(t, refreshed[i])
		}
	}
}

// A refresh or an introspection reads the record before the session ends, and the
// rotation afterwards.
func TestTheEndBetweenRecordAndRotation(t *testing.T) { onEveryStore(t, endedBetween) }

func endedBetween(t *testing.T, g *rig) {
	set, s := g.start(t)
	stale := &staleRecord{DB: g.db}
	var err error
	if stale.session, stale.user, err = g.db.SessionWithUser(t.Context(), s.ID); err != nil {
		t.Fatalf("looking up the session: %v", err)
	}
	if err := g.Revoke(t.Context(), g.shop.ID, set.RefreshToken); err != nil {
		t.Fatalf("revoking the token: %v", err)
	}
	g.DB = stale
	if _, err := g.refresh(t, set.RefreshToken); !errors.Is(err, session.ErrEnded) {
		t.Errorf("refresh: err = %v, want ErrEnded", err)
	}
	if found, err := g.Inspect(t.Context(), g.shop, set.RefreshToken); err != nil || found.Active {
		t.Errorf("introspection: %+v, %v; want it inactive", found, err)
	}
}

// staleRecord returns a session as it was a moment ago.
type staleRecord struct {
	store.DB
	session store.Session
	user    store.User
}

func (d *staleRecord) SessionWithUser(context.Context, string) (store.Session, store.User, error) {
	return d.session, d.user, nil
}
