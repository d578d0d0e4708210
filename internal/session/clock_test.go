package session_test

import (
	"errors"
	"testing"
	"time"

	"gatehouse/store"
)

// TestAClockThatWasSetBackSignsNobodyOut: what was issued an hour ahead of a clock
// that has been set right is a fault of ours, not of who holds it; and nothing
// passes for revoked that will work again.
func TestAClockThatWasSetBackSignsNobodyOut(t *testing.T) {
	onEveryStore(t, func(t *testing.T, g *rig) {
		g.advance(time.Hour)
		ahead, _ := g.start(t)
		g.advance(-time.Hour)
		if _, err := g.Refresh(t.Context(), g.shop, ahead.RefreshToken, ""); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("refresh: err = %v, want ErrUnavailable", err)
		}
		for _, raw := range []string{ahead.AccessToken, ahead.RefreshToken} {
			if _, err := g.Inspect(t.Context(), g.shop, raw); !errors.Is(err, store.ErrUnavailable) {
				t.Errorf("introspection: err = %v, want ErrUnavailable", err)
			}
			if err := g.Revoke(t.Context(), g.shop.ID, raw); !errors.Is(err, store.ErrUnavailable) {
				t.Errorf("revocation: err = %v, want ErrUnavailable", err)
			}
		}
		g.advance(time.Hour)
		g.mustRefresh(t, ahead.RefreshToken)
	})
}

// TestWhatEndedAheadOfTheClockIsOver: there is nothing to wait for, so an app that
// holds such a token is not told to try again until that time comes.
func TestWhatEndedAheadOfTheClockIsOver(t *testing.T) {
	onEveryStore(t, func(t *testing.T, g *rig) {
		g.advance(time.Hour)
		ahead, s := g.start(t)
		g.advance(-time.Hour)
		g.write(t, func(tx store.Tx) error {
			_, err := tx.EndSession(s.ID, 0, store.EpochReason, g.clock())
			return err
		})
		g.dead(t, ahead)
	})
}
