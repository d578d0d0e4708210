package storetest

import (
	"slices"
	"strings"
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

func browsersEnded(t *testing.T, db store.DB) {
	ann, ben := create(t, db, newUser("ann")), create(t, db, newUser("ben"))
	mine := []store.BrowserSession{newBrowser(ann.ID), newBrowser(ann.ID), newBrowser(ann.ID)}
	over, other := newBrowser(ann.ID), newBrowser(ben.ID)
	over.EndedAt = odd()
	signIn(t, db, append(mine, over, other)...)
	at := odd().Add(time.Minute)
	write(t, db, func(tx store.Tx) error { return tx.EndBrowsers(ann.ID, mine[1].ID, at) })
	mine[0].EndedAt, mine[2].EndedAt = at, at
	for _, want := range append(slices.Clone(mine), over, other) {
		same(t, "after all but one", browser(t, db, want.Cookie), want)
	}
	write(t, db, func(tx store.Tx) error { return tx.EndBrowsers(ann.ID, "", at.Add(time.Minute)) })
	mine[1].EndedAt = at.Add(time.Minute)
	for _, want := range append(slices.Clone(mine), over, other) {
		same(t, "after all", browser(t, db, want.Cookie), want)
	}
}

// browserGrants gives each person two browsers, each with a code, a used code and an
// approved device.
func browserGrants(t *testing.T, db store.DB) {
	ann, ben := create(t, db, newUser("ann")), create(t, db, newUser("ben"))
	type asked struct {
		browser    store.BrowserSession
		code, used store.AuthCode
		device     store.DeviceGrant
	}
	ask := func(userID int64) asked {
		a := asked{browser: newBrowser(userID), code: newCode(userID), used: newCode(userID), device: newDevice()}
		a.code.BrowserID, a.used.BrowserID, a.used.UsedAt = a.browser.ID, a.browser.ID, odd()
		a.device.Status, a.device.UserID, a.device.BrowserID = store.DeviceApproved, userID, a.browser.ID
		signIn(t, db, a.browser)
		addCode(t, db, a.code, a.used)
		addDevice(t, db, a.device)
		return a
	}
	want := func(what string, a asked, good bool) {
		t.Helper()
		_, err := db.CodeByDigest(t.Context(), a.code.Digest)
		if (err == nil) != good {
			t.Errorf("%s: the code: %v", what, err)
		}
		same(t, what+": the code that was used", code(t, db, a.used.Digest), a.used)
		if approved := device(t, db, a.device.Device).Status == store.DeviceApproved; approved != good {
			t.Errorf("%s: approved is %t, want %t", what, approved, good)
		}
	}
	first, second, third, others := ask(ann.ID), ask(ann.ID), ask(ann.ID), ask(ben.ID)
	endBrowser(t, db, first.browser.ID, odd())
	want("ended", first, false)
	want("not ended", second, true)
	write(t, db, func(tx store.Tx) error { return tx.EndBrowsers(ann.ID, second.browser.ID, odd()) })
	want("ended with others", third, false)
	want("excepted", second, true)
	write(t, db, func(tx store.Tx) error { return tx.EndBrowsers(ann.ID, "", odd()) })
	want("ended with all", second, false)
	want("another person's", others, true)
}

func browserSessionsEnded(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	in := func(browserID string) store.Session {
		s := newSession(ann.ID)
		s.BrowserID = browserID
		return s
	}
	first, second, over, other, none := in("B"), in("B"), in("B"), in("C"), in("")
	over.EndedAt, over.EndReason = odd(), "logout"
	start(t, db, first, second, over, other, none)
	at := odd().Add(time.Minute)
	end := func(browserID string) (ended []store.Session) {
		t.Helper()
		write(t, db, func(tx store.Tx) (err error) {
			ended, err = tx.EndBrowserSessions(browserID, "browser signed out", at)
			return err
		})
		slices.SortFunc(ended, func(a, b store.Session) int { return strings.Compare(a.ID, b.ID) })
		return ended
	}
	if ended := end(""); len(ended) != 0 {
		t.Errorf("without a browser session, %d sessions ended, want 0", len(ended))
	}
	first.EndedAt, first.EndReason, second.EndedAt, second.EndReason = at, "browser signed out", at, "browser signed out"
	want := []store.Session{first, second}
	slices.SortFunc(want, func(a, b store.Session) int { return strings.Compare(a.ID, b.ID) })
	same(t, "ended", end("B"), want)
	for _, s := range []store.Session{first, second, over, other, none} {
		same(t, "afterwards", session(t, db, s.ID), s)
	}
	if ended := end("B"); len(ended) != 0 {
		t.Errorf("%d sessions ended again, want none", len(ended))
	}
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
