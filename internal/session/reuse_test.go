package session_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"gatehouse/internal/apis"
	"gatehouse/internal/audit"
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
		t.Error("the access token is the same, but part of its life has passed; want a new one")
	}
	third := g.mustRefresh(t, second.RefreshToken)
	if got := g.mustRefresh(t, second.RefreshToken); got.RefreshToken != third.RefreshToken {
		t.Error("the predecessor has another successor, want the same")
	}
	if _, err := g.refresh(t, first.RefreshToken); !errors.Is(err, session.ErrInvalid) { // within the grace, but not the immediate predecessor
		t.Errorf("the token before the predecessor: err = %v, want ErrInvalid", err)
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
	for range 3 { // it is audited once
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
	if got, want := g.reuse(t, s.ID), (audit.TokenReused{Gen: 1, Current: 2}); got != want {
		t.Errorf("the event of the reuse says %+v, want %+v", got, want)
	}
}

// hangUp is a caller who hangs up during the rotation.
type hangUp struct {
	store.Rotations
	gone context.CancelFunc
}

func (h hangUp) Rotate(ctx context.Context, sid string, s store.Step) (store.Rotation, store.Outcome, error) {
	defer h.gone()
	return h.Rotations.Rotate(ctx, sid, s)
}

func TestAThiefCannotPreventTheEndByHangingUp(t *testing.T) {
	g := open(t)
	first, _ := g.start(t)
	second := g.mustRefresh(t, first.RefreshToken)
	g.advance(time.Minute)
	ctx, cancel := context.WithCancel(t.Context())
	thiefs := *g.Service
	thiefs.Rotations = hangUp{g.Rotations, cancel}
	if _, err := thiefs.Refresh(ctx, g.shop, first.RefreshToken, apis.Asked{}); !errors.Is(err, session.ErrEnded) {
		t.Errorf("reuse: err = %v, want ErrEnded", err)
	}
	g.dead(t, second)
}
