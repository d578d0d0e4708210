package storetest

import (
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"gatehouse/store"
)

func browsers() []promise {
	return []promise{
		{"a browser session comes back as it was, with its person as they are", "CreateBrowser BrowserWithUser", browserRoundTrip},
		{"an unknown cookie is not found", "BrowserWithUser", noBrowser},
		{"an ID and a cookie are given once", "CreateBrowser", browserConflict},
		{"a person's living browser sessions are listed, those seen last first", "ListBrowsers", browsersListed},
		{"everybody's living browser sessions, newest first, page by page", "NewestBrowsers", newestBrowsers},
		{"touching goes forward only", "TouchBrowser", browserTouched},
		{"renewing changes the cookie and keeps the rest", "RenewBrowser", browserRenewed},
		{"ending one", "EndAll", browserEnded},
		{"sweeping browser sessions", "SweepBrowsers", sweptBrowsers},
	}
}

// newBrowser returns a living browser session with every field filled.
func newBrowser(userID int64) store.BrowserSession {
	return store.BrowserSession{
		ID: rand.Text(), Cookie: store.DigestOf(rand.Text()), UserID: userID, SignIn: newSignIn(odd().Add(-time.Second)),
		CreatedAt: odd(), LastSeenAt: odd().Add(time.Minute), ExpiresAt: odd().Add(30 * 24 * time.Hour),
		IP: "2001:db8::ffff:1", UserAgent: "Mözilla/5.0 ✓ (名)",
	}
}

func signIn(t *testing.T, db store.DB, browsers ...store.BrowserSession) {
	t.Helper()
	write(t, db, func(tx store.Tx) error {
		for _, b := range browsers {
			if err := tx.CreateBrowser(b); err != nil {
				return err
			}
		}
		return nil
	})
}

// browser returns the browser session as it is now.
func browser(t *testing.T, db store.DB, cookie store.Digest) store.BrowserSession {
	t.Helper()
	b, _, err := db.BrowserWithUser(t.Context(), cookie)
	if err != nil {
		t.Fatalf("looking up the browser session: %v", err)
	}
	return b
}

func endBrowser(t *testing.T, db store.DB, id string, at time.Time) (ended bool) {
	t.Helper()
	return endAll(t, db, store.End{BrowserID: id, Reason: store.EndedLogout, At: at}).First
}

func browserRoundTrip(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	create(t, db, newUser("ben"))
	over := newBrowser(ann.ID)
	over.EndedAt = odd().Add(time.Hour)
	filled(t, over, "User")
	bare := store.BrowserSession{ID: rand.Text(), Cookie: store.DigestOf("bare"), UserID: ann.ID}
	all := []store.BrowserSession{newBrowser(ann.ID), over, bare}
	signIn(t, db, all...)
	ann.FirstName, ann.Active = "Changed since", false
	update(t, db, ann.ID, store.UserChange{FirstName: &ann.FirstName, Active: &ann.Active})
	for _, want := range all {
		got, u, err := db.BrowserWithUser(t.Context(), want.Cookie)
		if err != nil {
			t.Fatalf("looking up the browser session: %v", err)
		}
		same(t, "browser session", got, want)
		same(t, "person", u, ann)
	}
	strange := newBrowser(ann.ID)
	strange.UserAgent = "caf\xc3" + strings.Repeat("\xff\x00é", 200)
	signIn(t, db, strange)
	browser(t, db, strange.Cookie)
}

func browsersListed(t *testing.T, db store.DB) {
	ann, ben := create(t, db, newUser("ann")), create(t, db, newUser("ben"))
	old, last, over, expired, bens := newBrowser(ann.ID), newBrowser(ann.ID), newBrowser(ann.ID), newBrowser(ann.ID), newBrowser(ben.ID)
	last.LastSeenAt = old.LastSeenAt.Add(time.Minute)
	over.EndedAt = odd().Add(time.Hour)
	now := odd().Add(2 * time.Hour)
	expired.ExpiresAt = now
	signIn(t, db, old, last, over, expired, bens)
	want := []store.BrowserSession{last, old}
	for i := range want {
		want[i].Cookie = store.Digest{} // it is not read
	}
	list := func(of store.User) []store.BrowserSession {
		t.Helper()
		browsers, err := db.ListBrowsers(t.Context(), of.ID, now)
		if err != nil {
			t.Fatalf("listing browser sessions: %v", err)
		}
		return browsers
	}
	same(t, "hers", list(ann), want)
	endAll(t, db, store.End{UserID: ann.ID, Spare: last.ID, Reason: "why", At: now})
	same(t, "hers after an end of all others", list(ann), want[:1])
	same(t, "his", len(list(ben)), 1)
}

