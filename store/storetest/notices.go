package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"gatehouse/store"
)

func notices() []promise {
	return []promise{
		{"a notice comes back as it was, and each claim is a try", "AddNotice ClaimNotices", noticeClaimed},
		{"those due longest are claimed first", "ClaimNotices", noticesInOrder},
		{"each app has its own", "NoticedClients ClaimNotices", noticesByClient},
		{"one put off waits, one dropped is forgotten", "PutOffNotice DropNotice", noticePutOff},
		{"a transaction that failed owes none", "AddNotice", noticeNotOwed},
		{"every way to end a session owes its app a notice, if it wants them", "EndSession EndAll ContinueEnd", noticesOwed},
	}
}

// newNotice returns a notice that is due at odd().
func newNotice(sid string) store.LogoutNotice {
	return store.LogoutNotice{
		ClientID: "shop", Sub: "3f1e8f4e-8b1f-4a52-9f3f-0a6f4f0f0c11", SessionID: sid, URI: "https://shop.example.com/out?é=1",
		CreatedAt: odd().Add(-time.Second), Tries: 3, NextTry: odd(),
	}
}

func owe(t *testing.T, db store.DB, notices ...store.LogoutNotice) {
	t.Helper()
	write(t, db, func(tx store.Tx) error {
		for _, n := range notices {
			if err := tx.AddNotice(n); err != nil {
				return err
			}
		}
		return nil
	})
}

func claim(t *testing.T, db store.DB, now, again time.Time, n int) []store.LogoutNotice {
	t.Helper()
	return claimOf(t, db, "shop", now, again, n)
}

func claimOf(t *testing.T, db store.DB, client string, now, again time.Time, n int) []store.LogoutNotice {
	t.Helper()
	claimed, err := db.ClaimNotices(t.Context(), client, now, again, n)
	if err != nil {
		t.Fatalf("claiming the notices: %v", err)
	}
	return claimed
}

// wantClaimed wants those sessions, in that order.
func wantClaimed(t *testing.T, what string, claimed []store.LogoutNotice, sids ...string) {
	t.Helper()
	var got []string
	for _, n := range claimed {
		got = append(got, n.SessionID)
	}
	same(t, what, got, sids)
}

func noticeClaimed(t *testing.T, db store.DB) {
	want := newNotice("S")
	want.ID = 99 // AddNotice ignores it
	owe(t, db, want)
	now := odd()
	wantClaimed(t, "before it is due", claim(t, db, now.Add(-time.Millisecond), now, 9))
	for range 2 {
		again := now.Add(time.Minute)
		got := claim(t, db, now, again, 9)
		if len(got) != 1 || got[0].ID <= 0 {
			t.Fatalf("claimed: %+v, want one notice with an ID", got)
		}
		want.ID, want.NextTry = got[0].ID, again
		want.Tries++
		filled(t, want)
		same(t, "notice", got[0], want)
		wantClaimed(t, "at once", claim(t, db, again.Add(-time.Millisecond), again, 9))
		now = again
	}
}

func noticesInOrder(t *testing.T, db store.DB) {
	due := func(sid string, ago time.Duration) store.LogoutNotice {
		n := newNotice(sid)
		n.NextTry = odd().Add(-ago)
		return n
	}
	owe(t, db, due("b", time.Minute), due("d", 0), due("a", time.Hour), due("e", -time.Millisecond), due("c", time.Minute))
	again := odd().Add(time.Hour)
	wantClaimed(t, "first", claim(t, db, odd(), again, 3), "a", "b", "c")
	wantClaimed(t, "then", claim(t, db, odd(), again, 3), "d")
	wantClaimed(t, "later", claim(t, db, odd().Add(time.Minute), again, 3), "e")
}

func noticesByClient(t *testing.T, db store.DB) {
	of := func(client, sid string, in time.Duration) store.LogoutNotice {
		n := newNotice(sid)
		n.ClientID, n.NextTry = client, odd().Add(in)
		return n
	}
	owe(t, db, of("b", "b1", 0), of("b", "b2", time.Minute), of("a", "a1", time.Second), of("c", "c1", -time.Hour))
	wantNoticed := func(what string, now time.Time, clients ...string) {
		t.Helper()
		got, err := db.NoticedClients(t.Context(), now)
		if err != nil {
			t.Fatalf("%s: reading the clients: %v", what, err)
		}
		slices.Sort(got)
		same(t, what, got, clients)
	}
	wantNoticed("now", odd(), "b", "c")
	wantNoticed("in a second", odd().Add(time.Second), "a", "b", "c")
	wantClaimed(t, "of b", claimOf(t, db, "b", odd(), odd().Add(time.Hour), 9), "b1")
	wantClaimed(t, "of a", claimOf(t, db, "a", odd(), odd().Add(time.Hour), 9))
	wantNoticed("after the claim", odd(), "c")
}

