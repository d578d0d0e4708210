package storetest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"gatehouse/store"
)

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
