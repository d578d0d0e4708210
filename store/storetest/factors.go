package storetest

import (
	"crypto/rand"
	"testing"
	"time"

	"gatehouse/store"
)

func factors() []promise {
	return []promise{
		{"an authenticator app comes back as it was", "PutTOTP TOTPOf", totpRoundTrip},
		{"an app that was confirmed is not replaced", "PutTOTP ConfirmTOTP", totpConfirmed},
		{"an app is confirmed by the secret that was read", "ConfirmTOTP", totpOtherSecret},
		{"a step is used once, and none before it", "UseTOTP", totpSteps},
		{"an app that is not confirmed is not used", "UseTOTP", totpNotConfirmed},
		{"an app is removed", "DeleteTOTP", totpDeleted},
		{"all factors are dropped at once", "DropFactors", factorsDropped},
		{"recovery codes are used once each", "ReplaceRecoveryCodes HasRecoveryCode ListRecoveryCodes UseRecoveryCode", recoveryCodesUsed},
		{"new recovery codes replace the old ones", "ReplaceRecoveryCodes", recoveryCodesReplaced},
		{"factors and challenges go with the person", "DeleteUser", factorsDeleted},
		{"factors come with the person, and change with the transaction", "UpdateUser", factorsOfUser},
	}
}

// newTOTP returns an app with every field filled but ConfirmedAt.
func newTOTP(userID int64) store.TOTPFactor {
	return store.TOTPFactor{UserID: userID, Secret: []byte("sealed \x00\xff" + rand.Text()), LastStep: 1 << 40, CreatedAt: odd(), LastUsedAt: odd().Add(time.Minute)}
}

func putTOTP(t *testing.T, db store.DB, f store.TOTPFactor) {
	t.Helper()
	write(t, db, func(tx store.Tx) error { return tx.PutTOTP(f) })
}

// totp returns the person's app as it is now.
func totp(t *testing.T, db store.DB, userID int64) store.TOTPFactor {
	t.Helper()
	f, err := db.TOTPOf(t.Context(), userID)
	if err != nil {
		t.Fatalf("looking up the authenticator app: %v", err)
	}
	return f
}

// doneInTx runs f in a transaction, and returns what it reported.
func doneInTx(t *testing.T, db store.DB, f func(store.Tx) (bool, error)) (done bool) {
	t.Helper()
	write(t, db, func(tx store.Tx) (err error) {
		done, err = f(tx)
		return err
	})
	return done
}

func wantReport(t *testing.T, what string, got, want bool) {
	t.Helper()
	if got != want {
		t.Errorf("%s: reported %t, want %t", what, got, want)
	}
}

func confirm(t *testing.T, db store.DB, f store.TOTPFactor, step int64) bool {
	t.Helper()
	return doneInTx(t, db, func(tx store.Tx) (bool, error) { return tx.ConfirmTOTP(f.UserID, f.Secret, step, odd()) })
}

func totpRoundTrip(t *testing.T, db store.DB) {
	f := newTOTP(7)
	_, err := db.TOTPOf(t.Context(), f.UserID)
	wantError(t, "TOTPOf before", err, store.ErrNotFound)
	for range 2 { // the second replaces the first, which was not confirmed
		f = newTOTP(7)
		putTOTP(t, db, f)
		same(t, "the app", totp(t, db, f.UserID), f)
	}
	filled(t, f, "ConfirmedAt")
	f.ConfirmedAt, f.UserID = odd(), 8
	putTOTP(t, db, f)
	same(t, "an app that was confirmed before", totp(t, db, 8), f)
}

func totpConfirmed(t *testing.T, db store.DB) {
	f := newTOTP(7)
	putTOTP(t, db, f)
	wantReport(t, "confirming", confirm(t, db, f, 12), true)
	f.ConfirmedAt, f.LastUsedAt, f.LastStep = odd(), odd(), 12
	same(t, "confirmed", totp(t, db, 7), f)
	wantReport(t, "confirming again", confirm(t, db, f, 13), false)
	err := db.Write(t.Context(), func(tx store.Tx) error { return tx.PutTOTP(newTOTP(7)) })
	wantError(t, "PutTOTP over a confirmed one", err, store.ErrConflict)
	same(t, "after that", totp(t, db, 7), f)
}

