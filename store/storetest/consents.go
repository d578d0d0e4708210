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
	filled(t, other, "Client", "Generation")
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
	want := store.Consent{UserID: 7, ClientID: "shop", Scope: "openid", GrantedAt: odd()}
	other := store.Consent{UserID: 8, ClientID: "shop", Scope: "email", GrantedAt: odd()}
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
