package session_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"gatehouse/internal/session"
	"gatehouse/store"
)

func TestARepeatWithinTheGraceGetsTheSameSuccessor(t *testing.T) {
	g := open(t)
	first, s := g.start(t)
	second := g.mustRefresh(t, first.RefreshToken)
	g.advance(9 * time.Second)
	again := g.mustRefresh(t, first.RefreshToken)
	if again.RefreshToken != second.RefreshToken {
		t.Error("the token presented again has another successor, want the same")
	}
	if again.AccessToken == second.AccessToken {
		t.Error("the access token is the same, whose life is shorter by now, want a new one")
	}
	third := g.mustRefresh(t, second.RefreshToken)
	if got := g.mustRefresh(t, second.RefreshToken); got.RefreshToken != third.RefreshToken {
		t.Error("the predecessor has another successor, want the same")
	}
	if _, err := g.refresh(t, first.RefreshToken); !errors.Is(err, session.ErrInvalid) { // an older generation, though within the time
		t.Errorf("the one before: %v", err)
	}
	g.dead(t, third)
	if got := g.audited(t, s.ID); !slices.Equal(got, []string{"signin.ok", "token.reused"}) {
		t.Errorf("audited %v, want %v", got, []string{"signin.ok", "token.reused"})
	}
}

func TestReuseAfterTheGraceEndsTheSession(t *testing.T) {
	g := open(t)
	first, s := g.start(t)
	second := g.mustRefresh(t, first.RefreshToken)
	g.advance(11 * time.Second)
	for range 3 { // the alarm rings once
		if _, err := g.refresh(t, first.RefreshToken); !errors.Is(err, session.ErrEnded) {
			t.Errorf("reuse: err = %v, want ErrEnded", err)
		}
	}
	g.dead(t, second)
	kept, _, err := g.db.SessionWithUser(t.Context(), s.ID)
	if err != nil || kept.EndReason != "reuse" {
		t.Errorf(`ended for %q, %v; want "reuse"`, kept.EndReason, err)
	}
	if got := g.audited(t, s.ID); !slices.Equal(got, []string{"signin.ok", "token.reused"}) {
		t.Errorf("audited %v, want %v", got, []string{"signin.ok", "token.reused"})
	}
}

// hangUp is a caller who is gone when the rotation has been asked for.
type hangUp struct {
	store.Rotations
	gone context.CancelFunc
}

func (h hangUp) Rotate(ctx context.Context, sid string, s store.Step) (store.Rotation, store.Outcome, error) {
	defer h.gone()
	return h.Rotations.Rotate(ctx, sid, s)
}

func TestAThiefCannotHangUpOnTheAlarm(t *testing.T) {
	g := open(t)
	first, _ := g.start(t)
	second := g.mustRefresh(t, first.RefreshToken)
	g.advance(time.Minute)
	ctx, cancel := context.WithCancel(t.Context())
	thiefs := *g.Service
	thiefs.Rotations = hangUp{g.Rotations, cancel}
	if _, err := thiefs.Refresh(ctx, g.shop, first.RefreshToken, ""); !errors.Is(err, session.ErrEnded) {
		t.Errorf("reuse: err = %v, want ErrEnded", err)
	}
	g.dead(t, second)
}