func totpOtherSecret(t *testing.T, db store.DB) {
	f := newTOTP(7)
	putTOTP(t, db, f)
	wantReport(t, "confirming another secret", confirm(t, db, newTOTP(7), 12), false)
	wantReport(t, "confirming another person's", confirm(t, db, newTOTP(8), 12), false)
	same(t, "the app", totp(t, db, 7), f)
}

func useStep(t *testing.T, db store.DB, userID, step int64) bool {
	t.Helper()
	return doneInTx(t, db, func(tx store.Tx) (bool, error) { return tx.UseTOTP(userID, step, odd().Add(time.Hour)) })
}

func totpSteps(t *testing.T, db store.DB) {
	f := newTOTP(7)
	putTOTP(t, db, f)
	confirm(t, db, f, 100)
	for _, c := range []struct {
		step int64
		used bool
	}{{100, false}, {99, false}, {101, true}, {101, false}, {100, false}, {105, true}, {104, false}} {
		if used := useStep(t, db, 7, c.step); used != c.used {
			t.Errorf("using step %d: reported %t, want %t", c.step, used, c.used)
		}
	}
	f.ConfirmedAt, f.LastUsedAt, f.LastStep = odd(), odd().Add(time.Hour), 105
	same(t, "the app", totp(t, db, 7), f)
	wantReport(t, "another person's step", useStep(t, db, 8, 200), false)
}

func totpNotConfirmed(t *testing.T, db store.DB) {
	f := newTOTP(7)
	putTOTP(t, db, f)
	wantReport(t, "using a step", useStep(t, db, 7, f.LastStep+1), false)
}

func totpDeleted(t *testing.T, db store.DB) {
	remove := func(tx store.Tx) (bool, error) { return tx.DeleteTOTP(7) }
	wantReport(t, "removing none", doneInTx(t, db, remove), false)
	f, other := newTOTP(7), newTOTP(8)
	putTOTP(t, db, f)
	putTOTP(t, db, other)
	confirm(t, db, f, 1)
	wantReport(t, "removing", doneInTx(t, db, remove), true)
	_, err := db.TOTPOf(t.Context(), 7)
	wantError(t, "TOTPOf", err, store.ErrNotFound)
	same(t, "another person's", totp(t, db, 8), other)
}

// newRecoveryCodes returns ten codes.
func newRecoveryCodes() []store.Digest {
	codes := make([]store.Digest, 10)
	for i := range codes {
		codes[i] = store.DigestOf(rand.Text())
	}
	return codes
}

func replaceRecoveryCodes(t *testing.T, db store.DB, userID int64, codes []store.Digest) {
	t.Helper()
	write(t, db, func(tx store.Tx) error { return tx.ReplaceRecoveryCodes(userID, codes, odd()) })
}

func wantRecoveryCode(t *testing.T, db store.DB, userID int64, code store.Digest, want bool) {
	t.Helper()
	if has, err := db.HasRecoveryCode(t.Context(), userID, code); err != nil || has != want {
		t.Errorf("the person has the code: %t, %v; want %t", has, err, want)
	}
}

func wantRecoveryCodes(t *testing.T, db store.DB, userID int64, want int) {
	t.Helper()
	if all, err := db.ListRecoveryCodes(t.Context(), userID); err != nil || len(all) != want {
		t.Errorf("%d codes are left, %v; want %d", len(all), err, want)
	}
}

