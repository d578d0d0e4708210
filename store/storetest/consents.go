package storetest

import (
	"testing"
	"time"

	"gatehouse/store"
)

func consents() []promise {
	return []promise{
		{"a consent comes back as it was, and is replaced", "PutConsent ConsentOf", consentRoundTrip},
		{"consents are listed by client", "ListConsents", consentList},
		{"an app is compared byte for byte", "ConsentOf DeleteConsent", consentBytes},
		{"withdrawing returns what was withdrawn, once", "DeleteConsent LockConsent", consentWithdrawn},
		{"what was taken away is known at every use", "PutConsent SessionWithUser CodeByDigest DeviceByDeviceCode", consentNarrowed},
		{"the last use of an app", "LastUse", lastUse},
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
	other := store.Consent{UserID: 8, ClientID: "shop", Scope: "openid", GrantedAt: odd(), FirstGrantedAt: odd(), Places: []string{"a http://[::1]:1", "b x:"}, Client: 3, Withdrawn: "email phone"}
	filled(t, other, "Generation")
	consent(t, db, other)
	for _, want := range []store.Consent{
		{UserID: 7, ClientID: "shop", Scope: "openid email", GrantedAt: odd(), FirstGrantedAt: odd()},
		{UserID: 7, ClientID: "shop", Scope: "openid", GrantedAt: odd().Add(time.Hour), FirstGrantedAt: odd(), Places: []string{"a x:"}, Withdrawn: "email"},
		{UserID: 7, ClientID: "shop", Scope: "openid", FirstGrantedAt: odd(), Client: 4, Withdrawn: "https://api.example#read email"},
		{UserID: 7, ClientID: "shop", FirstGrantedAt: odd()},
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
		c := store.Consent{UserID: 7, ClientID: id, Scope: "openid", GrantedAt: odd(), FirstGrantedAt: odd()}
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
	want := store.Consent{UserID: 7, ClientID: "Shop", Scope: "openid", GrantedAt: odd(), FirstGrantedAt: odd()}
	consent(t, db, want)
	for _, id := range append(oddIDs("Shop"), "shop") {
		if id == "Shop" {
			continue
		}
		_, err := db.ConsentOf(t.Context(), 7, id)
		wantError(t, "ConsentOf "+id, err, store.ErrNotFound)
		write(t, db, func(tx store.Tx) error {
			_, err := tx.DeleteConsent(7, id)
			wantError(t, "DeleteConsent "+id, err, store.ErrNotFound)
			_, err = tx.LockConsent(7, id)
			wantError(t, "LockConsent "+id, err, store.ErrNotFound)
			return nil
		})
	}
	wantConsent(t, db, want)
}

func consentWithdrawn(t *testing.T, db store.DB) {
	want := store.Consent{UserID: 7, ClientID: "shop", Scope: "openid", GrantedAt: odd(), FirstGrantedAt: odd()}
	other := store.Consent{UserID: 8, ClientID: "shop", Scope: "email", GrantedAt: odd(), FirstGrantedAt: odd()}
	consent(t, db, want)
	consent(t, db, other)
	write(t, db, func(tx store.Tx) error {
		locked, err := tx.LockConsent(7, "shop")
		same(t, "locked", locked, want)
		if err != nil {
			return err
		}
		was, err := tx.DeleteConsent(7, "shop")
		same(t, "withdrawn", was, want)
		return err
	})
	err := db.Write(t.Context(), func(tx store.Tx) error { _, err := tx.DeleteConsent(7, "shop"); return err })
	wantError(t, "withdrawing again", err, store.ErrNotFound)
	wantConsent(t, db, other)
}

// consentNarrowed: a scope that was taken away counts for all that the user has in the app,
// and for nothing else, until it is granted again or all is withdrawn.
func consentNarrowed(t *testing.T, db store.DB) {
	ann, ben := create(t, db, newUser("ann")), create(t, db, newUser("ben"))
	own, another, others := found(t, db, ann, "shop"), found(t, db, ann, "blog"), found(t, db, ben, "shop")
	wants := func(f founded, withdrawn string) {
		t.Helper()
		same(t, "of the session", session(t, db, f.session.ID).Withdrawn, withdrawn)
		same(t, "of the code", code(t, db, f.code.Digest).Withdrawn, withdrawn)
		same(t, "of the device", device(t, db, f.device.Device).Withdrawn, withdrawn)
		same(t, "what lives", f.lives(t, db), allLive)
	}
	for _, withdrawn := range []string{"email", "email phone", "", "email"} {
		own.consent.Withdrawn = withdrawn
		consent(t, db, own.consent)
		wantConsent(t, db, own.consent)
		wants(own, withdrawn)
		wants(another, "")
		wants(others, "")
	}
	write(t, db, func(tx store.Tx) error { _, err := tx.DeleteConsent(ann.ID, "shop"); return err })
	wants(own, "")
	write(t, db, func(tx store.Tx) error {
		_, err := tx.EndAll(store.End{UserID: ann.ID, ClientID: "shop", At: odd()})
		return err
	})
	own.consent.Generation = consentAgain(t, db, own.consent)
	if own.consent.Generation == 0 {
		t.Error("the generation is 0 after an end, want it raised")
	}
	wantConsent(t, db, own.consent) // what is withdrawn does not touch the generation
}

// consentAgain stores a consent and returns its generation.
func consentAgain(t *testing.T, db store.DB, c store.Consent) store.Generation {
	t.Helper()
	consent(t, db, c)
	got, err := db.ConsentOf(t.Context(), c.UserID, c.ClientID)
	if err != nil {
		t.Fatalf("looking up the consent: %v", err)
	}
	return got.Generation
}

func lastUse(t *testing.T, db store.DB) {
	ann, ben := create(t, db, newUser("ann")), create(t, db, newUser("ben"))
	latest := odd().Add(5 * time.Hour)
	for i, s := range []store.Session{newSession(ann.ID), newSession(ann.ID), newSession(ann.ID), newSession(ben.ID)} {
		s.ClientID, s.LastUsedAt = "shop", odd().Add(time.Duration(i)*time.Hour)
		if i == 1 {
			s.LastUsedAt, s.EndedAt = latest, latest
		}
		start(t, db, s)
	}
	for _, c := range []struct {
		user int64
		app  string
		want time.Time
	}{{ann.ID, "shop", latest}, {ben.ID, "shop", odd().Add(3 * time.Hour)}, {ann.ID, "blog", time.Time{}}, {ann.ID, "", time.Time{}}} {
		if got, err := db.LastUse(t.Context(), c.user, c.app); err != nil || !got.Equal(c.want) {
			t.Errorf("the last use of %q is %s, %v; want %s", c.app, got, err, c.want)
		}
	}
}
