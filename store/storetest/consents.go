package storetest

import (
	"slices"
	"testing"
	"time"

	"gatehouse/store"
)

func consents() []promise {
	return []promise{
		{"a consent comes back as it was, and is replaced", "PutConsent ConsentOf", consentRoundTrip},
		{"consents are listed by client", "ListConsents", consentList},
		{"an app is compared byte for byte", "ConsentOf DeleteConsent", consentBytes},
		{"withdrawing ends the app's sessions of the person", "DeleteConsent", consentWithdrawn},
	}
}

func consent(t *testing.T, db store.DB, c store.Consent) {
	t.Helper()
	write(t, db, func(tx store.Tx) error { return tx.PutConsent(c) })
}

func wantConsent(t *testing.T, db store.DB, want store.Consent) {
	t.Helper()
	got, err := db.ConsentOf(t.Context(), want.UserID, want.ClientID)
	if err != nil {
		t.Errorf("looking up the consent: %v", err)
	}
	same(t, "consent", got, want)
}

func consentRoundTrip(t *testing.T, db store.DB) {
	other := store.Consent{UserID: 8, ClientID: "shop", Scope: "openid", GrantedAt: odd(), Places: []string{"a http://[::1]:1", "b x:"}}
	filled(t, other)
	consent(t, db, other)
	for _, want := range []store.Consent{
		{UserID: 7, ClientID: "shop", Scope: "openid email", GrantedAt: odd()},
		{UserID: 7, ClientID: "shop", Scope: "openid", GrantedAt: odd().Add(time.Hour), Places: []string{"a x:"}},
		{UserID: 7, ClientID: "shop"},
	} {
		for range 2 { // the second time changes nothing, and is not an error
			consent(t, db, want)
			wantConsent(t, db, want)
		}
	}
	wantConsent(t, db, other)
	_, err := db.ConsentOf(t.Context(), 9, "shop")
	wantError(t, "nobody's", err, store.ErrNotFound)
}

func consentList(t *testing.T, db store.DB) {
	var want []store.Consent
	for _, id := range []string{"b", "a", "Z", "c"} {
		c := store.Consent{UserID: 7, ClientID: id, Scope: "openid", GrantedAt: odd()}
		want = append(want, c)
		consent(t, db, c)
	}
	consent(t, db, store.Consent{UserID: 8, ClientID: "d"})
	want = []store.Consent{want[2], want[1], want[0], want[3]}
	got, err := db.ListConsents(t.Context(), 7)
	if err != nil {
		t.Fatalf("listing the consents: %v", err)
	}
	same(t, "consents", got, want)
	if got, err := db.ListConsents(t.Context(), 9); err != nil || len(got) != 0 {
		t.Errorf("consents of an unknown person: %v, %v; want none", got, err)
	}
}

func consentBytes(t *testing.T, db store.DB) {
	want := store.Consent{UserID: 7, ClientID: "Shop", Scope: "openid", GrantedAt: odd()}
	consent(t, db, want)
	for _, id := range append(oddIDs("Shop"), "shop") {
		if id == "Shop" {
			continue
		}
		_, err := db.ConsentOf(t.Context(), 7, id)
		wantError(t, "ConsentOf "+id, err, store.ErrNotFound)
		write(t, db, func(tx store.Tx) error {
			was, ended, err := tx.DeleteConsent(7, id, odd())
			if was || len(ended) != 0 {
				t.Errorf("%q withdrew the consent, want it left", id)
			}
			return err
		})
	}
	wantConsent(t, db, want)
}

func consentWithdrawn(t *testing.T, db store.DB) {
	ann, ben := create(t, db, newUser("ann")), create(t, db, newUser("ben"))
	of := func(userID int64, client string) (store.Session, store.AuthCode, store.DeviceGrant) {
		s, c, g := newSession(userID), newCode(userID), newDevice()
		s.ClientID, c.ClientID, g.ClientID = client, client, client
		g.UserID, g.Status = userID, store.DeviceApproved
		start(t, db, s)
		addCode(t, db, c)
		addDevice(t, db, g)
		consent(t, db, store.Consent{UserID: userID, ClientID: client})
		return s, c, g
	}
	first, firstCode, firstDevice := of(ann.ID, "shop")
	second, _, _ := of(ann.ID, "shop")
	elsewhere, elsewhereCode, elsewhereDevice := of(ann.ID, "other")
	others, othersCode, othersDevice := of(ben.ID, "shop")
	at := odd().Add(time.Minute)
	withdraw := func() (was bool, ended []string) {
		write(t, db, func(tx store.Tx) (err error) {
			was, ended, err = tx.DeleteConsent(ann.ID, "shop", at)
			return err
		})
		slices.Sort(ended)
		return was, ended
	}
	was, ended := withdraw()
	want := []string{first.ID, second.ID}
	slices.Sort(want)
	same(t, "ended", ended, want)
	if again, none := withdraw(); !was || again || len(none) != 0 {
		t.Errorf("withdrawn: %t; again: %t, %v; want true, false and no sessions", was, again, none)
	}
	_, err := db.ConsentOf(t.Context(), ann.ID, "shop")
	wantError(t, "ConsentOf", err, store.ErrNotFound)
	first.EndedAt, first.EndReason = at, "consent withdrawn"
	for _, s := range []store.Session{first, elsewhere, others} {
		same(t, "session", session(t, db, s.ID), s)
	}
	_, err = db.CodeByDigest(t.Context(), firstCode.Digest)
	wantError(t, "a code of it", err, store.ErrNotFound)
	firstDevice.Status = store.DeviceDenied
	same(t, "a device of it", device(t, db, firstDevice.Device), firstDevice)
	for _, c := range []store.AuthCode{elsewhereCode, othersCode} {
		same(t, "code", code(t, db, c.Digest), c)
	}
	for _, g := range []store.DeviceGrant{elsewhereDevice, othersDevice} {
		same(t, "device", device(t, db, g.Device), g)
	}
}
