package storetest

import (
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"gatehouse/store"
)

func rooms() []promise {
	return []promise{
		{"pushed requests have room by client and by network", "AddPushed UsePushed", func(t *testing.T, db store.DB) {
			keepsRoom(t, db, addPushedTo)
		}},
		{"pending devices have room by client and by network", "AddDevice", func(t *testing.T, db store.DB) {
			keepsRoom(t, db, addDeviceTo)
		}},
		{"a request that was used or a device that was decided on makes room", "UsePushed DecideDevice", roomAgain},
		{"a room is full after many at once", "AddPushed", fullAfterMany},
		{"sessions of a user in a client are bounded", "CreateSessionWithin", sessionsWithin},
		{"sessions of the release before count until all has ended", "CreateSessionWithin SessionUses", sessionsBefore},
		{"sessions of a user in a client that have not ended, as they were used", "SessionUses", sessionUses},
		{"of open codes of one browser session the newest remain", "AddCode", newestCodes},
	}
}

// An opener adds something of a client and a network, which expires at that time.
type opener func(t *testing.T, db store.DB, client, network string, expires time.Time, room store.Room) error

func addPushedTo(t *testing.T, db store.DB, client, network string, expires time.Time, room store.Room) error {
	p := newPushed()
	p.ClientID, p.Network, p.ExpiresAt = client, network, expires
	return db.AddPushed(t.Context(), p, room)
}

func addDeviceTo(t *testing.T, db store.DB, client, network string, expires time.Time, room store.Room) error {
	g := newDevice()
	g.ClientID, g.Network, g.ExpiresAt = client, network, expires
	return db.AddDevice(t.Context(), g, room)
}

func keepsRoom(t *testing.T, db store.DB, open opener) {
	room := store.Room{Now: odd(), Client: 4, Network: 3}
	for i, tt := range []struct {
		client, network string
		expires         time.Duration
		want            error
	}{
		{"tv", "a", 0, nil}, // has expired
		{"tv", "a", time.Minute, nil},
		{"tv", "a", time.Minute, nil},
		{"shop", "a", time.Minute, nil},
		{"tv", "a", time.Minute, store.ErrFull},
		{"new", "a", time.Minute, store.ErrFull},
		{"tv", "b", time.Minute, nil},
		{"tv", "b", time.Minute, nil},
		{"tv", "c", time.Minute, store.ErrFull},
		{"shop", "c", time.Minute, nil},
	} {
		err := open(t, db, tt.client, tt.network, odd().Add(tt.expires), room)
		if !errors.Is(err, tt.want) || tt.want == nil && err != nil {
			t.Errorf("number %d, of %s in %s: error = %v, want %v", i+1, tt.client, tt.network, err, tt.want)
		}
	}
	if err := open(t, db, "tv", "a", odd().Add(time.Minute), store.Room{}); err != nil {
		t.Errorf("without a bound: error = %v, want none", err)
	}
	later := store.Room{Now: odd().Add(time.Minute), Client: 1, Network: 1}
	if err := open(t, db, "tv", "a", odd().Add(time.Hour), later); err != nil {
		t.Errorf("after the others have expired: error = %v, want none", err)
	}
}

func roomAgain(t *testing.T, db store.DB) {
	room := store.Room{Now: odd(), Client: 1, Network: 1}
	p, g := newPushed(), newDevice()
	for range 3 {
		p.Digest, g.Device, g.User = store.DigestOf(rand.Text()), store.DigestOf(rand.Text()), store.DigestOf(rand.Text())
		if err := errors.Join(db.AddPushed(t.Context(), p, room), db.AddDevice(t.Context(), g, room)); err != nil {
			t.Fatalf("adding where there is room: %v", err)
		}
		used, err := db.UsePushed(t.Context(), p.Digest, newCode(7))
		if err != nil || !used {
			t.Errorf("using the pushed request: %t, %v; want true", used, err)
		}
		if decided, err := decideOn(t, db, decide(g, store.DeviceDenied), odd()); err != nil || !decided {
			t.Errorf("deciding on the device: %t, %v; want true", decided, err)
		}
	}
}

func fullAfterMany(t *testing.T, db store.DB) {
	room := store.Room{Now: odd(), Client: 10, Network: 10}
	many(callers, func(int) {
		if err := addPushedTo(t, db, "shop", "a", odd().Add(time.Minute), room); err != nil && !errors.Is(err, store.ErrFull) {
			t.Errorf("adding with others: error = %v, want none or ErrFull", err)
		}
	})
	err := addPushedTo(t, db, "shop", "a", odd().Add(time.Minute), room)
	wantError(t, "one more", err, store.ErrFull)
}

