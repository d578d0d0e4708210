package session_test

import (
	"errors"
	"testing"
	"time"

	"gatehouse/internal/apis"
	"gatehouse/internal/audit"
	"gatehouse/internal/session"
	"gatehouse/store"
)

// gathering refreshes with touches that are gathered. The record gets them from Write or Run.
func gathering(g *rig) *session.Touches {
	g.TouchEvery = time.Minute
	g.Touches = &session.Touches{
		Record: g.db.TouchSessions, Every: session.DefaultGather, Most: session.DefaultWaiting, Observe: func(string, int) {}, Log: g.Log,
	}
	return g.Touches
}

// onRedis runs a test where Redis holds the rotations.
func onRedis(t *testing.T, test func(*testing.T, *rig)) {
	onEveryStore(t, func(t *testing.T, g *rig) {
		if g.redis == "" {
			t.Skip("the record is never behind")
		}
		test(t, g)
	})
}

// TestARefreshDoesNotWaitForTheRecord: the record gets the latest rotation of each session,
// and nothing of one that has ended meanwhile.
func TestARefreshDoesNotWaitForTheRecord(t *testing.T) {
	onRedis(t, func(t *testing.T, g *rig) {
		touches := gathering(g)
		_, ended := g.start(t)
		set, living := g.start(t)
		g.advance(2 * time.Minute)
		for range 3 {
			set = g.mustRefresh(t, set.RefreshToken)
		}
		gone, over := g.start(t)
		g.advance(2 * time.Minute)
		g.mustRefresh(t, gone.RefreshToken)
		if before := g.record(t, living.ID); before.Rotation.Gen != 1 {
			t.Errorf("the record is at generation %d before anything is written, want 1", before.Rotation.Gen)
		}
		if _, err := g.Ends.One(t.Context(), over.ID, 0, store.EndedReuse, audit.Event{What: audit.TokenReused{}}); err != nil {
			t.Fatalf("ending a session: %v", err)
		}
		touches.Write(t.Context())
		for id, want := range map[string]int64{ended.ID: 1, living.ID: 4, over.ID: 1} {
			if got := g.record(t, id); got.Rotation.Gen != want || got.EndedAt.IsZero() == (id == over.ID) {
				t.Errorf("the record is at generation %d, ended at %v; want generation %d, and only the last session ended", got.Rotation.Gen, got.EndedAt, want)
			}
		}
		if _, err := g.refresh(t, gone.RefreshToken); !errors.Is(err, session.ErrEnded) {
			t.Errorf("refreshing the ended session: %v, want %v", err, session.ErrEnded)
		}
	})
}

func (g *rig) record(t *testing.T, id string) store.Session {
	t.Helper()
	s, _, err := g.db.SessionWithUser(t.Context(), id)
	if err != nil {
		t.Fatalf("reading the record: %v", err)
	}
	return s
}

// TestAdoptedRotationsAreNotGathered: the record makes them itself.
func TestAdoptedRotationsAreNotGathered(t *testing.T) {
	onRedis(t, func(t *testing.T, g *rig) {
		gathering(g)
		g.shop.Rotation = store.RotationAdopted
		set, s := g.start(t)
		g.advance(2 * time.Minute)
		if _, err := g.Refresh(t.Context(), g.shop, set.RefreshToken, apis.Asked{}); err != nil {
			t.Fatalf("refreshing: %v", err)
		}
		if got := g.record(t, s.ID); got.Rotation.Gen != 2 {
			t.Errorf("the record is at generation %d, want 2", got.Rotation.Gen)
		}
	})
}

// TestARefreshBeyondTheBoundWritesItsOwn has room for one session.
func TestARefreshBeyondTheBoundWritesItsOwn(t *testing.T) {
	onRedis(t, func(t *testing.T, g *rig) {
		gathering(g).Most = 1
		first, waits := g.start(t)
		second, own := g.start(t)
		g.advance(2 * time.Minute)
		g.mustRefresh(t, first.RefreshToken)
		g.mustRefresh(t, second.RefreshToken)
		if at, of := g.record(t, waits.ID).Rotation.Gen, g.record(t, own.ID).Rotation.Gen; at != 1 || of != 2 {
			t.Errorf("the record is at generations %d and %d, want 1 and 2", at, of)
		}
	})
}
