package storetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"gatehouse/store"
)

func mails() []promise {
	return []promise{
		{"a mail comes back as it was, and each claim is a try", "AddMail ClaimMails", mailClaimed},
		{"those due longest are claimed first", "ClaimMails", mailsInOrder},
		{"one put off waits, one dropped is forgotten", "PutOffMail DropMail", mailPutOff},
		{"a newer mail takes the place of one that waits", "AddMail DropMail", mailReplaced},
		{"no more wait than may", "AddMail CountMails", mailsFull},
		{"a transaction that failed sends none", "AddMail", mailNotAdded},
		{"mail of a person who is deleted goes with them", "DeleteUser", mailOfDeleted},
		{"an epoch begins without mail", "BeginEpoch", mailBeforeEpoch},
		{"old mail is swept", "SweepMails", mailsSwept},
	}
}

// newMail returns a mail that is due at odd().
func newMail(name string) store.Mail {
	return store.Mail{
		Digest: store.DigestOf(name), Purpose: "reset", UserID: 7, Content: []byte{1, 0, '\'', '\\', 0xff, 1},
		CreatedAt: odd().Add(-time.Second), Tries: 3, NextTry: odd(),
	}
}

const manyMails = 1000

func addMails(t *testing.T, db store.DB, mails ...store.Mail) {
	t.Helper()
	write(t, db, func(tx store.Tx) error {
		for _, m := range mails {
			if added, err := tx.AddMail(m, manyMails); err != nil || !added {
				return errors.Join(errors.New("a mail was not added"), err)
			}
		}
		return nil
	})
}

func claimMails(t *testing.T, db store.DB, now, again time.Time, n int) []store.Mail {
	t.Helper()
	claimed, err := db.ClaimMails(t.Context(), now, again, n)
	if err != nil {
		t.Fatalf("claiming mails: %v", err)
	}
	return claimed
}

// wantMails wants those mails, in that order, by the names that newMail got.
func wantMails(t *testing.T, what string, claimed []store.Mail, names ...string) {
	t.Helper()
	var got, want []store.Digest
	for _, m := range claimed {
		got = append(got, m.Digest)
	}
	for _, name := range names {
		want = append(want, store.DigestOf(name))
	}
	same(t, what, got, want)
}

func dropMail(t *testing.T, db store.DB, id int64) (dropped bool) {
	t.Helper()
	write(t, db, func(tx store.Tx) (err error) {
		dropped, err = tx.DropMail(id)
		return err
	})
	return dropped
}

func mailClaimed(t *testing.T, db store.DB) {
	want := newMail("a")
	want.ID = 99 // AddMail ignores it
	addMails(t, db, want)
	now := odd()
	wantMails(t, "before it is due", claimMails(t, db, now.Add(-time.Millisecond), now, 9))
	for range 2 {
		again := now.Add(time.Minute)
		got := claimMails(t, db, now, again, 9)
		if len(got) != 1 || got[0].ID <= 0 {
			t.Fatalf("claimed: %+v, want one mail with an ID", got)
		}
		want.ID, want.NextTry = got[0].ID, again
		want.Tries++
		filled(t, want)
		same(t, "mail", got[0], want)
		wantMails(t, "at once", claimMails(t, db, again.Add(-time.Millisecond), again, 9))
		now = again
	}
}

func mailsInOrder(t *testing.T, db store.DB) {
	due := func(name string, ago time.Duration) store.Mail {
		m := newMail(name)
		m.NextTry = odd().Add(-ago)
		return m
	}
	addMails(t, db, due("b", time.Minute), due("d", 0), due("a", time.Hour), due("e", -time.Millisecond), due("c", time.Minute))
	again := odd().Add(time.Hour)
	wantMails(t, "first", claimMails(t, db, odd(), again, 3), "a", "b", "c")
	wantMails(t, "then", claimMails(t, db, odd(), again, 3), "d")
	wantMails(t, "later", claimMails(t, db, odd().Add(time.Minute), again, 3), "e")
}

func mailPutOff(t *testing.T, db store.DB) {
	addMails(t, db, newMail("a"), newMail("b"), newMail("c"))
	claimed := claimMails(t, db, odd(), odd().Add(time.Minute), 9)
	if len(claimed) != 3 {
		t.Fatalf("claimed: %+v, want three", claimed)
	}
	if err := db.PutOffMail(t.Context(), claimed[0].ID, odd().Add(time.Hour)); err != nil {
		t.Errorf("putting the mail off: %v", err)
	}
	if first, second := dropMail(t, db, claimed[1].ID), dropMail(t, db, claimed[1].ID); !first || second {
		t.Errorf("dropping a mail twice: %t and %t, want true and false", first, second)
	}
	if err := db.PutOffMail(t.Context(), claimed[1].ID, odd()); err != nil {
		t.Errorf("putting off a mail that was dropped: %v, want no error", err)
	}
	wantMails(t, "in a minute", claimMails(t, db, odd().Add(time.Minute), odd().AddDate(1, 0, 0), 9), "c")
	wantMails(t, "in an hour", claimMails(t, db, odd().Add(time.Hour), odd().AddDate(1, 0, 0), 9), "a")
}