func newestCodes(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	used, other, first := newCode(ann.ID), newCode(ann.ID), newCode(ann.ID)
	used.UsedAt, used.BrowserID = odd(), first.BrowserID
	addCode(t, db, used, other, first)
	var last store.AuthCode
	for i := range store.MaxOpenCodes + 2 {
		last = newCode(ann.ID)
		last.BrowserID, last.ExpiresAt = first.BrowserID, first.ExpiresAt.Add(time.Duration(i+1)*time.Second)
		addCode(t, db, last)
	}
	_, err := db.CodeByDigest(t.Context(), first.Digest)
	wantError(t, "the oldest code", err, store.ErrNotFound)
	for what, want := range map[string]store.AuthCode{"a code that was used": used, "a code of another browser session": other, "the newest code": last} {
		same(t, what, code(t, db, want.Digest), want)
	}
}

func sessionOf(userID int64, clientID string) store.Session {
	s := newSession(userID)
	s.ClientID = clientID
	return s
}

// createWithin adds a session unless there are most already.
func createWithin(t *testing.T, db store.DB, s store.Session, most int) (added bool) {
	t.Helper()
	write(t, db, func(tx store.Tx) (err error) {
		added, err = tx.CreateSessionWithin(s, most)
		return err
	})
	return added
}

func sessionsWithin(t *testing.T, db store.DB) {
	ann, bob := create(t, db, newUser("ann")), create(t, db, newUser("bob"))
	var first store.Session
	for i, want := range []bool{true, true, false} {
		s := sessionOf(ann.ID, "shop")
		if got := createWithin(t, db, s, 2); got != want {
			t.Errorf("number %d was added: %t, want %t", i+1, got, want)
		}
		if _, _, err := db.SessionWithUser(t.Context(), s.ID); (err == nil) != want {
			t.Errorf("looking number %d up: %v, want it only if it was added", i+1, err)
		}
		if i == 0 {
			first = s
		}
	}
	for what, s := range map[string]store.Session{"another client's": sessionOf(ann.ID, "tv"), "another person's": sessionOf(bob.ID, "shop")} {
		if !createWithin(t, db, s, 1) {
			t.Errorf("%s was not added, want it added", what)
		}
	}
	write(t, db, func(tx store.Tx) error {
		_, err := tx.EndSession(first.ID, ann.ID, "test", odd())
		return err
	})
	if !createWithin(t, db, sessionOf(ann.ID, "shop"), 2) {
		t.Error("after one has ended, another was not added, want it added")
	}
	endAll(t, db, store.End{UserID: ann.ID, Reason: "test", At: odd()})
	s := sessionOf(ann.ID, "shop")
	s.Foundation = nowOf(t, db, ann.ID, "shop")
	if !createWithin(t, db, s, 1) || createWithin(t, db, sessionWith(s.Foundation, ann.ID), 1) {
		t.Error("after all have ended, want one to be added, and no other")
	}
}

// sessionsBefore have no foundation.
func sessionsBefore(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	unread := store.Foundation{User: store.Unread, Client: store.Unread, Consent: store.Unread}
	for range 2 {
		write(t, db, func(tx store.Tx) error { return tx.CreateSession(sessionWith(unread, ann.ID)) })
	}
	s := sessionOf(ann.ID, "shop")
	if createWithin(t, db, s, 2) || !createWithin(t, db, s, 3) {
		t.Error("want one added to the two of before if three may be, and none if two may be")
	}
	write(t, db, func(tx store.Tx) error {
		for n, want := range map[int]int{2: 2, 3: 3, 9: 3} {
			if uses, err := tx.SessionUses(s, n); err != nil || len(uses) != want {
				t.Errorf("%d uses of at most %d, %v; want %d", len(uses), n, err, want)
			}
		}
		return nil
	})
	endAll(t, db, store.End{UserID: ann.ID, Reason: "test", At: odd()})
	if !createWithin(t, db, sessionWith(nowOf(t, db, ann.ID, "shop"), ann.ID), 1) {
		t.Error("after all have ended, none was added, want one")
	}
}

func sessionWith(f store.Foundation, userID int64) store.Session {
	s := sessionOf(userID, "shop")
	s.Foundation = f
	return s
}

func sessionUses(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	var want []store.SessionUse
	for i := range 4 {
		s := sessionOf(ann.ID, "shop")
		s.CreatedAt, s.LastUsedAt = odd().Add(time.Duration(i)*time.Second), odd().Add(time.Hour-time.Duration(i)*time.Minute)
		write(t, db, func(tx store.Tx) error { return tx.CreateSession(s) })
		want = append(want, store.SessionUse{ID: s.ID, LastUsedAt: s.LastUsedAt, ExpiresAt: s.Rotation.ExpiresAt})
	}
	write(t, db, func(tx store.Tx) error {
		if _, err := tx.EndSession(want[1].ID, ann.ID, "test", odd()); err != nil {
			return err
		}
		got, err := tx.SessionUses(sessionOf(ann.ID, "shop"), 2)
		same(t, "the first two that have not ended", got, []store.SessionUse{want[0], want[2]})
		return err
	})
}
