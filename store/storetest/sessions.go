package storetest

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/store"
)

func sessions() []promise {
	return []promise{
		{"a session comes back as it was, with its person as they are", "CreateSession SessionWithUser SessionInUse", sessionRoundTrip},
		{"an odd User-Agent is accepted", "CreateSession", oddBrowser},
		{"an unknown session is not found", "SessionWithUser", noSession},
		{"an ID is given once", "CreateSession", func(t *testing.T, db store.DB) {
			s := newSession(create(t, db, newUser("ann")).ID)
			write(t, db, func(tx store.Tx) error { return tx.CreateSession(s) })
			err := db.Write(t.Context(), func(tx store.Tx) error { return tx.CreateSession(s) })
			wantError(t, "CreateSession again", err, store.ErrConflict)
		}},
		{"living sessions, newest first", "ListSessions", livingSessions},
		{"no more than a thousand are listed", "ListSessions", thousandSessions},
		{"everybody's living sessions, newest first, page by page", "NewestSessions", newestSessions},
		{"sessions that ended, the latest first", "EndedSessions", endedSessions},
		{"touching goes forward only", "TouchSessions", touched},
		{"touching many goes forward only", "TouchSessions", touchedMany},
		{"no touch brings back a session that ends meanwhile", "TouchSessions", touchedWhileEnding},
		{"a use without a rotation goes forward only", "UseSession", usedSession},
		{"a repeat is noted once per network, and up to a bound", "NoteRepeat", notedRepeats},
		{"ending one", "EndSession", ended},
		{"sweeping", "SweepSessions", sweptSessions},
	}
}

// newSession returns a living session with every field filled.
func newSession(userID int64) store.Session {
	seconds := odd().Truncate(time.Second)
	return store.Session{
		ID: rand.Text(), UserID: userID, ClientID: "shop-" + rand.Text(), Scope: "openid users:read", Resources: []string{"https://api.example/é"},
		SignIn: newSignIn(odd().Add(-time.Second)), CreatedAt: odd(), ExpiresAt: odd().Add(90 * 24 * time.Hour), LastUsedAt: odd().Add(time.Millisecond),
		IP: "2001:db8::ffff:1", UserAgent: "Mözilla/5.0 ✓ (名)",
		BrowserID: rand.Text(), Claims: `{"userinfo":{"given_näme":{"essential":true}}}`,
		Rotation: store.Rotation{
			Gen: 7, JTI: rand.Text(), From: rand.Text(), Network: "2001:db8::/64", IssuedAt: seconds, ExpiresAt: seconds.Add(14 * 24 * time.Hour), Role: store.RoleStaff, KeyID: rand.Text(),
		},
		RefreshAudience: store.EndpointAudience,
		Repeats:         store.Repeats{Of: rand.Text(), Networks: []string{"192.0.2.0/24", ""}},
	}
}

// newSignIn returns a sign-in with every field filled, with characters that need correct
// UTF-8 and JSON.
func newSignIn(at time.Time) store.SignIn {
	return store.SignIn{At: at, ACR: "urn:example:löa:2", AMR: []string{"pwd", "o\"tp", "é"}}
}

func start(t *testing.T, db store.DB, sessions ...store.Session) {
	t.Helper()
	write(t, db, func(tx store.Tx) error {
		for _, s := range sessions {
			s.Foundation = nowOf(t, db, s.UserID, s.ClientID)
			if err := tx.CreateSession(s); err != nil {
				return err
			}
		}
		return nil
	})
}

// session returns the session as it is now.
func session(t *testing.T, db store.DB, id string) store.Session {
	t.Helper()
	s, _, err := db.SessionWithUser(t.Context(), id)
	if err != nil {
		t.Fatalf("looking up the session: %v", err)
	}
	return s
}

func sessionRoundTrip(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	create(t, db, newUser("ben"))
	living, over := newSession(ann.ID), newSession(ann.ID)
	over.EndedAt, over.EndReason = odd().Add(time.Hour), "revoked — é"
	filled(t, over, "Foundation", "Withdrawn")
	bare := store.Session{ID: rand.Text(), UserID: ann.ID}
	start(t, db, living, over, bare)
	ann.FirstName, ann.Active = "Changed since", false
	update(t, db, ann.ID, store.UserChange{FirstName: &ann.FirstName, Active: &ann.Active})
	for _, want := range []store.Session{living, over, bare} {
		got, u, err := db.SessionWithUser(t.Context(), want.ID)
		if err != nil {
			t.Fatalf("looking up the session: %v", err)
		}
		same(t, "session", got, want)
		same(t, "person", u, ann)
		if got, u, err = db.SessionInUse(t.Context(), want.ID); err != nil {
			t.Fatalf("looking up the session in use: %v", err)
		}
		want.Rotation, want.Repeats, want.RefreshAudience, want.LastUsedAt, want.IP, want.UserAgent = store.Rotation{}, store.Repeats{}, 0, time.Time{}, "", ""
		same(t, "session in use", got, want)
		same(t, "person of the session in use", u, ann)
	}
}

