package session_test

import (
	"errors"
	"testing"
	"time"

	"gatehouse/internal/apis"
	"gatehouse/store"
)

// A token that was issued an hour ahead, before the clock was corrected, is a fault of
// ours and not of its holder; and a token that will work again is not reported as
// revoked.
func TestAClockThatWasSetBackSignsNobodyOut(t *testing.T) {
	onEveryStore(t, func(t *testing.T, g *rig) {
		g.advance(time.Hour)
		ahead, _ := g.start(t)
		g.advance(-time.Hour)
		if _, err := g.Refresh(t.Context(), g.shop, ahead.RefreshToken, apis.Asked{}); !errors.Is(err, store.ErrUnavailable) {
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

// A client with a token of an ended session is refused, and not told to try again until
// the clock reaches the token's time.
func TestAnEndedSessionAheadOfTheClockIsRefused(t *testing.T) {
	onEveryStore(t, func(t *testing.T, g *rig) {
		g.advance(time.Hour)
		ahead, s := g.start(t)
		g.advance(-time.Hour)
		g.write(t, func(tx store.Tx) error {
			_, err := tx.EndSession(s.ID, 0, store.EndedEpoch, g.clock())
			return err
		})
		g.dead(t, ahead)
	})
}