// mailReplaced: a replica that is sending the older mail does not drop the newer one.
func mailReplaced(t *testing.T, db store.DB) {
	addMails(t, db, newMail("a"))
	sending := claimMails(t, db, odd(), odd().Add(time.Minute), 9)
	newer := newMail("a")
	newer.Content, newer.Tries = []byte("newer"), 0
	addMails(t, db, newer)
	if dropMail(t, db, sending[0].ID) {
		t.Error("the newer mail was dropped for the older one, want it to stay")
	}
	got := claimMails(t, db, odd(), odd().Add(time.Minute), 9)
	if len(got) != 1 || string(got[0].Content) != "newer" || got[0].Tries != 1 || got[0].ID == sending[0].ID {
		t.Errorf("claimed: %+v, want the newer mail, with another ID than %d", got, sending[0].ID)
	}
}

func mailsFull(t *testing.T, db store.DB) {
	add := func(name string) (added bool) {
		write(t, db, func(tx store.Tx) (err error) {
			added, err = tx.AddMail(newMail(name), 2)
			return err
		})
		return added
	}
	if a, b, c, again := add("a"), add("b"), add("c"), add("a"); !a || !b || c || !again {
		t.Errorf("added %t, %t, %t, and the first again %t; want the third refused alone", a, b, c, again)
	}
	for most, want := range map[int]int{1: 1, 2: 2, 9: 2} {
		if n, err := db.CountMails(t.Context(), most); err != nil || n != want {
			t.Errorf("counted %d as far as %d, %v; want %d", n, most, err, want)
		}
	}
}

func mailNotAdded(t *testing.T, db store.DB) {
	err := db.Write(t.Context(), func(tx store.Tx) error {
		if _, err := tx.AddMail(newMail("a"), manyMails); err != nil {
			t.Errorf("adding the mail: %v", err)
		}
		return errRefused
	})
	wantError(t, "Write", err, errRefused)
	wantMails(t, "claimed", claimMails(t, db, odd(), odd(), 9))
}

func mailOfDeleted(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	of := func(name string, userID int64) store.Mail {
		m := newMail(name)
		m.UserID = userID
		return m
	}
	addMails(t, db, of("ann", ann.ID), of("another", ann.ID+1), of("nobody", 0))
	write(t, db, func(tx store.Tx) error { return tx.DeleteUser(ann.ID) })
	wantMails(t, "left", claimMails(t, db, odd(), odd().Add(time.Hour), 9), "another", "nobody")
}

func mailBeforeEpoch(t *testing.T, db store.DB) {
	addMails(t, db, newMail("a"), newMail("b"))
	write(t, db, func(tx store.Tx) error {
		_, err := tx.BeginEpoch(odd())
		return err
	})
	wantMails(t, "left", claimMails(t, db, odd(), odd().Add(time.Hour), 9))
}

func mailsSwept(t *testing.T, db store.DB) {
	var all []store.Mail
	for i, ago := range []time.Duration{time.Hour, 2 * time.Hour, 3 * time.Hour, 0} {
		m := newMail(fmt.Sprint(i))
		m.CreatedAt = odd().Add(-ago)
		all = append(all, m)
	}
	addMails(t, db, all...)
	var swept []int64
	for range 3 {
		n, err := db.SweepMails(t.Context(), odd().Add(-time.Minute), 2)
		if err != nil {
			t.Fatalf("sweeping mails: %v", err)
		}
		swept = append(swept, n)
	}
	same(t, "swept", swept, []int64{2, 1, 0})
	wantMails(t, "left", claimMails(t, db, odd(), odd(), 9), "3")
}

// raceForMails: replicas claim mails until none is left.
func raceForMails(t *testing.T, db store.DB) {
	var all []store.Mail
	for i := range 4 * callers {
		all = append(all, newMail(fmt.Sprint(i)))
	}
	addMails(t, db, all...)
	again := odd().Add(time.Hour)
	claimed := make([][]store.Mail, callers)
	many(callers, func(i int) {
		for {
			some, err := db.ClaimMails(t.Context(), odd(), again, 3)
			if err != nil {
				t.Errorf("claiming mails: %v", err)
			}
			if len(some) == 0 {
				return
			}
			claimed[i] = append(claimed[i], some...)
		}
	})
	times := map[store.Digest]int{}
	for _, m := range append(slices.Concat(claimed...), claimMails(t, db, odd(), again, manyMails)...) {
		times[m.Digest]++
	}
	for i, m := range all {
		if times[m.Digest] != 1 {
			t.Errorf("mail %d was claimed %d times, want 1", i, times[m.Digest])
		}
	}
}

// raceToMail: many acts send a mail of one purpose to one address.
func raceToMail(t *testing.T, db store.DB) {
	won := winners(t, func(i int) (added bool, err error) {
		err = db.Write(t.Context(), func(tx store.Tx) error {
			m := newMail("a")
			m.Content = fmt.Append(nil, i)
			added, err = tx.AddMail(m, manyMails)
			return err
		})
		return added, err
	})
	left := claimMails(t, db, odd(), odd().Add(time.Hour), 2*callers)
	if won != callers || len(left) != 1 {
		t.Errorf("%d of %d mails were added, and %d wait, want all of them and one", won, callers, len(left))
	}
}
