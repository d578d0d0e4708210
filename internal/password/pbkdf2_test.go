package password

import (
	"crypto/fips140"
	"strings"
	"testing"

	"gatehouse/internal/test/testkit"
)

// TestTheKindOfHashIsRenewedEitherWay: who changes the setting has the hashes of all who sign
// in changed, and of nobody else.
func TestTheKindOfHashIsRenewedEitherWay(t *testing.T) {
	argon, _ := cheap(Options{})
	standard, done := cheap(Options{PBKDF2: true})
	const password = "seven green lanterns"
	for _, c := range []struct {
		name         string
		made, reader *Hasher
		rehash       bool
	}{
		{"argon2id, read where argon2id is made", argon, argon, false},
		{"argon2id, read where PBKDF2 is made", argon, standard, true},
		{"PBKDF2, read where argon2id is made", standard, argon, true},
		{"PBKDF2, read where PBKDF2 is made", standard, standard, false},
	} {
		encoded, err := c.made.Hash(t.Context(), password)
		if err != nil {
			t.Fatalf("hashing the password: %v", err)
		}
		if ok, rehash := verify(t, c.reader, encoded, password); !ok || rehash != c.rehash {
			t.Errorf("%s: it verifies: %t, hash again: %t, want true and %t", c.name, ok, rehash, c.rehash)
		}
		if ok, rehash := verify(t, c.reader, encoded, "eight green lanterns"); ok || rehash {
			t.Errorf("%s: a wrong password verifies: %t, hash again: %t, want neither", c.name, ok, rehash)
		}
	}
	done.derived = nil
	if err := standard.VerifyNobody(t.Context(), password); err != nil || len(done.derived) > 0 {
		t.Errorf("a name without an account took %d argon2id hashes, %v; want one of PBKDF2, as for one with an account", len(done.derived), err)
	}
}

func TestPBKDF2IsWhatDjangoReads(t *testing.T) {
	h := New(ordinary(Options{PBKDF2: true}))
	encoded, again := h.fresh().String(), h.fresh().String()
	fields := strings.Split(encoded, "$")
	if len(fields) != 4 || fields[0] != "pbkdf2_sha256" || fields[1] != "600000" || len(fields[2]) < minPBKDF2SaltBytes || again == encoded {
		t.Errorf("a new hash is %s, want pbkdf2_sha256$600000$salt$key with a salt of its own", encoded)
	}
}

// TestPBKDF2TakesCoresAndNoMemory: a small memory budget does not slow it down, and yet
// bounds the argon2id hashes that are left.
func TestPBKDF2TakesCoresAndNoMemory(t *testing.T) {
	o := ordinary(Options{PBKDF2: true, BudgetMiB: 20, MaxParallel: 4})
	b := newBudget(o.withDefaults())
	if slots := b.slotsFor(freshPBKDF2(1).memoryKiB()); slots != 1 || b.count != 4 {
		t.Errorf("PBKDF2 takes %d of %d slots, want 1 of 4", slots, b.count)
	}
	if slots := b.slotsFor(19456); slots != 4 {
		t.Errorf("argon2id of 19 MiB takes %d slots of 5 MiB each, want 4", slots)
	}
}

// TestHashesUnderFIPS140: argon2id and bcrypt still verify, so that their owners can sign in
// and have them replaced. PBKDF2 that crypto/pbkdf2 refuses matches nothing.
func TestHashesUnderFIPS140(t *testing.T) {
	if !testkit.OnlyFIPS(t) {
		return
	}
	h, _ := cheap(Options{PBKDF2: true})
	for _, v := range vectors(t) {
		if strings.Contains(v.Encoded, "0000$") {
			continue // expensive, and otherwise the same as those of 1000 iterations
		}
		fields := strings.Split(v.Encoded, "$")
		refused := fields[0] == pbkdf2SHA1 || fields[0] == pbkdf2SHA256 && len(fields[2]) < minPBKDF2SaltBytes
		if ok, rehash := verify(t, h, v.Encoded, v.Password); ok == refused || rehash != ok {
			t.Errorf("%s verifies: %t, hash again: %t, want %t twice", v.Encoded, ok, rehash, !refused)
		}
	}
	encoded, err := h.Hash(t.Context(), "seven green lanterns")
	if err != nil {
		t.Fatalf("hashing the password: %v", err)
	}
	if ok, rehash := verify(t, h, encoded, "seven green lanterns"); !ok || rehash || !fips140.Enforced() {
		t.Errorf("%s verifies: %t, hash again: %t, want true and false", encoded, ok, rehash)
	}
}