func noticePutOff(t *testing.T, db store.DB) {
	owe(t, db, newNotice("a"), newNotice("b"), newNotice("c"))
	claimed := claim(t, db, odd(), odd().Add(time.Minute), 9)
	if len(claimed) != 3 {
		t.Fatalf("claimed: %+v, want three", claimed)
	}
	if err := db.PutOffNotice(t.Context(), claimed[0].ID, odd().Add(time.Hour)); err != nil {
		t.Errorf("putting the notice off: %v", err)
	}
	for range 2 { // the second time does nothing, and is not an error
		if err := db.DropNotice(t.Context(), claimed[1].ID); err != nil {
			t.Errorf("dropping the notice: %v", err)
		}
	}
	if err := db.PutOffNotice(t.Context(), claimed[1].ID, odd()); err != nil {
		t.Errorf("putting off a notice that was dropped: %v, want no error", err)
	}
	wantClaimed(t, "in a minute", claim(t, db, odd().Add(time.Minute), odd().AddDate(1, 0, 0), 9), "c")
	wantClaimed(t, "in an hour", claim(t, db, odd().Add(time.Hour), odd().AddDate(1, 0, 0), 9), "a")
}

func noticeNotOwed(t *testing.T, db store.DB) {
	err := db.Write(t.Context(), func(tx store.Tx) error {
		if err := tx.AddNotice(newNotice("S")); err != nil {
			t.Errorf("adding the notice: %v", err)
		}
		return errRefused
	})
	wantError(t, "Write", err, errRefused)
	wantClaimed(t, "claimed", claim(t, db, odd(), odd(), 9))
}

// raceForNotices: replicas claim notices until none is left.
func raceForNotices(t *testing.T, db store.DB) {
	var all []store.LogoutNotice
	for i := range 4 * callers {
		all = append(all, newNotice(fmt.Sprint(i)))
	}
	owe(t, db, all...)
	again := odd().Add(time.Hour)
	claimed := make([][]store.LogoutNotice, callers)
	many(callers, func(i int) {
		for {
			some, err := db.ClaimNotices(t.Context(), "shop", odd(), again, 3)
			if err != nil {
				t.Errorf("claiming the notices: %v", err)
			}
			if len(some) == 0 {
				return
			}
			claimed[i] = append(claimed[i], some...)
		}
	})
	times := map[string]int{}
	for _, mine := range append(claimed, claim(t, db, odd(), again, 1000)) {
		for _, n := range mine {
			times[n.SessionID]++
		}
	}
	for _, n := range all {
		if times[n.SessionID] != 1 {
			t.Errorf("notice %s was claimed %d times, want 1", n.SessionID, times[n.SessionID])
		}
	}
}

// noticesOwed ends sessions in every way.
func noticesOwed(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	listener, silent := newClient("listener"), newClient("silent")
	listener.BackchannelLogoutURI, silent.BackchannelLogoutURI = "https://listener.example.com/bye", ""
	register(t, db, listener)
	register(t, db, silent)
	begin := func(id, client, browser string) {
		t.Helper()
		s := newSession(ann.ID)
		s.ID, s.ClientID, s.BrowserID = id, client, browser
		start(t, db, s)
	}
	b := newBrowser(ann.ID)
	b.ID = "of browser"
	signIn(t, db, b)
	for _, id := range []string{"one", "browser", "all", "more"} {
		begin(id, "listener", "of "+id)
		begin(id+" silent", "silent", "of "+id)
	}
	ways := []struct {
		name string
		end  func(tx store.Tx) error
	}{
		{"one", func(tx store.Tx) error { _, err := tx.EndSession("one", 0, "why", odd()); return err }},
		{"browser", func(tx store.Tx) error {
			_, err := tx.EndAll(store.End{BrowserID: "of browser", Reason: "why", At: odd()})
			return err
		}},
	}
	for _, way := range ways {
		for range 2 { // the second time nothing ends, and no notice is owed
			write(t, db, way.end)
		}
		wantClaimed(t, way.name, claimOf(t, db, "listener", odd(), odd().Add(time.Hour), 10), way.name)
	}
	endAll(t, db, store.End{UserID: ann.ID, Reason: "why", At: odd()})
	owed := claimOf(t, db, "listener", odd(), odd().Add(time.Hour), 10)
	if len(owed) != 2 {
		t.Fatalf("%d notices are owed for two sessions, want 2", len(owed))
	}
	same(t, "whose", owed[0].Sub, ann.Sub)
	same(t, "when", owed[0].CreatedAt, odd())
	same(t, "where", owed[0].URI, listener.BackchannelLogoutURI)
}
