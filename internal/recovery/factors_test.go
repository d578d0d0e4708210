package recovery_test

import (
	"slices"
	"testing"
	"time"

	"gatehouse/internal/clock"
	"gatehouse/internal/recovery"
	"gatehouse/internal/test/testdb"
	"gatehouse/store"
)

// factorsThen gives ann an authenticator app, two passkeys and two recovery codes.
func factorsThen(t *testing.T, db store.DB) int64 {
	t.Helper()
	ann, err := db.UserByName(t.Context(), "ann")
	if err != nil {
		t.Fatalf("looking ann up: %v", err)
	}
	now, all := time.Now(), store.FactorTOTP|store.FactorPasskey|store.FactorRecovery
	write(t, db, func(tx store.Tx) error {
		if err := tx.PutTOTP(store.TOTPFactor{UserID: ann.ID, Secret: []byte("old"), CreatedAt: now, ConfirmedAt: now}); err != nil {
			return err
		}
		for _, id := range []string{"phone", "key"} {
			if err := tx.AddPasskey(store.Passkey{ID: []byte(id), UserID: ann.ID, Name: id, Credential: []byte("{}"), CreatedAt: now}); err != nil {
				return err
			}
		}
		if err := tx.ReplaceRecoveryCodes(ann.ID, []store.Digest{store.DigestOf("one"), store.DigestOf("two")}, now); err != nil {
			return err
		}
		return tx.UpdateUser(ann.ID, store.UserChange{Factors: &all})
	})
	return ann.ID
}

// TestFactorsThatWereLostDoNotComeBack: a lost phone is not a way in again.
func TestFactorsThatWereLostDoNotComeBack(t *testing.T) {
	none := store.Factors(0)
	for name, c := range map[string]struct {
		change   func(tx store.Tx, ann int64) error
		app      string
		passkeys []string
		codes    int
		bits     store.Factors
	}{
		"a passkey and a code": {func(tx store.Tx, ann int64) error {
			if _, err := tx.RemovePasskey(ann, []byte("phone")); err != nil {
				return err
			}
			_, _, err := tx.UseRecoveryCode(ann, store.DigestOf("one"))
			return err
		}, "old", []string{"key"}, 1, store.FactorTOTP | store.FactorPasskey | store.FactorRecovery},
		"another app": {func(tx store.Tx, ann int64) error {
			if _, err := tx.DeleteTOTP(ann); err != nil {
				return err
			}
			return tx.PutTOTP(store.TOTPFactor{UserID: ann, Secret: []byte("new"), CreatedAt: time.Now(), ConfirmedAt: time.Now()})
		}, "new", []string{"key", "phone"}, 2, store.FactorTOTP | store.FactorPasskey | store.FactorRecovery},
		"all": {func(tx store.Tx, ann int64) error {
			if err := tx.DropFactors(ann); err != nil {
				return err
			}
			return tx.UpdateUser(ann, store.UserChange{Factors: &none})
		}, "", nil, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			restored, replaced := open(t, testdb.SQLite(t)), open(t, testdb.SQLite(t))
			then(t, restored)
			then(t, replaced)
			ann := factorsThen(t, restored)
			factorsThen(t, replaced)
			over := &recovery.CarryOver{Restored: restored, Replaced: replaced, Now: clock.Millis(time.Now), Actor: "cli", Reseal: reseal}
			if got, err := over.Do(t.Context()); err != nil || got.Count() != 0 {
				t.Fatalf("two equal databases: %+v, %v; want nothing carried over", got, err)
			}
			write(t, replaced, func(tx store.Tx) error { return c.change(tx, ann) })
			if got, err := over.Do(t.Context()); err != nil || got.Factors != 1 {
				t.Errorf("carried %+v, %v; want one person's factors", got, err)
			}
			wantFactors(t, restored, ann, c.app, c.passkeys, c.codes, c.bits)
			if got, err := over.Do(t.Context()); err != nil || got.Count() != 0 {
				t.Errorf("a second time: %+v, %v; want nothing carried over", got, err)
			}
		})
	}
}

func wantFactors(t *testing.T, db store.DB, ann int64, app string, passkeys []string, codes int, bits store.Factors) {
	t.Helper()
	u, err := db.UserByID(t.Context(), ann)
	if err != nil || u.Factors != bits {
		t.Errorf("the factors are %b, %v; want %b", u.Factors, err, bits)
	}
	if f, _ := db.TOTPOf(t.Context(), ann); string(f.Secret) != app {
		t.Errorf("the app's secret is %q, want %q", f.Secret, app)
	}
	all, err := db.ListPasskeys(t.Context(), ann)
	var names []string
	for _, p := range all {
		names = append(names, p.Name)
	}
	slices.Sort(names)
	if err != nil || !slices.Equal(names, passkeys) {
		t.Errorf("the passkeys are %q, %v; want %q", names, err, passkeys)
	}
	if left, err := db.ListRecoveryCodes(t.Context(), ann); err != nil || len(left) != codes {
		t.Errorf("%d recovery codes are left, %v; want %d", len(left), err, codes)
	}
}
