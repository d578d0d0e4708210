package storetest

import (
	"crypto/rand"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/store"
)

func passkeys() []promise {
	return []promise{
		{"a passkey comes back as it was", "AddPasskey PasskeyByID ListPasskeys", passkeyRoundTrip},
		{"a credential is one person's", "AddPasskey", passkeyConflict},
		{"a person has only so many passkeys", "AddPasskey", passkeysBounded},
		{"a counter that went back", "UsePasskey", passkeyCounter},
		{"a passkey without a counter", "UsePasskey", passkeyWithoutCounter},
		{"a passkey gets another name from its owner alone", "RenamePasskey", passkeyRenamed},
		{"a passkey is removed by its owner alone", "RemovePasskey", passkeyRemoved},
		{"passkeys go with their person", "DeleteUser", passkeysDeleted},
	}
}

func newPasskey(userID int64) store.Passkey {
	return store.Passkey{
		ID: []byte(rand.Text() + "\x00\xff' \\"), UserID: userID, Name: "Ünï ✓ phone", Credential: []byte(`{"publicKey":"pQEC","a":"é"}`),
		SignCount: 1<<32 - 2, CreatedAt: odd(), LastUsedAt: odd().Add(time.Hour),
	}
}

func addPasskey(t *testing.T, db store.DB, all ...store.Passkey) {
	t.Helper()
	write(t, db, func(tx store.Tx) error {
		for _, p := range all {
			if err := tx.AddPasskey(p); err != nil {
				return err
			}
		}
		return nil
	})
}

func wantPasskey(t *testing.T, db store.DB, want store.Passkey) {
	t.Helper()
	got, err := db.PasskeyByID(t.Context(), want.ID)
	if err != nil {
		t.Errorf("looking up a passkey: %v, want it found", err)
	}
	same(t, "the passkey", got, want)
}

func passkeyRoundTrip(t *testing.T, db store.DB) {
	ann, ben := create(t, db, newUser("ann")), create(t, db, newUser("ben"))
	first, second, bens := newPasskey(ann.ID), newPasskey(ann.ID), newPasskey(ben.ID)
	filled(t, first)
	second.CreatedAt, second.LastUsedAt, second.SignCount = odd().Add(time.Millisecond), time.Time{}, 0
	bens.ID = []byte(strings.Repeat("\xfe", store.MaxPasskeyID))
	addPasskey(t, db, second, first, bens)
	for _, want := range []store.Passkey{first, second, bens} {
		wantPasskey(t, db, want)
	}
	got, err := db.ListPasskeys(t.Context(), ann.ID)
	if err != nil {
		t.Errorf("listing passkeys: %v, want the list", err)
	}
	same(t, "her passkeys", got, []store.Passkey{first, second})
	for _, odd := range [][]byte{nil, first.ID[1:], append(first.ID, 0)} {
		_, err := db.PasskeyByID(t.Context(), odd)
		wantError(t, "a guess", err, store.ErrNotFound)
	}
}

func passkeyConflict(t *testing.T, db store.DB) {
	ann, ben := create(t, db, newUser("ann")), create(t, db, newUser("ben"))
	anns, other := newPasskey(ann.ID), newPasskey(ben.ID)
	addPasskey(t, db, anns)
	theft := newPasskey(ben.ID)
	theft.ID = anns.ID
	write(t, db, func(tx store.Tx) error {
		wantError(t, "the same credential for another person", tx.AddPasskey(theft), store.ErrConflict)
		return tx.AddPasskey(other)
	})
	wantPasskey(t, db, anns)
	wantPasskey(t, db, other)
}

func passkeysBounded(t *testing.T, db store.DB) {
	ann, ben := create(t, db, newUser("ann")), create(t, db, newUser("ben"))
	for range store.MaxPasskeys {
		addPasskey(t, db, newPasskey(ann.ID))
	}
	write(t, db, func(tx store.Tx) error {
		wantError(t, "one more", tx.AddPasskey(newPasskey(ann.ID)), store.ErrFull)
		return tx.AddPasskey(newPasskey(ben.ID))
	})
}

// usePasskey returns whether the passkey could be used with that counter.
func usePasskey(t *testing.T, db store.DB, p store.Passkey, counter uint32) (used bool, err error) {
	t.Helper()
	p.SignCount = counter
	err = db.Write(t.Context(), func(tx store.Tx) (err error) {
		used, err = tx.UsePasskey(p)
		return err
	})
	return used, err
}

func passkeyCounter(t *testing.T, db store.DB) {
	p := newPasskey(create(t, db, newUser("ann")).ID)
	p.SignCount = 0
	addPasskey(t, db, p)
	p.Credential, p.LastUsedAt = []byte(`{"backupState":true}`), odd().Add(2*time.Hour)
	for _, step := range []struct {
		counter uint32
		want    bool
	}{{7, true}, {7, false}, {6, false}, {0, false}, {8, true}, {1<<32 - 1, true}, {8, false}} {
		if used, err := usePasskey(t, db, p, step.counter); err != nil || used != step.want {
			t.Errorf("using it with the counter %d: %t, %v; want %t", step.counter, used, err, step.want)
		}
	}
	p.SignCount = 1<<32 - 1
	wantPasskey(t, db, p)
	thief := p
	thief.UserID++
	_, err := usePasskey(t, db, thief, 9)
	wantError(t, "another person's", err, store.ErrNotFound)
	thief = p
	thief.ID = []byte("unknown")
	_, err = usePasskey(t, db, thief, 9)
	wantError(t, "an unknown one", err, store.ErrNotFound)
}