func oddBrowser(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	for _, agent := range []string{"caf\xc3", "\xff\x00\xfe", "a\x00b", "\U0001F600", string(make([]byte, 255))} {
		s := newSession(ann.ID)
		s.UserAgent = agent
		start(t, db, s)
		session(t, db, s.ID)
	}
}

func noSession(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	s := newSession(ann.ID)
	orphan := newSession(ann.ID + 1)
	start(t, db, s, orphan)
	for _, id := range append(oddIDs(s.ID), orphan.ID) {
		if id == s.ID {
			continue
		}
		_, _, err := db.SessionWithUser(t.Context(), id)
		wantError(t, "SessionWithUser "+id, err, store.ErrNotFound)
		if err := db.TouchSessions(t.Context(), store.SessionTouch{ID: "no-" + s.ID, Rotation: store.Rotation{Gen: 99}, At: odd()}); err != nil {
			t.Errorf("touching an unknown session: %v, want no error", err)
		}
	}
}

func livingSessions(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	now := odd().Add(time.Hour)
	var want []store.Session
	for i := range 4 {
		s := newSession(ann.ID)
		s.CreatedAt = odd().Add(-time.Duration(i) * time.Minute)
		want = append(want, s)
	}
	over, expired, other := newSession(ann.ID), newSession(ann.ID), newSession(ann.ID+1)
	over.EndedAt, expired.Rotation.ExpiresAt = odd(), now
	start(t, db, want[2], over, want[0], expired, want[3], other, want[1])
	got, err := db.ListSessions(t.Context(), ann.ID, now)
	if err != nil {
		t.Fatalf("listing the sessions: %v", err)
	}
	same(t, "sessions", got, want)
	if got, err := db.ListSessions(t.Context(), ann.ID+99, now); err != nil || len(got) != 0 {
		t.Errorf("sessions of an unknown person: %v, %v; want none", got, err)
	}
}

// newestSessions: those that began at once come too, and each once; the dead cost a place.
func newestSessions(t *testing.T, db store.DB) {
	ann, ben := create(t, db, newUser("ann")), create(t, db, newUser("ben"))
	now := odd().Add(time.Hour)
	var want []store.Session
	for i := range 7 {
		s := newSession([]int64{ann.ID, ben.ID}[i%2])
		s.CreatedAt = odd().Add(-time.Duration(i/3) * time.Minute)
		want = append(want, s)
	}
	slices.SortFunc(want, func(a, b store.Session) int {
		return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), strings.Compare(b.ID, a.ID))
	})
	over, expired := newSession(ann.ID), newSession(ben.ID)
	over.EndedAt, expired.Rotation.ExpiresAt = odd(), now
	start(t, db, want[2], over, want[5], want[0], expired, want[3], want[1], want[6], want[4])
	var got []store.Session
	var mark store.Mark
	for pages := 0; pages == 0 || mark != (store.Mark{}); pages++ {
		page, err := db.NewestSessions(t.Context(), mark, now, 3)
		if err != nil || pages > 4 || len(page.Sessions) > 3 {
			t.Fatalf("page %d has %d sessions, %v; want up to 3, on 3 pages", pages+1, len(page.Sessions), err)
		}
		for _, s := range page.Sessions {
			same(t, "the person of "+s.ID, s.User.Sub, map[int64]string{ann.ID: ann.Sub, ben.ID: ben.Sub}[s.UserID])
			got = append(got, s.Session)
		}
		mark = page.Next
	}
	same(t, "sessions", got, want)
}

func endedSessions(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	var want []store.Session
	for i := range 4 {
		s := newSession(ann.ID)
		s.EndedAt, s.EndReason = odd().Add(-time.Duration(i)*time.Minute), store.EndedByAdmin
		want = append(want, s)
	}
	start(t, db, want[2], newSession(ann.ID), want[0], want[3], want[1])
	got, err := db.EndedSessions(t.Context(), 3)
	if err != nil || len(got) != 3 {
		t.Fatalf("%d sessions, %v; want 3", len(got), err)
	}
	for i, s := range got {
		same(t, "session", s.Session, want[i])
		same(t, "its person", s.User.Sub, ann.Sub)
	}
}

func thousandSessions(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	var all []store.Session
	for range 1001 {
		all = append(all, newSession(ann.ID))
	}
	start(t, db, all...)
	if got, err := db.ListSessions(t.Context(), ann.ID, odd()); err != nil || len(got) != 1000 {
		t.Errorf("%d sessions of 1,001 are listed, %v; want 1,000", len(got), err)
	}
}

