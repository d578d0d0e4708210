package session_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/apis"
	"gatehouse/internal/session"
	"gatehouse/store"
)

// unfinished is a database that an earlier release made.
type unfinished struct {
	finished, away atomic.Bool
	asked          atomic.Int32
}

func (u *unfinished) Finished(context.Context) (bool, error) {
	u.asked.Add(1)
	if u.away.Load() {
		return false, store.ErrUnavailable
	}
	return u.finished.Load(), nil
}

func (g *rig) audienceOf(t *testing.T, raw string) string {
	t.Helper()
	claims, err := g.Verifier.Refresh(t.Context(), raw)
	if err != nil {
		t.Fatalf("verifying the refresh token: %v", err)
	}
	return claims.Audience
}

// Sessions that begin before the upgrade is finished have the audience that the release
// before accepts, and keep it, so that a repeat is the same byte for byte.
func TestTheAudienceOfRefreshTokensIsAFactOfTheSession(t *testing.T) {
	onEveryStore(t, func(t *testing.T, g *rig) {
		record := &unfinished{}
		g.Upgrade = &session.Upgrade{DB: record, Now: g.clock}
		before, _ := g.start(t)
		g.start(t)
		if asked := record.asked.Load(); asked != 1 {
			t.Errorf("the record was asked %d times in a second, want once", asked)
		}
		next := g.mustRefresh(t, before.RefreshToken)
		record.finished.Store(true)
		g.advance(time.Second)
		after, _ := g.start(t)
		if again := g.mustRefresh(t, before.RefreshToken); again.RefreshToken != next.RefreshToken {
			t.Error("after the end of the upgrade a repeat has other bytes, want the same")
		}
		for raw, want := range map[string]string{
			before.RefreshToken: issuer, next.RefreshToken: issuer, g.mustRefresh(t, next.RefreshToken).RefreshToken: issuer,
			after.RefreshToken: issuer + "/oauth/token", g.mustRefresh(t, after.RefreshToken).RefreshToken: issuer + "/oauth/token",
		} {
			if got := g.audienceOf(t, raw); got != want {
				t.Errorf("the audience is %s, want %s", got, want)
			}
		}
		asked := record.asked.Load()
		g.advance(time.Minute)
		g.start(t)
		if again := record.asked.Load(); again != asked {
			t.Errorf("the record was asked %d times more after the end, want never", again-asked)
		}
	})
}

// A record that does not answer is asked by one caller a second: the others have waited
// for that one, and would wait for each other.
func TestARecordThatIsAwayIsAskedOnceASecond(t *testing.T) {
	onEveryStore(t, func(t *testing.T, g *rig) {
		record := &unfinished{}
		record.away.Store(true)
		g.Upgrade = &session.Upgrade{DB: record, Now: g.clock}
		if _, err := g.Begin(t.Context(), g.proof(), g.shop, apis.Grant{Scope: "openid account"}, apis.Asked{}); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("a beginning while the record is away: %v, want ErrUnavailable", err)
		}
		during, _ := g.start(t)
		if asked := record.asked.Load(); asked != 1 {
			t.Errorf("the record was asked %d times in a second, want once", asked)
		}
		if got := g.audienceOf(t, during.RefreshToken); got != issuer {
			t.Errorf("the audience is %s, want %s", got, issuer)
		}
		record.away.Store(false)
		record.finished.Store(true)
		g.advance(time.Second)
		after, _ := g.start(t)
		if got, want := g.audienceOf(t, after.RefreshToken), issuer+"/oauth/token"; got != want {
			t.Errorf("the audience is %s after a second, want %s", got, want)
		}
	})
}