func newestBrowsers(t *testing.T, db store.DB) {
	ann, ben := create(t, db, newUser("ann")), create(t, db, newUser("ben"))
	now := odd().Add(time.Hour)
	var want []string
	var all []store.BrowserSession
	for i := range 5 {
		b := newBrowser([]int64{ann.ID, ben.ID}[i%2])
		b.CreatedAt = odd().Add(-time.Duration(i) * time.Minute)
		want, all = append(want, b.ID), append(all, b)
	}
	over, expired := newBrowser(ann.ID), newBrowser(ben.ID)
	over.EndedAt, expired.ExpiresAt = odd(), now
	signIn(t, db, append(all, over, expired)...)
	var got []string
	var mark store.Mark
	for pages := 0; pages == 0 || mark != (store.Mark{}); pages++ {
		page, err := db.NewestBrowsers(t.Context(), mark, now, 2)
		if err != nil || pages > 3 {
			t.Fatalf("page %d: %v, want 3 pages", pages+1, err)
		}
		for _, b := range page.Browsers {
			same(t, "the person of "+b.ID, b.User.Sub, map[int64]string{ann.ID: ann.Sub, ben.ID: ben.Sub}[b.UserID])
			got = append(got, b.ID)
		}
		mark = page.Next
	}
	same(t, "browser sessions", got, want)
}

func noBrowser(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	b, orphan := newBrowser(ann.ID), newBrowser(ann.ID+1)
	signIn(t, db, b, orphan)
	for what, cookie := range map[string]store.Digest{"guess": store.DigestOf("guess"), "zero": {}, "orphan": orphan.Cookie} {
		_, _, err := db.BrowserWithUser(t.Context(), cookie)
		wantError(t, what, err, store.ErrNotFound)
	}
	for _, id := range oddIDs(b.ID) {
		if id == b.ID || id == "" { // which names no browser session
			continue
		}
		if endBrowser(t, db, strings.ToValidUTF8(id, "?"), odd()) {
			t.Errorf("%q ended the browser session, want it left", id)
		}
	}
	if err := db.TouchBrowser(t.Context(), "none", odd()); err != nil {
		t.Errorf("touching an unknown browser session: %v, want no error", err)
	}
	same(t, "untouched", browser(t, db, b.Cookie), b)
}

func browserConflict(t *testing.T, db store.DB) {
	b := newBrowser(create(t, db, newUser("ann")).ID)
	signIn(t, db, b)
	sameID, sameCookie := newBrowser(b.UserID), newBrowser(b.UserID)
	sameID.ID, sameCookie.Cookie = b.ID, b.Cookie
	for _, other := range []store.BrowserSession{sameID, sameCookie} {
		err := db.Write(t.Context(), func(tx store.Tx) error { return tx.CreateBrowser(other) })
		wantError(t, "CreateBrowser again", err, store.ErrConflict)
	}
	same(t, "the first", browser(t, db, b.Cookie), b)
}

func browserTouched(t *testing.T, db store.DB) {
	b := newBrowser(create(t, db, newUser("ann")).ID)
	signIn(t, db, b)
	touch := func(what string, at time.Time) {
		t.Helper()
		if err := db.TouchBrowser(t.Context(), b.ID, at); err != nil {
			t.Fatalf("touching the browser session: %v", err)
		}
		same(t, what, browser(t, db, b.Cookie), b)
	}
	b.LastSeenAt = odd().Add(time.Hour)
	touch("forward", b.LastSeenAt)
	touch("back", odd())
	b.EndedAt = odd().Add(2 * time.Hour)
	endBrowser(t, db, b.ID, b.EndedAt)
	touch("after its end", odd().Add(3*time.Hour))
}

func browserRenewed(t *testing.T, db store.DB) {
	was := newBrowser(create(t, db, newUser("ann")).ID)
	ben := create(t, db, newUser("ben"))
	signIn(t, db, was)
	renew := func(b store.BrowserSession) (renewed bool) {
		t.Helper()
		write(t, db, func(tx store.Tx) (err error) {
			renewed, err = tx.RenewBrowser(b)
			return err
		})
		return renewed
	}
	next := newBrowser(was.UserID)
	next.ID, next.IP, next.UserAgent = was.ID, "192.0.2.1", "other"
	next.SignIn = store.SignIn{At: odd().Add(time.Hour), ACR: "2", AMR: []string{"otp"}}
	next.LastSeenAt, next.ExpiresAt = odd().Add(2*time.Hour), odd().Add(900*time.Hour)
	others := next
	others.UserID = ben.ID
	if renew(others) || renew(newBrowser(was.UserID)) {
		t.Error("another person's browser session, or an unknown one, was renewed, want neither")
	}
	same(t, "not renewed", browser(t, db, was.Cookie), was)
	given := next
	given.CreatedAt, given.EndedAt = odd().Add(-time.Hour), odd() // RenewBrowser ignores them
	if !renew(given) {
		t.Error("the browser session was not renewed, want it renewed")
	}
	next.CreatedAt = was.CreatedAt
	same(t, "renewed", browser(t, db, next.Cookie), next)
	_, _, err := db.BrowserWithUser(t.Context(), was.Cookie)
	wantError(t, "the old cookie", err, store.ErrNotFound)
	endBrowser(t, db, was.ID, odd())
	if renew(was) {
		t.Error("a browser session that had ended was renewed, want a refusal")
	}
}
