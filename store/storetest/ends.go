package storetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"gatehouse/store"
)

func ends() []promise {
	return []promise{
		{"an end raises a number, which ends all that was founded on it", "EndAll", endedWithAll},
		{"what is founded on a number that was raised meanwhile is dead", "EndAll CreateSession AddCode", foundedTooLate},
		{"the session that is spared stays, with its browser session", "EndAll", spared},
		{"a browser session is spared alone", "EndAll", sparedBrowser},
		{"what had ended is not spared", "EndAll", notSpared},
		{"a browser session that ran out ends nothing", "EndAll SweepBrowsers", ranOut},
		{"the number of a deleted app is not given again", "EndAll DeleteClient CreateClient", stones},
		{"more than a few sessions follow, in batches", "EndAll NextEnd ContinueEnd", endedInBatches},
		{"a deleted person's rows follow", "DeleteUser NextEnd ContinueEnd", deletedInBatches},
		{"ends take turns", "NextEnd ContinueEnd", endsTakeTurns},
		{"an end that is put off lets the others go first", "PutOffEnd NextEnd", endPutOff},
		{"what was founded during an end is found a minute later", "ContinueEnd", foundLater},
	}
}

func endAll(t *testing.T, db store.DB, e store.End) (result store.EndResult) {
	t.Helper()
	write(t, db, func(tx store.Tx) (err error) {
		result, err = tx.EndAll(e)
		return err
	})
	return result
}

var (
	allLive  = lives{true, true, true, true, true}
	noneLive = lives{}
)

func (f founded) lives(t *testing.T, db store.DB) lives {
	t.Helper()
	_, err := db.CodeByDigest(t.Context(), f.code.Digest)
	if err != nil {
		wantError(t, "code", err, store.ErrNotFound)
	}
	d, deviceErr := db.DeviceByDeviceCode(t.Context(), f.device.Device)
	if deviceErr != nil {
		wantError(t, "device", deviceErr, store.ErrNotFound)
	}
	listed, listErr := db.ListSessions(t.Context(), f.session.UserID, odd())
	if listErr != nil {
		t.Fatalf("listing the sessions: %v", listErr)
	}
	newest, err2 := db.NewestSessions(t.Context(), store.Mark{}, odd(), 1000)
	browsers, err3 := db.NewestBrowsers(t.Context(), store.Mark{}, odd(), 1000)
	if err := errors.Join(err2, err3); err != nil {
		t.Fatalf("listing everybody's sessions: %v", err)
	}
	l := lives{
		Browser: browserLives(t, db, f.browser.Cookie), Code: err == nil, Device: d.Status == store.DeviceApproved,
		Session: sessionLives(t, db, f.session.ID), Another: sessionLives(t, db, f.another.ID),
	}
	for _, s := range []struct {
		id    string
		lives bool
	}{{f.session.ID, l.Session}, {f.another.ID, l.Another}} {
		if slices.ContainsFunc(listed, func(one store.Session) bool { return one.ID == s.id }) != s.lives {
			t.Errorf("session %s is listed: %t, want as it lives: %t", s.id, !s.lives, s.lives)
		}
		if slices.ContainsFunc(newest.Sessions, func(one store.SessionOf) bool { return one.ID == s.id }) != s.lives {
			t.Errorf("session %s is among everybody's: %t, want as it lives: %t", s.id, !s.lives, s.lives)
		}
	}
	if slices.ContainsFunc(browsers.Browsers, func(one store.BrowserOf) bool { return one.ID == f.browser.ID }) != l.Browser {
		t.Errorf("the browser session is among everybody's: %t, want as it lives: %t", !l.Browser, l.Browser)
	}
	return l
}

// endings are the kinds of ends, and what they leave to ann in the app "shop".
func endings(ann store.User, f founded) map[string]struct {
	end   store.End
	shops lives
	other bool // hers in another app lives on
} {
	return map[string]struct {
		end   store.End
		shops lives
		other bool
	}{
		"user":    {store.End{UserID: ann.ID}, noneLive, false},
		"client":  {store.End{ClientID: "shop"}, lives{Browser: true}, true},
		"consent": {store.End{UserID: ann.ID, ClientID: "shop"}, lives{Browser: true}, true},
		"browser": {store.End{BrowserID: f.browser.ID}, lives{Another: true}, true},
	}
}

func endedWithAll(t *testing.T, db store.DB) {
	register(t, db, newClient("shop"))
	for _, kind := range []string{"user", "client", "consent", "browser"} {
		ann, ben := create(t, db, newUser("ann "+kind)), create(t, db, newUser("ben "+kind))
		anns, elsewhere, bens := found(t, db, ann, "shop"), found(t, db, ann, "other"), found(t, db, ben, "shop")
		way := endings(ann, anns)[kind]
		way.end.Reason, way.end.At = "why", odd().Add(time.Hour)
		same(t, kind+": before", anns.lives(t, db), allLive)
		result := endAll(t, db, way.end)
		if result.More || !result.First {
			t.Errorf("%s: more follow: %t, the first end: %t; want false and true", kind, result.More, result.First)
		}
		for _, s := range result.Sessions {
			if now := session(t, db, s.ID); !now.EndedAt.Equal(way.end.At) || now.EndReason != "why" || !s.EndedAt.Equal(way.end.At) {
				t.Errorf("%s: the session ended at %s because of %q, want %s and why", kind, now.EndedAt, now.EndReason, way.end.At)
			}
		}
		for range 2 { // and likewise after the rows have followed
			same(t, kind+": hers", anns.lives(t, db), way.shops)
			if got := elsewhere.lives(t, db); (got == allLive) != way.other || (got == noneLive) == way.other {
				t.Errorf("%s: hers in another app: %+v, want all to live: %t", kind, got, way.other)
			}
			if want := kind != "client"; (bens.lives(t, db) == allLive) != want {
				t.Errorf("%s: another person's: %+v, want all to live: %t", kind, bens.lives(t, db), want)
			}
			same(t, kind+": what is founded now", found(t, db, ann, "shop").lives(t, db), allLive)
			follow(t, db, way.end.At, 10)
		}
	}
}