func touched(t *testing.T, db store.DB) {
	s := newSession(create(t, db, newUser("ann")).ID)
	start(t, db, s)
	at := odd().Add(5 * time.Minute)
	touch := func(r store.Rotation) {
		t.Helper()
		if err := db.TouchSessions(t.Context(), store.SessionTouch{ID: s.ID, Rotation: r, At: at}); err != nil {
			t.Fatalf("touching the session: %v", err)
		}
	}
	next := NextRotation(s.Rotation)
	next.Role = store.RoleAdmin
	touch(next)
	s.Rotation, s.LastUsedAt = next, at
	same(t, "forward", session(t, db, s.ID), s)
	for _, gen := range []int64{next.Gen, next.Gen - 1, 1} {
		back := NextRotation(next)
		back.Gen = gen
		touch(back)
		same(t, "not forward", session(t, db, s.ID), s)
	}
	write(t, db, func(tx store.Tx) error { _, err := tx.EndSession(s.ID, 0, "logout", at); return err })
	s.EndedAt, s.EndReason = at, "logout"
	touch(NextRotation(next))
	same(t, "after its end", session(t, db, s.ID), s)
}

// touchedMany touches as many as may be: some of them have ended, are further on, or are unknown.
func touchedMany(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	at := odd().Add(5 * time.Minute)
	var want []store.Session
	var touches []store.SessionTouch
	for i := range store.MaxTouches - 1 {
		s := newSession(ann.ID)
		s.Rotation.KeyID = "\"quoted\\"
		touch := store.SessionTouch{ID: s.ID, Rotation: NextRotation(s.Rotation), At: at.Add(time.Duration(i) * time.Millisecond)}
		switch i % 3 {
		case 0:
			s.EndedAt, s.EndReason = odd(), store.EndedByAdmin
		case 1:
			touch.Rotation.Gen--
		}
		start(t, db, s)
		if i%3 == 2 {
			s.Rotation, s.LastUsedAt = touch.Rotation, touch.At
		}
		want, touches = append(want, s), append(touches, touch)
	}
	touches = append(touches, store.SessionTouch{ID: "unknown", Rotation: store.Rotation{Gen: 99}, At: at})
	for _, touches := range [][]store.SessionTouch{nil, touches, touches} { // again changes nothing
		if err := db.TouchSessions(t.Context(), touches...); err != nil {
			t.Fatalf("touching sessions: %v", err)
		}
	}
	for _, s := range want {
		same(t, "touched", session(t, db, s.ID), s)
	}
}

// touchedWhileEnding touches sessions in different orders and ends them, all at once.
func touchedWhileEnding(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	var all []store.Session
	var touches []store.SessionTouch
	for range 40 {
		s := newSession(ann.ID)
		start(t, db, s)
		all, touches = append(all, s), append(touches, store.SessionTouch{ID: s.ID, Rotation: NextRotation(s.Rotation), At: odd().Add(time.Hour)})
	}
	var wg sync.WaitGroup
	for range 4 {
		slices.Reverse(touches)
		mine := slices.Clone(touches)
		wg.Go(func() {
			if err := db.TouchSessions(t.Context(), mine...); err != nil {
				t.Errorf("touching sessions: %v", err)
			}
		})
	}
	for _, s := range all {
		wg.Go(func() {
			err := db.Write(t.Context(), func(tx store.Tx) error { _, err := tx.EndSession(s.ID, 0, "logout", odd()); return err })
			if err != nil {
				t.Errorf("ending a session: %v", err)
			}
		})
	}
	wg.Wait()
	for _, s := range all {
		got := session(t, db, s.ID)
		if !got.EndedAt.Equal(odd()) || got.EndReason != "logout" {
			t.Errorf("a session that was touched while it ended has ended at %v by %q, want at %v by logout", got.EndedAt, got.EndReason, odd())
		}
	}
	if err := db.TouchSessions(t.Context(), touches...); err != nil {
		t.Fatalf("touching sessions that have ended: %v", err)
	}
	if living, err := db.ListSessions(t.Context(), ann.ID, odd()); err != nil || len(living) != 0 {
		t.Errorf("%d sessions live after they were touched, %v; want none", len(living), err)
	}
}

