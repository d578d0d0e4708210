package storetest

import (
	"crypto/rand"
	"testing"
	"time"

	"gatehouse/store"
)

func codes() []promise {
	return []promise{
		{"a code comes back as it was", "AddCode CodeByDigest", codeRoundTrip},
		{"an unknown code is not found", "CodeByDigest UseCode MissCode", noCode},
		{"a digest is given once", "AddCode", func(t *testing.T, db store.DB) {
			c := newCode(create(t, db, newUser("ann")).ID)
			addCode(t, db, c)
			other := newCode(2)
			other.Digest = c.Digest
			wantError(t, "AddCode again", db.AddCode(t.Context(), other), store.ErrConflict)
			same(t, "the first", code(t, db, c.Digest), c)
		}},
		{"a code is used once", "UseCode", codeUsed},
		{"a code is not used by a transaction that failed", "UseCode", codeNotUsed},
		{"wrong verifiers are counted", "MissCode", codeMissed},
		{"sweeping codes", "SweepCodes", sweptCodes},
	}
}

// newCode returns a code with every field filled but UsedAt and Misses.
func newCode(userID int64) store.AuthCode {
	return store.AuthCode{
		Digest: store.DigestOf(rand.Text()), SessionID: rand.Text(), ClientID: "shop", UserID: userID, BrowserID: rand.Text(),
		RedirectURI: "https://a.example/cb?x=[1]&y=\"é\"", Scope: "openid email", Resources: []string{"https://api.example/é"}, Nonce: "n-0S6_Wz✓ A2Mj ", Challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
		SignIn: newSignIn(odd().Add(-time.Hour)), Claims: `{"id_token":{"auth_tïme":{"essential":true}}}`,
		ExpiresAt: odd().Add(time.Minute),
	}
}

func addCode(t *testing.T, db store.DB, codes ...store.AuthCode) {
	t.Helper()
	for _, c := range codes {
		if err := db.AddCode(t.Context(), c); err != nil {
			t.Fatalf("adding the code: %v", err)
		}
	}
}

// code returns the code as it is now.
func code(t *testing.T, db store.DB, d store.Digest) store.AuthCode {
	t.Helper()
	c, err := db.CodeByDigest(t.Context(), d)
	if err != nil {
		t.Fatalf("looking up the code: %v", err)
	}
	return c
}

func useCode(t *testing.T, db store.DB, d store.Digest, at time.Time) (used bool) {
	t.Helper()
	write(t, db, func(tx store.Tx) (err error) {
		used, err = tx.UseCode(d, at)
		return err
	})
	return used
}

func codeRoundTrip(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	used := newCode(ann.ID)
	used.UsedAt, used.Misses = odd().Add(time.Second), 2
	filled(t, used, "Foundation", "Withdrawn")
	for _, want := range []store.AuthCode{newCode(ann.ID), used, {Digest: store.DigestOf("bare"), UserID: ann.ID}} {
		addCode(t, db, want)
		same(t, "code", code(t, db, want.Digest), want)
	}
}

func noCode(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	c := newCode(ann.ID)
	addCode(t, db, c)
	guess := store.DigestOf("guess")
	_, err := db.CodeByDigest(t.Context(), guess)
	wantError(t, "CodeByDigest", err, store.ErrNotFound)
	_, err = db.MissCode(t.Context(), guess)
	wantError(t, "MissCode", err, store.ErrNotFound)
	if useCode(t, db, guess, odd()) {
		t.Error("a guess was accepted as a code, want a refusal")
	}
	same(t, "the code", code(t, db, c.Digest), c)
}

func codeUsed(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	c, other := newCode(ann.ID), newCode(ann.ID)
	c.ExpiresAt = odd().Add(-time.Hour) // the store does not check it
	addCode(t, db, c, other)
	if !useCode(t, db, c.Digest, odd()) || useCode(t, db, c.Digest, odd().Add(time.Second)) {
		t.Error("the code was not used exactly once, want exactly once")
	}
	c.UsedAt = odd()
	same(t, "the code", code(t, db, c.Digest), c)
	same(t, "another", code(t, db, other.Digest), other)
}

func codeNotUsed(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	c := newCode(ann.ID)
	addCode(t, db, c)
	err := db.Write(t.Context(), func(tx store.Tx) error {
		if used, err := tx.UseCode(c.Digest, odd()); err != nil || !used {
			t.Errorf("used: %t, %v; want true", used, err)
		}
		return errRefused
	})
	wantError(t, "Write", err, errRefused)
	same(t, "the code", code(t, db, c.Digest), c)
}

func codeMissed(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	c, other := newCode(ann.ID), newCode(ann.ID)
	addCode(t, db, c, other)
	for want := 1; want <= 4; want++ {
		if n, err := db.MissCode(t.Context(), c.Digest); err != nil || n != want {
			t.Errorf("missed %d times, %v; want %d", n, err, want)
		}
	}
	c.Misses = 4
	same(t, "the code", code(t, db, c.Digest), c)
	same(t, "another", code(t, db, other.Digest), other)
}

func sweptCodes(t *testing.T, db store.DB) {
	ann := create(t, db, newUser("ann"))
	kept := newCode(ann.ID)
	kept.ExpiresAt = odd()
	addCode(t, db, kept)
	for i := range 3 {
		old := newCode(ann.ID)
		old.ExpiresAt = odd().Add(-time.Millisecond)
		if i == 0 {
			old.UsedAt = odd()
		}
		addCode(t, db, old)
	}
	wantSwept(t, func(n int) (int64, error) { return db.SweepCodes(t.Context(), odd(), n) }, 2, 1, 0)
	same(t, "kept", code(t, db, kept.Digest), kept)
}

// wantSwept sweeps two at a time, and wants each sweep to delete that many.
func wantSwept(t *testing.T, sweep func(n int) (int64, error), each ...int64) {
	t.Helper()
	for _, want := range each {
		if n, err := sweep(2); err != nil || n != want {
			t.Errorf("swept %d, %v; want %d", n, err, want)
		}
	}
}