// foundedTooLate founds on what was read before the end, as a request in progress does.
func foundedTooLate(t *testing.T, db store.DB) {
	register(t, db, newClient("shop"))
	for _, kind := range []string{"user", "client", "consent", "browser"} {
		ann := create(t, db, newUser("ann "+kind))
		before := found(t, db, ann, "shop")
		now := nowOf(t, db, ann.ID, "shop")
		granted, err := db.ConsentOf(t.Context(), ann.ID, "shop")
		if err != nil {
			t.Fatalf("looking up the consent: %v", err)
		}
		now.Consent = granted.Generation
		way := endings(ann, before)[kind]
		way.end.Reason, way.end.At = "why", odd().Add(time.Hour)
		endAll(t, db, way.end)
		s, c := newSession(ann.ID), newCode(ann.ID)
		s.ClientID, s.BrowserID, s.Foundation, s.CreatedAt = "shop", before.browser.ID, now, odd().Add(2*time.Hour)
		c.ClientID, c.BrowserID, c.Foundation = "shop", before.browser.ID, now
		write(t, db, func(tx store.Tx) error { return tx.CreateSession(s) })
		addCode(t, db, c)
		if sessionLives(t, db, s.ID) {
			t.Errorf("%s: a session that was decided before the end lives, want it dead", kind)
		}
		_, err = db.CodeByDigest(t.Context(), c.Digest)
		wantError(t, kind+": a code that was decided before the end", err, store.ErrNotFound)
	}
}

func spared(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	kept, gone := found(t, db, ann, "shop"), found(t, db, ann, "shop")
	for i := range 3 {
		endAll(t, db, store.End{UserID: ann.ID, Spare: kept.session.ID, Reason: "why", At: odd().Add(time.Duration(i) * time.Second)})
		follow(t, db, odd().Add(time.Hour), 10)
		same(t, "spared", kept.lives(t, db), lives{Browser: true, Session: true})
		same(t, "the rest", gone.lives(t, db), noneLive)
	}
}

// sparedBrowser spares a browser session, and none of the sessions that began in it.
func sparedBrowser(t *testing.T, db store.DB) {
	ann, ben := create(t, db, newUser("ann")), create(t, db, newUser("ben"))
	kept, gone, bens := found(t, db, ann, "shop"), found(t, db, ann, "shop"), found(t, db, ben, "shop")
	for i := range 3 {
		endAll(t, db, store.End{UserID: ann.ID, Spare: kept.browser.ID, Reason: "why", At: odd().Add(time.Duration(i) * time.Second)})
		follow(t, db, odd().Add(time.Hour), 10)
		same(t, "spared", kept.lives(t, db), lives{Browser: true})
		same(t, "the rest", gone.lives(t, db), noneLive)
	}
	endBrowser(t, db, kept.browser.ID, odd().Add(time.Hour))
	endAll(t, db, store.End{UserID: ann.ID, Spare: kept.browser.ID, Reason: "why", At: odd().Add(2 * time.Hour)})
	same(t, "spared after its end", kept.lives(t, db), noneLive)
	endAll(t, db, store.End{UserID: ann.ID, Spare: bens.browser.ID, Reason: "why", At: odd().Add(3 * time.Hour)})
	same(t, "another person's", bens.lives(t, db), allLive)
}

func notSpared(t *testing.T, db store.DB) {
	ann, ben := create(t, db, newUser("ann")), create(t, db, newUser("ben"))
	anns, bens := found(t, db, ann, "shop"), found(t, db, ben, "shop")
	for i := range store.EndAtOnce + 1 { // so that no row ends at once
		s := newSession(ann.ID)
		s.ID = fmt.Sprintf("%s-%d", s.ID, i)
		start(t, db, s)
	}
	endAll(t, db, store.End{UserID: ann.ID, Reason: "why", At: odd()})
	endAll(t, db, store.End{UserID: ann.ID, Spare: anns.session.ID, Reason: "why", At: odd()})
	same(t, "hers", anns.lives(t, db), noneLive)
	endAll(t, db, store.End{UserID: ann.ID, Spare: bens.session.ID, Reason: "why", At: odd()})
	same(t, "another person's", bens.lives(t, db), allLive)
}

func ranOut(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	f := found(t, db, ann, "shop")
	if n, err := db.SweepBrowsers(t.Context(), f.browser.ExpiresAt.Add(time.Hour), odd(), 10); err != nil || n != 1 {
		t.Fatalf("%d browser sessions swept, %v; want 1", n, err)
	}
	same(t, "afterwards", f.lives(t, db), lives{Session: true, Another: true, Code: true, Device: true})
}
