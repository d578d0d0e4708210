package account_test

import (
	"crypto/rand"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"gatehouse/internal/account"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/internal/signin"
	"gatehouse/store"
)

// byPasskey is the actor who has just signed in by a passkey.
func (w *world) byPasskey(u store.User) authz.Actor {
	return authz.Actor{UserID: u.ID, Sub: u.Sub, Role: u.Role, SignedInAt: w.clock(), ACR: signin.ACRPasskey}
}

func newPasskey(u store.User) store.Passkey {
	return store.Passkey{ID: []byte(rand.Text()), UserID: u.ID, Name: "Phone", Credential: []byte("{}")}
}

func (w *world) addPasskey(u store.User) (store.Passkey, account.FactorChange) {
	w.t.Helper()
	p := newPasskey(u)
	done, err := w.AddPasskey(w.t.Context(), w.byPasskey(u), u, p)
	if err != nil {
		w.t.Fatalf("adding a passkey: %v", err)
	}
	return p, done
}

func TestAPasskeyIsAFactor(t *testing.T) {
	w := open(t)
	withFactors(w)
	ann := w.person("ann", store.RoleUser)
	first, done := w.addPasskey(ann)
	if len(done.Codes) == 0 {
		t.Error("no recovery codes with the first factor, want some")
	}
	ann = w.read(ann.ID)
	second, done := w.addPasskey(ann)
	if len(done.Codes) != 0 {
		t.Errorf("%d recovery codes with the second passkey, want none", len(done.Codes))
	}
	for i, c := range []struct {
		p    store.Passkey
		left bool
	}{{first, true}, {second, false}} {
		ann = w.read(ann.ID)
		if _, err := w.RemovePasskey(t.Context(), w.byPasskey(ann), ann, c.p.ID); err != nil {
			t.Errorf("removing passkey %d: %v, want no error", i, err)
		}
		if got := w.read(ann.ID).Factors.Has(store.FactorPasskey); got != c.left {
			t.Errorf("after removing passkey %d the factor is there: %t, want %t", i, got, c.left)
		}
	}
	ann = w.read(ann.ID)
	if _, err := w.RemovePasskey(t.Context(), w.byPasskey(ann), ann, first.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("removing it again: %v, want ErrNotFound", err)
	}
}

func TestPasskeysNeedARecentSignIn(t *testing.T) {
	w := open(t)
	withFactors(w)
	ann := w.person("ann", store.RoleUser)
	p, _ := w.addPasskey(ann)
	ann = w.read(ann.ID)
	old, low := w.byPasskey(ann), w.byPasskey(ann)
	old.SignedInAt, low.ACR = w.clock().Add(-signin.RecentFor-1), signin.ACRPassword
	for name, actor := range map[string]authz.Actor{"an old sign-in": old, "a password alone": low} {
		var needs *signin.StepUp
		if _, err := w.AddPasskey(t.Context(), actor, ann, newPasskey(ann)); !errors.As(err, &needs) {
			t.Errorf("%s: adding a passkey: %v, want a StepUp", name, err)
		}
		if _, err := w.RemovePasskey(t.Context(), actor, ann, p.ID); !errors.As(err, &needs) {
			t.Errorf("%s: removing a passkey: %v, want a StepUp", name, err)
		}
	}
}

func TestPasskeysAreOnesOwn(t *testing.T) {
	w := open(t)
	withFactors(w)
	ann, ben := w.person("ann", store.RoleUser), w.person("ben", store.RoleUser)
	p, _ := w.addPasskey(ann)
	if _, err := w.RemovePasskey(t.Context(), w.byPasskey(ben), ben, p.ID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("ben removes ann's passkey: %v, want ErrNotFound", err)
	}
	if err := w.RenamePasskey(t.Context(), w.byPasskey(ben), p.ID, "Mine"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("ben renames ann's passkey: %v, want ErrNotFound", err)
	}
	theft := newPasskey(ben)
	theft.ID = p.ID
	if _, err := w.AddPasskey(t.Context(), w.byPasskey(ben), ben, theft); !errors.Is(err, account.ErrPasskeyTaken) {
		t.Errorf("ben adds ann's credential: %v, want ErrPasskeyTaken", err)
	}
}

func TestTheNameOfAPasskey(t *testing.T) {
	w := open(t)
	withFactors(w)
	ann := w.person("ann", store.RoleUser)
	p, _ := w.addPasskey(ann)
	for name, right := range map[string]bool{"My phone": true, " Büro-Laptop ": true, strings.Repeat("é", 64): true, "": false, "  ": false, strings.Repeat("é", 65): false, "a\nb": false, "\xff": false} {
		err := w.RenamePasskey(t.Context(), w.byPasskey(ann), p.ID, name)
		if bad := (*fields.Errors)(nil); right && err != nil || !right && !errors.As(err, &bad) {
			t.Errorf("the name %q: %v, want it accepted: %t", name, err, right)
		}
		if kept, err := w.db.PasskeyByID(t.Context(), p.ID); err != nil || right && kept.Name != strings.TrimSpace(name) {
			t.Errorf("kept as %q, %v; want %q", kept.Name, err, strings.TrimSpace(name))
		}
	}
}

// Of two passkeys that are the only ways into an account, one stays, whoever is faster.
func TestTheOnlyWayInStays(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		withFactors(w)
		ann := w.person("ann", store.RoleUser)
		first, _ := w.addPasskey(ann)
		ann = w.read(ann.ID)
		second, _ := w.addPasskey(ann)
		if err := w.db.Write(t.Context(), func(tx store.Tx) error { return tx.UpdateUser(ann.ID, store.UserChange{PasswordHash: new("")}) }); err != nil {
			t.Fatalf("removing the password: %v", err)
		}
		var removed atomic.Int32
		var all sync.WaitGroup
		for i := range 50 {
			all.Go(func() {
				me := w.read(ann.ID)
				if _, err := w.RemovePasskey(t.Context(), w.byPasskey(me), me, [][]byte{first.ID, second.ID}[i%2]); err == nil {
					removed.Add(1)
				}
			})
		}
		all.Wait()
		left, err := w.db.ListPasskeys(t.Context(), ann.ID)
		if err != nil || len(left) != 1 || removed.Load() != 1 {
			t.Errorf("%d passkeys are left after %d removals, %v; want 1 after 1", len(left), removed.Load(), err)
		}
	})
}
