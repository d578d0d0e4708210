package storetest

import (
	"crypto/rand"
	"testing"
	"time"

	"gatehouse/store"
)

func epochs() []promise {
	return []promise{
		{"everything issued before an epoch is void at once", "BeginEpoch Epoch", epochVoids},
		{"everything issued after it counts", "BeginEpoch", epochSpares},
		{"outdated rows are ended in batches", "EndOutdated", outdatedEnded},
		{"rows that a wrong clock dated ahead end with them", "EndOutdated", aheadEnded},
		{"epochs never move back", "BeginEpoch Epoch", epochsForward},
		{"many callers begin one at once", "BeginEpoch", epochsAtOnce},
	}
}

func beginEpoch(t *testing.T, db store.DB, at time.Time) (began time.Time) {
	t.Helper()
	write(t, db, func(tx store.Tx) (err error) {
		began, err = tx.BeginEpoch(at)
		return err
	})
	return began
}

// issued holds one record of each kind that an epoch makes void.
type issued struct {
	session store.Session
	browser store.BrowserSession
	code    store.AuthCode
	device  store.DeviceGrant
	pushed  store.PushedRequest
	jti     string
	at      time.Time
}

// issue makes one record of each kind, issued at that time.
func issue(t *testing.T, db store.DB, userID int64, at time.Time) issued {
	t.Helper()
	all := issued{
		session: newSession(userID), browser: newBrowser(userID), code: newCode(userID), device: newDevice(),
		pushed: store.PushedRequest{Digest: store.DigestOf(rand.Text()), ClientID: "shop", Parameters: "a=b", ExpiresAt: at.Add(time.Minute)},
		jti:    rand.Text(), at: at,
	}
	all.session.SignIn.At, all.browser.SignIn.At, all.code.SignIn.At, all.device.CreatedAt = at, at, at, at
	start(t, db, all.session)
	signIn(t, db, all.browser)
	addCode(t, db, all.code)
	addDevice(t, db, all.device)
	if err := db.AddPushed(t.Context(), all.pushed, store.Room{}); err != nil {
		t.Fatalf("adding the pushed request: %v", err)
	}
	return all
}

// wantVoid wants all the records to be void, or all of them to count.
func (i issued) wantVoid(t *testing.T, db store.DB, void bool) {
	t.Helper()
	s := session(t, db, i.session.ID)
	if ended := !s.EndedAt.IsZero(); ended != void || void && s.EndReason != store.EndedEpoch {
		t.Errorf("the session ended at %s because of %q, want an end by the epoch: %t", s.EndedAt, s.EndReason, void)
	}
	if b := browser(t, db, i.browser.Cookie); b.EndedAt.IsZero() == void {
		t.Errorf("the browser session ended at %s, want an end: %t", b.EndedAt, void)
	}
	listed, err := db.ListSessions(t.Context(), i.session.UserID, i.at)
	if err != nil || len(listed) == 1 == void {
		t.Errorf("sessions listed: %d, %v; want them listed: %t", len(listed), err, !void)
	}
	if revoked, err := db.TokenRevoked(t.Context(), i.jti, i.at); err != nil || revoked != void {
		t.Errorf("token revoked: %t, %v; want %t", revoked, err, void)
	}
	_, codeErr := db.CodeByDigest(t.Context(), i.code.Digest)
	_, deviceErr := db.DeviceByDeviceCode(t.Context(), i.device.Device)
	_, userErr := db.DeviceByUserCode(t.Context(), i.device.User)
	_, pushedErr := db.PushedByDigest(t.Context(), i.pushed.Digest)
	for what, err := range map[string]error{"code": codeErr, "device code": deviceErr, "user code": userErr, "pushed request": pushedErr} {
		var want error
		if void {
			want = store.ErrNotFound
		}
		wantError(t, what, err, want)
	}
}

