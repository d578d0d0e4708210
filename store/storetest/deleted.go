package storetest

import (
	"testing"

	"gatehouse/store"
)

// belongings holds one record of each kind that belongs to a person or an app.
type belongings struct {
	browser store.BrowserSession
	code    store.AuthCode
	device  store.DeviceGrant
	pushed  store.PushedRequest
	consent store.Consent
	link    store.Link
}

func give(t *testing.T, db store.DB, userID int64, clientID string) belongings {
	t.Helper()
	b := belongings{
		link:    newLink(userID),
		browser: newBrowser(userID), code: newCode(userID), device: decide(newDevice(), store.DeviceApproved), pushed: newPushed(),
		consent: store.Consent{UserID: userID, ClientID: clientID, Scope: "openid", GrantedAt: odd(), FirstGrantedAt: odd()},
	}
	b.device.UserID = userID
	b.code.ClientID, b.device.ClientID, b.pushed.ClientID = clientID, clientID, clientID
	signIn(t, db, b.browser)
	addCode(t, db, b.code)
	addDevice(t, db, b.device)
	push(t, db, b.pushed)
	consent(t, db, b.consent)
	putLink(t, db, b.link)
	return b
}

// left reports which of them still exist.
func (b belongings) left(t *testing.T, db store.DB) map[string]bool {
	t.Helper()
	ctx := t.Context()
	_, _, browser := db.BrowserWithUser(ctx, b.browser.Cookie)
	_, code := db.CodeByDigest(ctx, b.code.Digest)
	_, device := db.DeviceByDeviceCode(ctx, b.device.Device)
	_, pushed := db.PushedByDigest(ctx, b.pushed.Digest)
	_, consent := db.ConsentOf(ctx, b.consent.UserID, b.consent.ClientID)
	_, link := db.LinkByDigest(ctx, b.link.Digest, odd())
	left := map[string]bool{}
	for what, err := range map[string]error{"browser": browser, "code": code, "device": device, "pushed": pushed, "consent": consent, "link": link} {
		if left[what] = err == nil; err != nil {
			wantError(t, what, err, store.ErrNotFound)
		}
	}
	return left
}

var allLeft = map[string]bool{"browser": true, "code": true, "device": true, "pushed": true, "consent": true, "link": true}

func deletedWithAll(t *testing.T, db store.DB) {
	ann, ben := create(t, db, newUser("ann")), create(t, db, newUser("ben"))
	anns, bens := give(t, db, ann.ID, "shop"), give(t, db, ben.ID, "shop")
	owe(t, db, newNotice("S"))
	update(t, db, ann.ID, store.UserChange{Profile: new(newProfile().Text())})
	write(t, db, func(tx store.Tx) error { return tx.DeleteUser(ann.ID) })
	same(t, "of hers", anns.left(t, db), map[string]bool{"browser": false, "code": false, "device": false, "pushed": true, "consent": false, "link": false})
	same(t, "of another person's", bens.left(t, db), allLeft)
	_, err := db.UserByID(t.Context(), ann.ID)
	wantError(t, "UserByID", err, store.ErrNotFound)
	wantClaimed(t, "owed", claim(t, db, odd(), odd(), 9), "S")
}

func clientDeletedWithAll(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	register(t, db, newClient("shop"))
	register(t, db, newClient("other"))
	shops, others := give(t, db, ann.ID, "shop"), give(t, db, ann.ID, "other")
	notice := newNotice("O")
	notice.ClientID = "other"
	owe(t, db, newNotice("S"), notice)
	write(t, db, func(tx store.Tx) error { return tx.DeleteClient("shop", odd()) })
	// A link belongs to the person: the second has replaced the first, and stays.
	same(t, "of the app's", shops.left(t, db), map[string]bool{"browser": true, "code": false, "device": false, "pushed": false, "consent": false, "link": false})
	same(t, "of another app's", others.left(t, db), allLeft)
	wantClaimed(t, "owed to the app that is gone", claim(t, db, odd(), odd(), 9), "S")
	wantClaimed(t, "owed to another app", claimOf(t, db, "other", odd(), odd(), 9), "O")
}