func usedSession(t *testing.T, db store.DB) {
	s := newSession(create(t, db, newUser("ann")).ID)
	start(t, db, s)
	for _, at := range []time.Time{s.LastUsedAt.Add(time.Minute), s.LastUsedAt} {
		if err := db.UseSession(t.Context(), s.ID, at); err != nil {
			t.Fatalf("using the session: %v", err)
		}
		s.LastUsedAt = odd().Add(time.Millisecond + time.Minute)
		same(t, "used", session(t, db, s.ID), s)
	}
	endOne(t, db, s.ID, 0, "logout", s.LastUsedAt)
	s.EndedAt, s.EndReason = s.LastUsedAt, "logout"
	if err := db.UseSession(t.Context(), s.ID, s.LastUsedAt.Add(time.Hour)); err != nil {
		t.Fatalf("using a session that has ended: %v, want no error", err)
	}
	same(t, "after its end", session(t, db, s.ID), s)
}

// noteRepeat notes a repeat in its own transaction.
func noteRepeat(t *testing.T, db store.DB, id, jti, network string) (noted bool) {
	t.Helper()
	write(t, db, func(tx store.Tx) (err error) {
		noted, err = tx.NoteRepeat(id, jti, network)
		return err
	})
	return noted
}

func notedRepeats(t *testing.T, db store.DB) {
	s, other := newSession(create(t, db, newUser("ann")).ID), newSession(1)
	start(t, db, s, other)
	var want []string
	for i := range store.MaxRepeats {
		want = append(want, fmt.Sprintf("192.0.%d.0/24", i))
		for _, first := range []bool{true, false} {
			if got := noteRepeat(t, db, s.ID, "J", want[i]); got != first {
				t.Errorf("noting network %d: %t, want %t", i, got, first)
			}
		}
	}
	if noteRepeat(t, db, s.ID, "J", "198.51.100.0/24") || noteRepeat(t, db, "none", "J", "") {
		t.Error("a network beyond the bound, or of no session, was noted; want neither")
	}
	s.Repeats = store.Repeats{Of: "J", Networks: want}
	same(t, "noted", session(t, db, s.ID), s)
	if !noteRepeat(t, db, s.ID, "K", "") {
		t.Error("the repeat of another token was not noted, want it noted")
	}
	s.Repeats = store.Repeats{Of: "K", Networks: []string{""}}
	same(t, "of another token", session(t, db, s.ID), s)
	same(t, "another session", session(t, db, other.ID), other)
}

// endOne ends a session in its own transaction.
func endOne(t *testing.T, db store.DB, id string, userID int64, reason store.EndReason, at time.Time) (done bool) {
	t.Helper()
	write(t, db, func(tx store.Tx) (err error) {
		done, err = tx.EndSession(id, userID, reason, at)
		return err
	})
	return done
}

func ended(t *testing.T, db store.DB) {
	ann, ben := create(t, db, newUser("ann")), create(t, db, newUser("ben"))
	s, second := newSession(ann.ID), newSession(ann.ID)
	start(t, db, s, second)
	at := odd().Add(time.Minute)
	for what, refused := range map[string]bool{
		"another person's": endOne(t, db, s.ID, ben.ID, "logout", at),
		"none":             endOne(t, db, "none", 0, "logout", at),
		"nearly":           endOne(t, db, s.ID+" ", 0, "logout", at),
	} {
		if refused {
			t.Errorf("%s session was ended, want it left", what)
		}
	}
	same(t, "untouched", session(t, db, s.ID), s)
	if !endOne(t, db, s.ID, ann.ID, "logout", at) || !endOne(t, db, second.ID, 0, "revoked", at) {
		t.Error("a living session was not ended, want it ended")
	}
	s.EndedAt, s.EndReason = at, "logout"
	if endOne(t, db, s.ID, 0, "again", at.Add(time.Hour)) {
		t.Error("a session was ended twice, want it ended once")
	}
	same(t, "ended", session(t, db, s.ID), s)
}

func sweptSessions(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	limit := odd()
	keep := []store.Session{newSession(ann.ID), newSession(ann.ID), newSession(ann.ID)}
	keep[1].Rotation.ExpiresAt = limit
	keep[2].EndedAt = limit
	var old []store.Session
	for i := range 5 {
		s := newSession(ann.ID)
		if i%2 == 0 {
			s.EndedAt = limit.Add(-time.Millisecond)
		} else {
			s.Rotation.ExpiresAt = limit.Add(-time.Millisecond)
		}
		old = append(old, s)
	}
	start(t, db, append(keep, old...)...)
	for _, want := range []int64{2, 2, 1, 0} {
		if n, err := db.SweepSessions(t.Context(), limit, 2); err != nil || n != want {
			t.Errorf("swept %d, %v; want %d", n, err, want)
		}
	}
	for _, s := range keep {
		same(t, "kept", session(t, db, s.ID), s)
	}
	for _, s := range old {
		if _, _, err := db.SessionWithUser(t.Context(), s.ID); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("looking up an old session: %v, want ErrNotFound", err)
		}
	}
}
