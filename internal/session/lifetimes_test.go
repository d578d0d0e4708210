package session_test

import (
	"testing"
	"time"

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
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}
