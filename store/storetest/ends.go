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

// nowOf returns the generations that count now.
func nowOf(t *testing.T, db store.DB, userID int64, clientID string) (f store.Foundation) {
	t.Helper()
	u, err := db.UserByID(t.Context(), userID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		t.Fatalf("looking up the person: %v", err)
	}
	c, err := db.ClientByID(t.Context(), clientID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		t.Fatalf("looking up the app: %v", err)
	}
	return store.Foundation{User: u.Generation, Client: c.Generation, Consent: store.Unread}
}

func endAll(t *testing.T, db store.DB, e store.End) (result store.EndResult) {
	t.Helper()
	write(t, db, func(tx store.Tx) (err error) {
		result, err = tx.EndAll(e)
		return err
	})
	return result
}

// founded holds what a person has in an app: two sessions, one of them of a browser
// session, and a code and an approved device of the latter.
type founded struct {
	browser          store.BrowserSession
	session, another store.Session
	code             store.AuthCode
	device           store.DeviceGrant
	consent          store.Consent
}

// found founds them on what counts now.
func found(t *testing.T, db store.DB, u store.User, clientID string) founded {
	t.Helper()
	f := founded{
		browser: newBrowser(u.ID), session: newSession(u.ID), another: newSession(u.ID), code: newCode(u.ID), device: newDevice(),
		consent: store.Consent{UserID: u.ID, ClientID: clientID, Scope: "openid", GrantedAt: odd(), FirstGrantedAt: odd()},
	}
	now := nowOf(t, db, u.ID, clientID)
	f.browser.User, f.consent.Client = now.User, now.Client
	f.session.ClientID, f.another.ClientID, f.code.ClientID, f.device.ClientID = clientID, clientID, clientID, clientID
	f.session.BrowserID, f.code.BrowserID = f.browser.ID, f.browser.ID
	f.code.Foundation = now
	f.device.Foundation.Client = now.Client
	start(t, db, f.session, f.another)
	signIn(t, db, f.browser)
	addCode(t, db, f.code)
	consent(t, db, f.consent)
	addDevice(t, db, f.device)
	f.device.Status, f.device.UserID, f.device.BrowserID, f.device.Foundation = store.DeviceApproved, u.ID, f.browser.ID, now
	write(t, db, func(tx store.Tx) error {
		decided, err := tx.DecideDevice(f.device, odd())
		if !decided {
			t.Error("the device was not approved, want it approved")
		}
		return err
	})
	return f
}

// lives says which of them live.
type lives struct{ Browser, Session, Another, Code, Device bool }

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

func sessionLives(t *testing.T, db store.DB, id string) bool {
	t.Helper()
	s, _, err := db.SessionWithUser(t.Context(), id)
	if err != nil {
		wantError(t, "session", err, store.ErrNotFound)
	}
	return err == nil && s.EndedAt.IsZero()
}