func recoveryCodesUsed(t *testing.T, db store.DB) {
	wantRecoveryCodes(t, db, 7, 0)
	codes := newRecoveryCodes()
	replaceRecoveryCodes(t, db, 7, codes)
	replaceRecoveryCodes(t, db, 8, codes) // two people may have the same
	for i, code := range codes {
		wantRecoveryCode(t, db, 7, code, true)
		for _, first := range []bool{true, false} {
			var used bool
			var left int
			write(t, db, func(tx store.Tx) (err error) {
				used, left, err = tx.UseRecoveryCode(7, code)
				return err
			})
			if used != first || left != 9-i {
				t.Errorf("using code %d: reported %t and %d left, want %t and %d", i, used, left, first, 9-i)
			}
		}
		wantRecoveryCode(t, db, 7, code, false)
		wantRecoveryCodes(t, db, 7, 9-i)
	}
	wantRecoveryCodes(t, db, 8, 10)
	wantRecoveryCode(t, db, 9, codes[0], false)
}

func recoveryCodesReplaced(t *testing.T, db store.DB) {
	old, others, codes := newRecoveryCodes(), newRecoveryCodes(), newRecoveryCodes()
	replaceRecoveryCodes(t, db, 7, old)
	replaceRecoveryCodes(t, db, 8, others)
	replaceRecoveryCodes(t, db, 7, codes)
	wantRecoveryCode(t, db, 7, old[0], false)
	wantRecoveryCode(t, db, 7, codes[9], true)
	wantRecoveryCodes(t, db, 7, 10)
	replaceRecoveryCodes(t, db, 7, nil)
	wantRecoveryCodes(t, db, 7, 0)
	wantRecoveryCodes(t, db, 8, 10)
}

func factorsOfUser(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	err := db.Write(t.Context(), func(tx store.Tx) error {
		if err := tx.UpdateUser(ann.ID, store.UserChange{Factors: new(store.FactorPasskey)}); err != nil {
			return err
		}
		return errRefused
	})
	wantError(t, "a transaction that failed", err, errRefused)
	same(t, "the person", reread(t, db, ann.ID), ann)
	for _, f := range []store.Factors{store.FactorPasskey, 0} {
		update(t, db, ann.ID, store.UserChange{Factors: &f})
		if got := reread(t, db, ann.ID).Factors; got != f {
			t.Errorf("the factors are %b, want %b", got, f)
		}
	}
}

// factorsDeleted: the factors and challenges of a person go with them.
func factorsDeleted(t *testing.T, db store.DB) {
	ann, ben := create(t, db, newUser("ann")), create(t, db, newUser("ben"))
	codes := newRecoveryCodes()
	var waiting []store.Challenge
	for _, u := range []store.User{ann, ben} {
		putTOTP(t, db, newTOTP(u.ID))
		replaceRecoveryCodes(t, db, u.ID, codes)
		waiting = append(waiting, newChallenge(u.ID))
	}
	addChallenge(t, db, waiting...)
	write(t, db, func(tx store.Tx) error { return tx.DeleteUser(ann.ID) })
	_, err := db.TOTPOf(t.Context(), ann.ID)
	wantError(t, "TOTPOf", err, store.ErrNotFound)
	wantRecoveryCodes(t, db, ann.ID, 0)
	_, err = db.ChallengeByDigest(t.Context(), waiting[0].Digest, odd())
	wantError(t, "ChallengeByDigest", err, store.ErrNotFound)
	totp(t, db, ben.ID)
	wantRecoveryCodes(t, db, ben.ID, 10)
	wantChallenge(t, db, waiting[1])
}

func factorsDropped(t *testing.T, db store.DB) {
	for _, id := range []int64{7, 8} {
		putTOTP(t, db, newTOTP(id))
		replaceRecoveryCodes(t, db, id, newRecoveryCodes())
	}
	for range 2 {
		write(t, db, func(tx store.Tx) error { return tx.DropFactors(7) })
		_, err := db.TOTPOf(t.Context(), 7)
		wantError(t, "TOTPOf", err, store.ErrNotFound)
		wantRecoveryCodes(t, db, 7, 0)
	}
	totp(t, db, 8)
	wantRecoveryCodes(t, db, 8, 10)
}
