package session_test

import (
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/session"
	"gatehouse/store"
)

const day = 24 * time.Hour

func TestLifetimesOfAClient(t *testing.T) {
	server := session.Lifetimes{Access: 5 * time.Minute, RefreshIdle: 14 * day, RefreshAbsolute: 90 * day}
	for _, c := range []struct {
		name   string
		client store.Client
		want   session.Lifetimes
	}{
		{"none of its own", store.Client{}, server},
		{"all of its own", store.Client{AccessTokenLifetime: time.Hour, RefreshTokenIdle: day, RefreshTokenLifetime: 7 * day},
			session.Lifetimes{Access: time.Hour, RefreshIdle: day, RefreshAbsolute: 7 * day}},
		{"a longer session than others have", store.Client{RefreshTokenLifetime: 366 * day},
			session.Lifetimes{Access: 5 * time.Minute, RefreshIdle: 14 * day, RefreshAbsolute: 366 * day}},
		{"no refresh token outlives its key", store.Client{RefreshTokenIdle: 366 * day, RefreshTokenLifetime: 366 * day},
			session.Lifetimes{Access: 5 * time.Minute, RefreshIdle: 90 * day, RefreshAbsolute: 366 * day}},
	} {
		if got := server.For(c.client); got != c.want {
			t.Errorf("%s: the lifetimes differ (-want +got):\n%s", c.name, cmp.Diff(c.want, got))
		}
	}
}

// Observe gets every start, rotation, end and reuse once.
func TestObserveGetsEveryEvent(t *testing.T) {
	g := open(t)
	told := map[session.Event]int{}
	g.Observe = func(what session.Event, n int) { told[what] += n }
	g.Ends.Observe = func(n int) { told[session.Ended] += n }
	first, _ := g.start(t)
	second := g.mustRefresh(t, first.RefreshToken)
	g.advance(time.Minute)
	for _, ended := range []string{first.RefreshToken, second.RefreshToken} {
		if _, err := g.refresh(t, ended); err == nil {
			t.Fatal("the session still lives, want it ended")
		}
	}
	want := map[session.Event]int{session.Started: 1, session.Refreshed: 1, session.Reused: 1, session.Ended: 1}
	if !maps.Equal(told, want) {
		t.Errorf("the observed events differ (-want +got):\n%s", cmp.Diff(want, told))
	}
}
