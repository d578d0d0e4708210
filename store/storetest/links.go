package storetest

import (
	"crypto/rand"
	"fmt"
	"testing"
	"time"

	"gatehouse/store"
)

func links() []promise {
	return []promise{
		{"a link comes back as it was, until it is used", "PutLink LinkByDigest UseLink", linkRoundTrip},
		{"a link to a person that has expired", "LinkByDigest UseLink", personalLinkExpired},
		{"a link is used only if the rest succeeds", "UseLink", linkUseUndone},
		{"a link that is older than an epoch", "LinkByDigest UseLink BeginEpoch", linkBeforeEpoch},
		{"a new link replaces the one before", "PutLink", linkReplaced},
		{"sweeping links to people", "SweepLinks", sweptPersonalLinks},
	}
}

// newLink returns a link to a person with every field filled.
func newLink(userID int64) store.Link {
	return store.Link{
		Digest: store.DigestOf(rand.Text()), Purpose: store.LinkReset, UserID: userID, Address: "ann@Exämple.com", AddressKey: "ann@xn--exmple-cua.com",
		Generation: 7, CreatedAt: odd().Add(-time.Minute), ExpiresAt: odd().Add(time.Millisecond),
	}
}

func putLink(t *testing.T, db store.DB, all ...store.Link) {
	t.Helper()
	for _, l := range all {
		write(t, db, func(tx store.Tx) error { return tx.PutLink(l) })
	}
}

// wantLinks wants these of the links, and no others, to work.
func wantLinks(t *testing.T, db store.DB, want map[store.Digest]bool) {
	t.Helper()
	for digest, there := range want {
		_, err := db.LinkByDigest(t.Context(), digest, odd())
		if (err == nil) != there {
			t.Errorf("looking up a link: %v, want it there: %t", err, there)
		}
		if err != nil {
			wantError(t, "LinkByDigest", err, store.ErrNotFound)
		}
	}
}

func useLink(t *testing.T, db store.DB, d store.Digest, at time.Time) (used bool) {
	t.Helper()
	write(t, db, func(tx store.Tx) (err error) {
		used, err = tx.UseLink(d, at)
		return err
	})
	return used
}

func linkRoundTrip(t *testing.T, db store.DB) {
	l := newLink(7)
	filled(t, l)
	bare := store.Link{Digest: store.DigestOf("bare"), Purpose: store.LinkSignUp, ExpiresAt: l.ExpiresAt}
	putLink(t, db, l, bare)
	for _, want := range []store.Link{l, bare} {
		got, err := db.LinkByDigest(t.Context(), want.Digest, odd())
		if err != nil {
			t.Errorf("looking up the link: %v", err)
		}
		same(t, "link", got, want)
	}
	if useLink(t, db, store.DigestOf("guess"), odd()) {
		t.Error("a guess was used as a link, want a refusal")
	}
	for _, want := range []bool{true, false} {
		if used := useLink(t, db, l.Digest, odd()); used != want {
			t.Errorf("using the link: %t, want %t", used, want)
		}
	}
	wantLinks(t, db, map[store.Digest]bool{l.Digest: false, bare.Digest: true})
}

func personalLinkExpired(t *testing.T, db store.DB) {
	l := newLink(7)
	putLink(t, db, l)
	if _, err := db.LinkByDigest(t.Context(), l.Digest, l.ExpiresAt); err == nil {
		t.Error("an expired link was found, want ErrNotFound")
	}
	if useLink(t, db, l.Digest, l.ExpiresAt) {
		t.Error("an expired link was used, want a refusal")
	}
}

func linkBeforeEpoch(t *testing.T, db store.DB) {
	old, later := newLink(7), newLink(8)
	later.CreatedAt = odd().Add(time.Minute)
	putLink(t, db, old, later)
	write(t, db, func(tx store.Tx) error {
		_, err := tx.BeginEpoch(odd())
		return err
	})
	wantLinks(t, db, map[store.Digest]bool{old.Digest: false, later.Digest: true})
	if useLink(t, db, old.Digest, odd()) || !useLink(t, db, later.Digest, odd()) {
		t.Error("the older link was used or the later one was not, want the opposite")
	}
}

func linkUseUndone(t *testing.T, db store.DB) {
	l := newLink(7)
	putLink(t, db, l)
	err := db.Write(t.Context(), func(tx store.Tx) error {
		if used, err := tx.UseLink(l.Digest, odd()); err != nil || !used {
			t.Errorf("using the link: %t, %v; want true", used, err)
		}
		return errRefused
	})
	wantError(t, "Write", err, errRefused)
	wantLinks(t, db, map[store.Digest]bool{l.Digest: true})
}

func linkReplaced(t *testing.T, db store.DB) {
	old, later, verify, other := newLink(7), newLink(7), newLink(7), newLink(8)
	verify.Purpose = store.LinkVerify
	newcomer, again, another := newLink(0), newLink(0), newLink(0)
	another.AddressKey = "another@example.com"
	putLink(t, db, old, verify, other, newcomer, another, later, again)
	wantLinks(t, db, map[store.Digest]bool{
		old.Digest: false, later.Digest: true, verify.Digest: true, other.Digest: true,
		newcomer.Digest: false, again.Digest: true, another.Digest: true,
	})
}

func sweptPersonalLinks(t *testing.T, db store.DB) {
	kept := newLink(7)
	putLink(t, db, kept)
	for id := range int64(3) {
		l := newLink(id + 8)
		l.ExpiresAt = odd().Add(-time.Millisecond)
		putLink(t, db, l)
	}
	wantSwept(t, func(n int) (int64, error) { return db.SweepLinks(t.Context(), odd(), n) }, 2, 1, 0)
	wantLinks(t, db, map[store.Digest]bool{kept.Digest: true})
}

// raceForPersonalLink: some callers who use the link fail afterwards, which leaves it to
// another.
func raceForPersonalLink(t *testing.T, db store.DB) {
	for range 5 {
		l := newLink(7)
		putLink(t, db, l)
		wantOne(t, winners(t, func(i int) (used bool, err error) {
			err = db.Write(t.Context(), func(tx store.Tx) (err error) {
				if used, err = tx.UseLink(l.Digest, odd()); err == nil && used && i%10 == 0 {
					return errRefused
				}
				return err
			})
			return used, err
		}, errRefused))
	}
}

// raceOfLinks: links to one person are made with the person locked.
func raceOfLinks(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	made := make([]store.Link, callers)
	many(callers, func(i int) {
		made[i] = newLink(ann.ID)
		err := db.Write(t.Context(), func(tx store.Tx) error {
			if _, err := tx.LockUser(ann.ID); err != nil {
				return err
			}
			return tx.PutLink(made[i])
		})
		if err != nil {
			t.Errorf("making a link at the same time: %v", err)
		}
	})
	var left []string
	for i, l := range made {
		if _, err := db.LinkByDigest(t.Context(), l.Digest, odd()); err == nil {
			left = append(left, fmt.Sprint(i))
		}
	}
	if len(left) != 1 {
		t.Errorf("the links %v work, want one", left)
	}
}
