package storetest

import (
	"slices"
	"testing"
	"time"

	"gatehouse/store"
)

func browserEnded(t *testing.T, db store.DB) {
	b, other := newBrowser(create(t, db, newUser("ann")).ID), newBrowser(1)
	signIn(t, db, b, other)
	at := odd().Add(time.Hour)
	if !endBrowser(t, db, b.ID, at) || endBrowser(t, db, b.ID, at.Add(time.Hour)) {
		t.Error("the browser session was not ended exactly once, want exactly once")
	}
	b.EndedAt = at
	same(t, "ended", browser(t, db, b.Cookie), b)
	same(t, "another", browser(t, db, other.Cookie), other)
}

func sweptBrowsers(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	limit, idle := odd(), odd().Add(-time.Hour)
	var keep, old []store.BrowserSession
	for range 3 {
		keep, old = append(keep, newBrowser(ann.ID)), append(old, newBrowser(ann.ID))
	}
	keep[0].ExpiresAt, keep[1].EndedAt, keep[2].LastSeenAt = limit, limit, idle
	old[0].ExpiresAt, old[1].EndedAt, old[2].LastSeenAt = limit.Add(-1e6), limit.Add(-1e6), idle.Add(-1e6)
	signIn(t, db, append(slices.Clone(keep), old...)...)
	wantSwept(t, func(n int) (int64, error) { return db.SweepBrowsers(t.Context(), limit, idle, n) }, 2, 1, 0)
	for _, b := range keep {
		same(t, "kept", browser(t, db, b.Cookie), b)
	}
}