func passkeyWithoutCounter(t *testing.T, db store.DB) {
	p := newPasskey(create(t, db, newUser("ann")).ID)
	p.SignCount = 0
	addPasskey(t, db, p)
	for range 3 { // the same time and content again is a use, too
		if used, err := usePasskey(t, db, p, 0); err != nil || !used {
			t.Errorf("using it without a counter: %t, %v; want true", used, err)
		}
	}
}

func passkeyRenamed(t *testing.T, db store.DB) {
	ann, ben := create(t, db, newUser("ann")), create(t, db, newUser("ben"))
	p := newPasskey(ann.ID)
	addPasskey(t, db, p)
	write(t, db, func(tx store.Tx) error {
		wantError(t, "by another person", tx.RenamePasskey(ben.ID, p.ID, "stolen"), store.ErrNotFound)
		wantError(t, "of nothing", tx.RenamePasskey(ann.ID, []byte("none"), "lost"), store.ErrNotFound)
		return errors.Join(tx.RenamePasskey(ann.ID, p.ID, "laptop"), tx.RenamePasskey(ann.ID, p.ID, "laptop"))
	})
	p.Name = "laptop"
	wantPasskey(t, db, p)
}

func passkeyRemoved(t *testing.T, db store.DB) {
	ann, ben := create(t, db, newUser("ann")), create(t, db, newUser("ben"))
	first, second := newPasskey(ann.ID), newPasskey(ann.ID)
	addPasskey(t, db, first, second)
	write(t, db, func(tx store.Tx) error {
		_, err := tx.RemovePasskey(ben.ID, first.ID)
		wantError(t, "by another person", err, store.ErrNotFound)
		for _, want := range []struct {
			id   []byte
			left int
		}{{first.ID, 1}, {second.ID, 0}} {
			if left, err := tx.RemovePasskey(ann.ID, want.id); err != nil || left != want.left {
				t.Errorf("removing a passkey: %d left, %v; want %d", left, err, want.left)
			}
		}
		_, err = tx.RemovePasskey(ann.ID, first.ID)
		wantError(t, "a second time", err, store.ErrNotFound)
		return nil
	})
	_, err := db.PasskeyByID(t.Context(), first.ID)
	wantError(t, "removed", err, store.ErrNotFound)
}

func passkeysDeleted(t *testing.T, db store.DB) {
	ann, ben := create(t, db, newUser("ann")), create(t, db, newUser("ben"))
	anns, bens := newPasskey(ann.ID), newPasskey(ben.ID)
	addPasskey(t, db, anns, bens)
	write(t, db, func(tx store.Tx) error { return tx.DeleteUser(ann.ID) })
	_, err := db.PasskeyByID(t.Context(), anns.ID)
	wantError(t, "hers", err, store.ErrNotFound)
	wantPasskey(t, db, bens)
}

// raceOfCounters: of a passkey and its copies, which show the same counter, one is used.
func raceOfCounters(t *testing.T, db store.DB) {
	p := newPasskey(create(t, db, newUser("ann")).ID)
	p.SignCount = 0
	addPasskey(t, db, p)
	for round := range 5 {
		wantOne(t, winners(t, func(int) (bool, error) { return usePasskey(t, db, p, uint32(round+1)) }))
	}
}

// raceToRemovePasskey: a passkey that is removed while it is used is either used before
// or not found.
func raceToRemovePasskey(t *testing.T, db store.DB) {
	for range 3 {
		p := newPasskey(create(t, db, newUser(strings.ToLower(rand.Text()))).ID)
		p.SignCount = 0
		addPasskey(t, db, p)
		var removed atomic.Int32
		many(callers, func(i int) {
			if i%2 == 0 {
				if _, err := usePasskey(t, db, p, 0); err != nil && !errors.Is(err, store.ErrNotFound) {
					t.Errorf("using a passkey that is being removed: %v, want ErrNotFound at most", err)
				}
				return
			}
			err := db.Write(t.Context(), func(tx store.Tx) error { _, err := tx.RemovePasskey(p.UserID, p.ID); return err })
			if err == nil {
				removed.Add(1)
			} else if !errors.Is(err, store.ErrNotFound) {
				t.Errorf("removing a passkey: %v, want ErrNotFound at most", err)
			}
		})
		if n := removed.Load(); n != 1 {
			t.Errorf("%d callers removed the passkey, want 1", n)
		}
		_, err := db.PasskeyByID(t.Context(), p.ID)
		wantError(t, "afterwards", err, store.ErrNotFound)
	}
}
