package account_test

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"gatehouse/internal/authz"
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

func TestOneScopeIsWithdrawn(t *testing.T) {
	w := open(t)
	ann := w.person("ann", store.RoleUser)
	own := w.session(ann)
	ofShop := w.consent(ann, "shop", "openid email https://api.example#read")
	left, err := w.WithdrawScope(t.Context(), as(ann, own), ann, "shop", "email https://api.example#read")
	if err != nil || left.Scope != "openid" {
		t.Fatalf("%q is left, %v; want openid", left.Scope, err)
	}
	granted, err := w.Consents(t.Context(), ann.ID)
	if err != nil || len(granted) != 1 || granted[0].Consent.Scope != "openid" || !granted[0].LastUsedAt.Equal(w.clock()) {
		t.Errorf("consents %+v, %v; want one to openid, last used now", granted, err)
	}
	if living := w.living(ann); !slices.Equal(living, sorted(own, ofShop)) {
		t.Errorf("living sessions = %v, want all of them", living)
	}
	who := "user:" + ann.Sub
	want := []string{who + " " + who + ` {"scope":"email https://api.example#read","left":"openid"}`}
	if lines := w.evidence("scope.withdrawn"); !slices.Equal(lines, want) {
		t.Errorf("evidence: %s, want %s", lines, want)
	}
	for _, none := range []authz.Scope{"email", "openid phone"} {
		if _, err := w.WithdrawScope(t.Context(), as(ann, own), ann, "shop", none); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("withdrawing %q: err = %v, want ErrNotFound", none, err)
		}
	}
	if left, err := w.WithdrawScope(t.Context(), as(ann, own), ann, "shop", "openid"); err != nil || left.Scope != "" {
		t.Errorf("%q is left, %v; want nothing", left.Scope, err)
	}
	if living := w.living(ann); !slices.Equal(living, []string{own}) {
		t.Errorf("living sessions = %v, want none of the shop", living)
	}
	if lines := w.evidence("consent.withdrawn"); len(lines) != 1 {
		t.Errorf("evidence: %s, want one line", lines)
	}
}

// A record holds so much of what was taken away. The sessions end before it is too much.
func TestMoreIsWithdrawnThanARecordHolds(t *testing.T) {
	w := open(t)
	ann := w.person("ann", store.RoleUser)
	own := w.session(ann)
	ofShop := w.consent(ann, "shop", "openid")
	for i := range 10 {
		scope := authz.Scope("https://api.example#" + strings.Repeat("x", 250) + strconv.Itoa(i))
		err := w.db.Write(t.Context(), func(tx store.Tx) error {
			c, err := tx.LockConsent(ann.ID, "shop")
			if err != nil {
				return err
			}
			return tx.PutConsent(authz.Consent(c, scope))
		})
		if err != nil {
			t.Fatalf("storing the consent: %v", err)
		}
		if _, err := w.WithdrawScope(t.Context(), as(ann, own), ann, "shop", scope); err != nil {
			t.Fatalf("withdrawing scope %d: %v", i, err)
		}
	}
	if living := w.living(ann); slices.Contains(living, ofShop) {
		t.Errorf("living sessions = %v, want none of the shop", living)
	}
	if c, err := w.db.ConsentOf(t.Context(), ann.ID, "shop"); err != nil || c.Scope != "openid" || len(c.Withdrawn) > store.MaxScopeBytes {
		t.Errorf("consent %+v, %v; want openid", c, err)
	}
}

// The same scope is granted and withdrawn at once, each act in its transaction: nothing
// of the other scopes is lost, and a session may use the scope if it is granted.
func TestWithdrawingAtTheSameTimeAsGranting(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		ann := w.person("ann", store.RoleUser)
		own := w.session(ann)
		ofShop := w.consent(ann, "shop", "openid email")
		for range 10 {
			var all sync.WaitGroup
			for _, act := range []func() error{
				func() error {
					_, err := w.WithdrawScope(t.Context(), as(ann, own), ann, "shop", "email")
					return err
				},
				func() error { return w.grant(t, ann, "phone") },
				func() error { return w.grant(t, ann, "email") },
			} {
				all.Go(func() {
					if err := act(); err != nil {
						t.Errorf("changing the consent: %v", err)
					}
				})
			}
			all.Wait()
			c, err := w.db.ConsentOf(t.Context(), ann.ID, "shop")
			if err != nil {
				t.Fatalf("reading the consent: %v", err)
			}
			s, _, err := w.db.SessionWithUser(t.Context(), ofShop)
			scope := authz.Scope(c.Scope)
			if err != nil || !scope.Has("openid") || !scope.Has("phone") || scope.Has("email") == authz.Scope(s.Withdrawn).Has("email") || s.Withdrawn != c.Withdrawn {
				t.Errorf("consent to %q without %q, session without %q, %v; want openid and phone, and email in one of the two", c.Scope, c.Withdrawn, s.Withdrawn, err)
			}
			if err := w.grant(t, ann, "email"); err != nil {
				t.Fatalf("storing the consent: %v", err)
			}
		}
	})
}

func (w *world) grant(t *testing.T, u store.User, scope authz.Scope) error {
	t.Helper()
	return w.db.Write(t.Context(), func(tx store.Tx) error {
		c, err := tx.LockConsent(u.ID, "shop")
		if err != nil {
			return err
		}
		return tx.PutConsent(authz.Consent(c, scope))
	})
}
