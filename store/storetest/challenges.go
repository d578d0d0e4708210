package storetest

import (
	"bytes"
	"crypto/rand"
	"testing"
	"time"

	"gatehouse/store"
)

func challenges() []promise {
	return []promise{
		{"a challenge comes back as it was", "AddChallenge ChallengeByDigest", challengeRoundTrip},
		{"an unknown challenge", "ChallengeByDigest MissChallenge TakeChallenge", noChallenge},
		{"a digest is given once", "AddChallenge", challengeConflict},
		{"a person may have so many of a kind", "AddChallenge", challengeRoom},
		{"a challenge expires", "ChallengeByDigest TakeChallenge", challengeExpired},
		{"a challenge is taken once", "TakeChallenge", challengeTaken},
		{"wrong answers are counted", "MissChallenge", challengeMissed},
		{"sweeping challenges", "SweepChallenges", sweptChallenges},
	}
}

// newChallenge returns a challenge with every field filled but Misses.
func newChallenge(userID int64) store.Challenge {
	return store.Challenge{
		Digest: store.DigestOf(rand.Text()), Kind: "signin", UserID: userID, ClientID: "shop", Generation: 1 << 41,
		Content: append([]byte("é\x00"), bytes.Repeat([]byte("x"), 60_000)...), CreatedAt: odd(), ExpiresAt: odd().Add(5 * time.Minute),
	}
}

func addChallenge(t *testing.T, db store.DB, all ...store.Challenge) {
	t.Helper()
	for _, c := range all {
		if err := db.AddChallenge(t.Context(), c, odd(), 0); err != nil {
			t.Fatalf("adding the challenge: %v", err)
		}
	}
}

func wantChallenge(t *testing.T, db store.DB, c store.Challenge) {
	t.Helper()
	got, err := db.ChallengeByDigest(t.Context(), c.Digest, odd())
	if err != nil {
		t.Fatalf("looking up the challenge: %v", err)
	}
	same(t, "the challenge", got, c)
}

func takeChallenge(t *testing.T, db store.DB, d store.Digest, at time.Time) bool {
	t.Helper()
	return doneInTx(t, db, func(tx store.Tx) (bool, error) { return tx.TakeChallenge(d, at) })
}

func challengeRoundTrip(t *testing.T, db store.DB) {
	c := newChallenge(7)
	filled(t, c, "Misses")
	nobodys := newChallenge(0)
	nobodys.ClientID, nobodys.Generation, nobodys.Content = "", 0, []byte("{}")
	addChallenge(t, db, c, nobodys)
	wantChallenge(t, db, c)
	wantChallenge(t, db, nobodys)
}

func noChallenge(t *testing.T, db store.DB) {
	d := store.DigestOf("none")
	_, err := db.ChallengeByDigest(t.Context(), d, odd())
	wantError(t, "ChallengeByDigest", err, store.ErrNotFound)
	if n, err := db.MissChallenge(t.Context(), d); n != 0 || err != nil {
		t.Errorf("MissChallenge: %d, %v; want 0", n, err)
	}
	wantReport(t, "TakeChallenge", takeChallenge(t, db, d, odd()), false)
}

func challengeConflict(t *testing.T, db store.DB) {
	c, other := newChallenge(7), newChallenge(8)
	addChallenge(t, db, c)
	other.Digest = c.Digest
	wantError(t, "AddChallenge again", db.AddChallenge(t.Context(), other, odd(), 0), store.ErrConflict)
	wantChallenge(t, db, c)
}

func challengeRoom(t *testing.T, db store.DB) {
	add := func(c store.Challenge) error { return db.AddChallenge(t.Context(), c, odd(), 3) }
	expired, otherKind := newChallenge(7), newChallenge(7)
	expired.ExpiresAt, otherKind.Kind = odd(), "passkey"
	addChallenge(t, db, expired, expiredCopy(expired), otherKind, newChallenge(8), newChallenge(8), newChallenge(8))
	for range 3 {
		if err := add(newChallenge(7)); err != nil {
			t.Fatalf("adding a challenge within the bound: %v", err)
		}
	}
	wantError(t, "one more", add(newChallenge(7)), store.ErrFull)
	if err := add(newChallenge(9)); err != nil {
		t.Errorf("adding another person's: %v, want no error", err)
	}
}

// expiredCopy returns c under another digest.
func expiredCopy(c store.Challenge) store.Challenge {
	c.Digest = store.DigestOf(rand.Text())
	return c
}

func challengeExpired(t *testing.T, db store.DB) {
	c := newChallenge(7)
	addChallenge(t, db, c)
	_, err := db.ChallengeByDigest(t.Context(), c.Digest, c.ExpiresAt)
	wantError(t, "ChallengeByDigest at the end", err, store.ErrNotFound)
	wantReport(t, "taking it at the end", takeChallenge(t, db, c.Digest, c.ExpiresAt), false)
	wantReport(t, "taking it before", takeChallenge(t, db, c.Digest, c.ExpiresAt.Add(-time.Millisecond)), true)
}

func challengeTaken(t *testing.T, db store.DB) {
	c, kept := newChallenge(7), newChallenge(7)
	addChallenge(t, db, c, kept)
	err := db.Write(t.Context(), func(tx store.Tx) error {
		if _, err := tx.TakeChallenge(c.Digest, odd()); err != nil {
			return err
		}
		return errRefused
	})
	wantError(t, "a transaction that failed", err, errRefused)
	wantChallenge(t, db, c)
	wantReport(t, "the first time", takeChallenge(t, db, c.Digest, odd()), true)
	wantReport(t, "the second time", takeChallenge(t, db, c.Digest, odd()), false)
	wantChallenge(t, db, kept)
}

func challengeMissed(t *testing.T, db store.DB) {
	c, other := newChallenge(7), newChallenge(7)
	addChallenge(t, db, c, other)
	for want := range 3 {
		if n, err := db.MissChallenge(t.Context(), c.Digest); err != nil || n != want+1 {
			t.Errorf("missed %d times, %v; want %d", n, err, want+1)
		}
	}
	c.Misses = 3
	wantChallenge(t, db, c)
	wantChallenge(t, db, other)
}

func sweptChallenges(t *testing.T, db store.DB) {
	kept := newChallenge(7)
	kept.ExpiresAt = odd().Add(time.Millisecond)
	addChallenge(t, db, kept)
	for range 3 {
		c := newChallenge(7)
		c.ExpiresAt = odd().Add(-time.Millisecond)
		addChallenge(t, db, c)
	}
	wantSwept(t, func(n int) (int64, error) { return db.SweepChallenges(t.Context(), odd(), n) }, 2, 1, 0)
	wantChallenge(t, db, kept)
}
