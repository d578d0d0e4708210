package account_test

import (
	"errors"
	"slices"
	"testing"

	"gatehouse/store"
)

// consent registers a client that has the user's consent for a scope, with a session.
func (w *world) consent(u store.User, clientID, scope string) (sid string) {
	w.t.Helper()
	now := w.clock().UTC()
	err := w.db.Write(w.t.Context(), func(tx store.Tx) error {
		err := tx.CreateClient(store.Client{ID: clientID, Name: "The " + clientID, AuthMethod: "none", CreatedAt: now, UpdatedAt: now})
		if err != nil && !errors.Is(err, store.ErrConflict) {
			return err
		}
		return tx.PutConsent(store.Consent{UserID: u.ID, ClientID: clientID, Scope: scope, GrantedAt: now})
	})
	if err != nil {
		w.t.Fatalf("storing the consent: %v", err)
	}
	return w.sessionOf(u, clientID)
}

func TestConsentsAreListedAndWithdrawn(t *testing.T) {
	w := open(t)
	ann, bob := w.person("ann", store.RoleUser), w.person("bob", store.RoleUser)
	own := w.session(ann)
	ofShop := w.consent(ann, "shop", "openid email")
	ofBlog := w.consent(ann, "blog", "openid")
	ofBob := w.consent(bob, "shop", "openid")
	granted, err := w.Consents(t.Context(), ann.ID)
	if err != nil || len(granted) != 2 || granted[0].Client.Name != "The blog" || granted[1].Consent.Scope != "openid email" {
		t.Fatalf("consents %+v, %v; want two, with the name and scope of each", granted, err)
	}
	if err := w.Withdraw(t.Context(), as(ann, own), ann, "shop"); err != nil {
		t.Fatalf("withdrawing the consent: %v", err)
	}
	if living := w.living(ann); !slices.Equal(living, sorted(own, ofBlog)) {
		t.Errorf("living sessions = %v, want those of ann and the blog", living)
	}
	if living := w.living(bob); !slices.Equal(living, []string{ofBob}) {
		t.Errorf("living sessions of another user = %v, want %v", living, []string{ofBob})
	}
	if !slices.Equal(w.forgotten, []string{ofShop}) {
		t.Errorf("forgotten: %v, want %v", w.forgotten, []string{ofShop})
	}
	who := "user:" + ann.Sub
	if lines := w.evidence("consent.withdrawn"); !slices.Equal(lines, []string{who + " " + who + ` {"scope":"openid email"}`}) {
		t.Errorf("evidence: %s, want %s", lines, []string{who + " " + who + ` {"scope":"openid email"}`})
	}
	if lines := w.evidence("session.ended"); !slices.Equal(lines, []string{who + " " + who + ` {"reason":"consent withdrawn"}`}) {
		t.Errorf("evidence: %s, want %s", lines, []string{who + " " + who + ` {"reason":"consent withdrawn"}`})
	}
	for _, none := range []string{"shop", "nobody", ""} {
		if err := w.Withdraw(t.Context(), as(ann, own), ann, none); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("withdrawing from %q: err = %v, want ErrNotFound", none, err)
		}
	}
}