func browserLives(t *testing.T, db store.DB, cookie store.Digest) bool {
	t.Helper()
	b, _, err := db.BrowserWithUser(t.Context(), cookie)
	if err != nil {
		wantError(t, "browser session", err, store.ErrNotFound)
	}
	return err == nil && b.EndedAt.IsZero()
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

// follow takes steps until none is due, and returns their number and the sessions that
// they ended.
func follow(t *testing.T, db store.DB, at time.Time, n int) (steps int, ended []string) {
	t.Helper()
	for ; steps < 1000; steps++ {
		p, err := db.NextEnd(t.Context(), at)
		if errors.Is(err, store.ErrNotFound) {
			return steps, ended
		}
		if err != nil {
			t.Fatalf("reading the next end: %v", err)
		}
		write(t, db, func(tx store.Tx) error {
			step, err := tx.ContinueEnd(p, at, n)
			if len(step.Ended) > n {
				t.Errorf("a step ended %d sessions, want at most %d", len(step.Ended), n)
			}
			ended = append(ended, step.Ended...)
			return err
		})
	}
	t.Fatalf("after %d steps there is still an end to follow, want none", steps)
	return 0, nil
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

// stones deletes an app, and registers another one with its ID.
func stones(t *testing.T, db store.DB) {
	register(t, db, newClient("shop"))
	ann := create(t, db, newUser("ann"))
	pushed := newPushed()
	push(t, db, pushed)
	old := found(t, db, ann, "shop")
	last := readClient(t, db, "shop").Generation
	for i := range 3 {
		at := odd().Add(time.Duration(-i) * time.Hour) // whatever the clock says
		write(t, db, func(tx store.Tx) error { return tx.DeleteClient("shop", at) })
		same(t, "of the deleted app", old.lives(t, db), lives{Browser: true})
		register(t, db, newClient("shop"))
		now := readClient(t, db, "shop").Generation
		if now <= last {
			t.Errorf("the generation is %d after %d, want it to grow", now, last)
		}
		same(t, "of the earlier app", old.lives(t, db), lives{Browser: true})
		_, err := db.ConsentOf(t.Context(), ann.ID, "shop")
		wantError(t, "the consent to the earlier app", err, store.ErrNotFound)
		_, err = db.PushedByDigest(t.Context(), pushed.Digest)
		wantError(t, "what the earlier app pushed", err, store.ErrNotFound)
		old, last = found(t, db, ann, "shop"), now
		same(t, "of the new app", old.lives(t, db), allLive)
		wantConsent(t, db, old.consent)
		follow(t, db, odd().Add(time.Hour), 10)
		same(t, "of the new app, after the rows have followed", old.lives(t, db), allLive)
		wantConsent(t, db, old.consent)
	}
}

func endedInBatches(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	listener := newClient("shop")
	listener.BackchannelLogoutURI = "https://shop.example.com/bye"
	register(t, db, listener)
	const many = store.EndAtOnce + 5
	var all []string
	for range many {
		s := newSession(ann.ID)
		s.ClientID = "shop"
		start(t, db, s)
		all = append(all, s.ID)
	}
	at := odd().Add(time.Hour)
	result := endAll(t, db, store.End{UserID: ann.ID, Reason: "why", At: at, Actor: "cli", Sub: ann.Sub})
	if !result.More || len(result.Sessions) != 0 {
		t.Errorf("%d sessions ended at once, more: %t; want none and true", len(result.Sessions), result.More)
	}
	if s := session(t, db, all[0]); !s.EndedAt.Equal(at) || s.EndReason != store.EndedWithAll {
		t.Errorf("the session ended at %s because of %q, want %s and %q", s.EndedAt, s.EndReason, at, store.EndedWithAll)
	}
	p, err := db.NextEnd(t.Context(), at)
	if err != nil {
		t.Fatalf("reading the next end: %v", err)
	}
	same(t, "pending", p.End, store.End{UserID: ann.ID, Reason: "why", At: at, Actor: "cli", Sub: ann.Sub})
	_, ended := follow(t, db, at, 50)
	slices.Sort(ended)
	slices.Sort(all)
	same(t, "ended", ended, all)
	if s := session(t, db, all[0]); !s.EndedAt.Equal(at) || s.EndReason != "why" {
		t.Errorf("the session ended at %s because of %q, want %s and why", s.EndedAt, s.EndReason, at)
	}
	if owed := claim(t, db, at, at, many+1); len(owed) != many {
		t.Errorf("%d notices are owed, want %d", len(owed), many)
	}
	wantDone(t, db, at.Add(time.Minute), many)
}

// wantDone wants one pending end, whose last step counts that many sessions.
func wantDone(t *testing.T, db store.DB, at time.Time, sessions int64) {
	t.Helper()
	p, err := db.NextEnd(t.Context(), at)
	if err != nil {
		t.Fatalf("reading the next end: %v", err)
	}
	write(t, db, func(tx store.Tx) error {
		step, err := tx.ContinueEnd(p, at, 10)
		if !step.Done || step.Sessions != sessions {
			t.Errorf("done: %t, after %d sessions; want true after %d", step.Done, step.Sessions, sessions)
		}
		if err != nil {
			return err
		}
		_, err = tx.ContinueEnd(p, at, 10)
		wantError(t, "continuing an end that is done", err, store.ErrNotFound)
		return nil
	})
	_, err = db.NextEnd(t.Context(), at.Add(time.Hour))
	wantError(t, "NextEnd", err, store.ErrNotFound)
}

func deletedInBatches(t *testing.T, db store.DB) {
	ann, ben := create(t, db, newUser("ann")), create(t, db, newUser("ben"))
	listener := newClient("shop")
	listener.BackchannelLogoutURI = "https://shop.example.com/bye"
	register(t, db, listener)
	anns, bens := found(t, db, ann, "shop"), found(t, db, ben, "shop")
	write(t, db, func(tx store.Tx) error { return tx.DeleteUser(ann.ID) })
	same(t, "hers", anns.lives(t, db), noneLive)
	_, ended := follow(t, db, odd(), 1)
	if len(ended) != 2 {
		t.Errorf("%d sessions ended, want 2", len(ended))
	}
	owed := claim(t, db, odd(), odd(), 9)
	if len(owed) != 2 || owed[0].Sub != ann.Sub {
		t.Errorf("owed: %+v, want two notices about %s", owed, ann.Sub)
	}
	same(t, "another person's", bens.lives(t, db), allLive)
}

func endsTakeTurns(t *testing.T, db store.DB) {
	ann, ben := create(t, db, newUser("ann")), create(t, db, newUser("ben"))
	for range 3 {
		found(t, db, ann, "shop")
	}
	found(t, db, ben, "shop")
	endAll(t, db, store.End{UserID: ann.ID, Reason: "why", At: odd()})
	endAll(t, db, store.End{UserID: ben.ID, Reason: "why", At: odd().Add(time.Millisecond)})
	var turns []int64
	for at := odd().Add(time.Second); len(turns) < 3; at = at.Add(time.Second) {
		p, err := db.NextEnd(t.Context(), at)
		if err != nil {
			t.Fatalf("reading the next end: %v", err)
		}
		turns = append(turns, p.UserID)
		write(t, db, func(tx store.Tx) error { _, err := tx.ContinueEnd(p, at, 1); return err })
	}
	same(t, "turns", turns, []int64{ann.ID, ben.ID, ann.ID})
}

func endPutOff(t *testing.T, db store.DB) {
	ann, ben := create(t, db, newUser("ann")), create(t, db, newUser("ben"))
	at := odd()
	endAll(t, db, store.End{UserID: ann.ID, Reason: "why", At: at})
	endAll(t, db, store.End{UserID: ben.ID, Reason: "why", At: at.Add(time.Millisecond)})
	next := func(at time.Time) store.PendingEnd {
		t.Helper()
		p, err := db.NextEnd(t.Context(), at)
		if err != nil {
			t.Fatalf("reading the next end: %v", err)
		}
		return p
	}
	first := next(at.Add(time.Second))
	same(t, "due for longest", first.UserID, ann.ID)
	if err := db.PutOffEnd(t.Context(), first.ID, at.Add(time.Minute)); err != nil {
		t.Fatalf("putting the end off: %v", err)
	}
	same(t, "due meanwhile", next(at.Add(time.Second)).UserID, ben.ID)
	write(t, db, func(tx store.Tx) error {
		_, err := tx.ContinueEnd(next(at.Add(time.Second)), at.Add(time.Hour), 10)
		return err
	})
	same(t, "due later", next(at.Add(time.Minute)), first)
}

func foundLater(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	now := nowOf(t, db, ann.ID, "shop")
	at := odd().Add(time.Hour)
	endAll(t, db, store.End{UserID: ann.ID, Reason: "why", At: at})
	follow(t, db, at, 10)
	late := newSession(ann.ID)
	late.Foundation = now
	write(t, db, func(tx store.Tx) error { return tx.CreateSession(late) })
	if _, ended := follow(t, db, at.Add(59*time.Second), 10); len(ended) != 0 {
		t.Errorf("%d sessions ended within the minute, want the last look after it", len(ended))
	}
	_, ended := follow(t, db, at.Add(time.Minute), 10)
	same(t, "found a minute later", ended, []string{late.ID})
}
