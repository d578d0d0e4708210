package storetest

import (
	"fmt"
	"sync/atomic"
	"testing"

	"gatehouse/store"
)

// raceForStep: some callers who use the step fail afterwards, which leaves it to another.
func raceForStep(t *testing.T, db store.DB) {
	f := newTOTP(7)
	putTOTP(t, db, f)
	confirm(t, db, f, 0)
	for step := int64(1); step <= 5; step++ {
		wantOne(t, winners(t, func(i int) (used bool, err error) {
			err = db.Write(t.Context(), func(tx store.Tx) (err error) {
				if used, err = tx.UseTOTP(7, step, odd()); err == nil && used && i%10 == 0 {
					return errRefused
				}
				return err
			})
			return used, err
		}, errRefused))
	}
}

// raceToConfirm: some callers begin anew with another secret.
func raceToConfirm(t *testing.T, db store.DB) {
	for id := int64(1); id <= 3; id++ {
		f := newTOTP(id)
		putTOTP(t, db, f)
		wantOne(t, winners(t, func(int) (done bool, err error) {
			err = db.Write(t.Context(), func(tx store.Tx) (err error) {
				done, err = tx.ConfirmTOTP(id, f.Secret, 5, odd())
				return err
			})
			return done, err
		}))
	}
}

func raceForRecoveryCode(t *testing.T, db store.DB) {
	codes := newRecoveryCodes()
	replaceRecoveryCodes(t, db, 7, codes)
	for round, code := range codes[:5] {
		wantOne(t, winners(t, func(i int) (used bool, err error) {
			err = db.Write(t.Context(), func(tx store.Tx) (err error) {
				if used, _, err = tx.UseRecoveryCode(7, code); err == nil && used && i%10 == 0 {
					return errRefused
				}
				return err
			})
			return used, err
		}, errRefused))
		wantRecoveryCodes(t, db, 7, 9-round)
	}
}

// raceOfRecoveryCodes: ten callers use all of a person's codes at once, with the person
// locked as a sign-in does it. One of them is told that none is left.
func raceOfRecoveryCodes(t *testing.T, db store.DB) {
	for round := range 3 {
		ann := create(t, db, newUser(fmt.Sprintf("ann%d", round)))
		codes := newRecoveryCodes()
		replaceRecoveryCodes(t, db, ann.ID, codes)
		var last atomic.Int32
		many(len(codes), func(i int) {
			var used bool
			var left int
			err := db.Write(t.Context(), func(tx store.Tx) (err error) {
				if _, err = tx.LockUser(ann.ID); err != nil {
					return err
				}
				used, left, err = tx.UseRecoveryCode(ann.ID, codes[i])
				return err
			})
			if err != nil || !used {
				t.Errorf("using a code at the same time as others: %t, %v; want true", used, err)
			}
			if left == 0 {
				last.Add(1)
			}
		})
		if n := last.Load(); n != 1 {
			t.Errorf("%d callers were told that none is left, want 1", n)
		}
	}
}

func raceForChallenge(t *testing.T, db store.DB) {
	for range 5 {
		c := newChallenge(7)
		c.Content = []byte("small")
		addChallenge(t, db, c)
		wantOne(t, winners(t, func(i int) (taken bool, err error) {
			err = db.Write(t.Context(), func(tx store.Tx) (err error) {
				if taken, err = tx.TakeChallenge(c.Digest, odd()); err == nil && taken && i%10 == 0 {
					return errRefused
				}
				return err
			})
			return taken, err
		}, errRefused))
	}
}

func raceOfAnswers(t *testing.T, db store.DB) {
	c := newChallenge(7)
	c.Content = []byte("small")
	addChallenge(t, db, c)
	var told [callers + 1]atomic.Int32
	many(callers, func(int) {
		n, err := db.MissChallenge(t.Context(), c.Digest)
		if err != nil || n < 1 || n > callers {
			t.Errorf("missed %d times, %v; want 1 to %d", n, err, callers)
			return
		}
		told[n].Add(1)
	})
	// At most n callers get the number n or a smaller one.
	sum := int32(0)
	for n := range told {
		if sum += told[n].Load(); sum > int32(n) {
			t.Errorf("%d callers got %d misses or fewer, want at most %[2]d callers", sum, n)
		}
	}
	c.Misses = callers
	wantChallenge(t, db, c)
}
