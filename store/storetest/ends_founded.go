package storetest

import (
	"errors"
	"testing"

	"gatehouse/store"
)

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