func epochVoids(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	old := issue(t, db, ann.ID, odd())
	link := store.DigestOf("link")
	write(t, db, func(tx store.Tx) error { return tx.AddBootstrap(link, odd().Add(time.Hour)) })
	old.wantVoid(t, db, false)
	began := beginEpoch(t, db, odd())
	old.wantVoid(t, db, true)
	if got, err := db.Epoch(t.Context()); err != nil || !got.Equal(began) || !got.After(odd()) {
		t.Errorf("the epoch is %s, %v; want %s, as BeginEpoch returned it, after %s", got, err, began, odd())
	}
	if s := session(t, db, old.session.ID); !s.EndedAt.Equal(began) {
		t.Errorf("the session ended at %s, want the epoch's %s", s.EndedAt, began)
	}
	if there, err := db.HasBootstrap(t.Context(), link, odd()); err != nil || there {
		t.Errorf("the link exists: %t, %v; want false", there, err)
	}
}

func epochSpares(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	if began, err := db.Epoch(t.Context()); err != nil || !began.IsZero() {
		t.Errorf("the epoch of a new database is %s, %v; want none", began, err)
	}
	began := beginEpoch(t, db, odd())
	issue(t, db, ann.ID, began).wantVoid(t, db, false)
}

// outdatedEnded: after EndOutdated, the rows themselves have ended, also for a release
// without epochs.
func outdatedEnded(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	if n, err := db.EndOutdated(t.Context(), odd(), 2); err != nil || n != 0 {
		t.Errorf("without an epoch, %d ended, %v; want 0", n, err)
	}
	old := []issued{issue(t, db, ann.ID, odd()), issue(t, db, ann.ID, odd()), issue(t, db, ann.ID, odd())}
	began := beginEpoch(t, db, odd())
	fresh := issue(t, db, ann.ID, began)
	ended := began.Add(time.Second)
	for _, want := range []int64{2 * 4, 1 * 4, 0} {
		if n, err := db.EndOutdated(t.Context(), ended, 2); err != nil || n != want {
			t.Errorf("ended %d, %v; want %d", n, err, want)
		}
	}
	for _, o := range old {
		if s := session(t, db, o.session.ID); !s.EndedAt.Equal(ended) || s.EndReason != store.EndedEpoch {
			t.Errorf("the session ended at %s because of %q, want %s and %q", s.EndedAt, s.EndReason, ended, store.EndedEpoch)
		}
		if b := browser(t, db, o.browser.Cookie); !b.EndedAt.Equal(ended) {
			t.Errorf("the browser session ended at %s, want %s", b.EndedAt, ended)
		}
	}
	fresh.wantVoid(t, db, false)
}

// aheadEnded: a clock was an hour ahead and has been set right. The rows that it dated
// must not outlive the epoch that should end them.
func aheadEnded(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	began := beginEpoch(t, db, odd())
	fresh, ahead := issue(t, db, ann.ID, began.Add(2*time.Minute)), issue(t, db, ann.ID, began.Add(time.Hour))
	if n, err := db.EndOutdated(t.Context(), began.Add(time.Second), 2); err != nil || n != 4 {
		t.Errorf("ended %d, %v; want 4", n, err)
	}
	if s := session(t, db, ahead.session.ID); s.EndReason != store.EndedEpoch {
		t.Errorf("the session ended at %s because of %q, want an end because of %q", s.EndedAt, s.EndReason, store.EndedEpoch)
	}
	if b := browser(t, db, ahead.browser.Cookie); b.EndedAt.IsZero() {
		t.Error("the browser session lives, want it ended")
	}
	fresh.wantVoid(t, db, false)
}

func epochsForward(t *testing.T, db store.DB) {
	first := beginEpoch(t, db, odd())
	if again := beginEpoch(t, db, odd().Add(-time.Hour)); !again.Equal(first) {
		t.Errorf("with a clock that was set back, the epoch began at %s, want %s as before", again, first)
	}
	if later := beginEpoch(t, db, odd().Add(time.Hour)); !later.After(first) {
		t.Errorf("the second epoch began at %s, want it after %s", later, first)
	}
}

func epochsAtOnce(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	old := issue(t, db, ann.ID, odd())
	many(8, func(int) {
		err := db.Write(t.Context(), func(tx store.Tx) error {
			_, err := tx.BeginEpoch(odd())
			return err
		})
		if err != nil {
			t.Errorf("beginning the epoch: %v", err)
		}
		for {
			n, err := db.EndOutdated(t.Context(), odd(), 10)
			if err != nil {
				t.Errorf("ending the outdated sessions: %v", err)
			}
			if n == 0 {
				return
			}
		}
	})
	old.wantVoid(t, db, true)
}
