// Package password hashes passwords with argon2id or PBKDF2, verifies them against our
// own hashes and Django's, and decides which passwords are too weak to be accepted.
//
// Hashing is expensive on purpose, so it has a budget of memory and cores: see
// Options. Its cost does not depend on whether an account exists; a caller without a
// hash calls VerifyNobody.
//
// A password is never trimmed. It is hashed in Unicode's form NFC (RFC 8265 §4.2.1, NIST
// SP 800-63B-4 §3.1.1.2), because one keyboard types "é" as one code point and another as
// two. Django hashes passwords as they were typed, so a password that does not match in
// NFC is tried as typed, and then hashed again.
package password

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/text/unicode/norm"
)

// MaxBytes is the length of the longest password: longer than any passphrase, yet
// short enough to hash. A longer one never matches.
const MaxBytes = 1024

// Options are the cost of a hash and the budget for all of them together.
type Options struct {
	// MemoryKiB and Iterations are argon2id's m and t. BudgetMiB bounds the memory of
	// all hashes in progress. They are settings; config owns their defaults and bounds.
	MemoryKiB, Iterations, BudgetMiB int
	// PBKDF2 is set if new passwords are hashed with PBKDF2 instead.
	PBKDF2 bool

	// In the fields below, zero stands for the default.

	// Parallelism is argon2id's p. The default is 1, as in the OWASP Password Storage
	// Cheat Sheet.
	Parallelism int
	// MaxParallel bounds the number of hashes in progress. By default it is what the
	// budget has room for, but at most one less than the number of cores: a flood of
	// sign-ins leaves one core to everything else, and more while that needs it (pressure).
	MaxParallel int

	// Wait is how long a caller waits for its turn (2 s). MaxWaiting is how many callers
	// may wait (16, plus 64 for each hash in progress, about as many as are served in
	// that time). Others are turned away with *Busy.
	Wait       time.Duration
	MaxWaiting int

	// Network returns the network of a caller. Networks take turns, and share the room to
	// wait (queue). By default all callers are of one.
	Network func(context.Context) string
}

// A Hasher hashes and verifies passwords.
type Hasher struct {
	cost cost
	// rounds are those of PBKDF2; 0: new passwords are hashed with argon2id.
	rounds   int
	budget   *budget
	memories memories
	// argon2id is memories.idKey; tests count its calls.
	argon2id func(password, salt []byte, iterations, memoryKiB uint32, threads uint8, keyBytes uint32) []byte
	// drop is memories.drop; tests count its calls.
	drop func()
}

// New returns a Hasher.
func New(o Options) *Hasher {
	o = o.withDefaults()
	h := &Hasher{
		cost: cost{
			memoryKiB:  uint32(o.MemoryKiB),  //nolint:gosec // G115: config bounds it far below
			iterations: uint32(o.Iterations), //nolint:gosec // G115: likewise
			threads:    uint8(o.Parallelism), //nolint:gosec // G115: likewise
		},
		budget: newBudget(o),
	}
	if o.PBKDF2 {
		h.rounds = pbkdf2Iterations
	}
	h.memories.keepKiB = h.cost.memoryKiB
	h.argon2id, h.drop = h.memories.idKey, h.memories.drop
	return h
}

// Hash returns the encoded hash of a new password. It fails with *Busy, with ctx's
// error, or because the password is too long; Policy tells the person about that first.
func (h *Hasher) Hash(ctx context.Context, password string) (encoded string, err error) {
	if len(password) > MaxBytes {
		return "", fmt.Errorf("hashing a password: %d bytes are more than %d", len(password), MaxBytes)
	}
	fresh := h.fresh()
	var fault error
	err = h.budget.spend(ctx, fresh.memoryKiB(), func() { fresh, fault = fresh.of(h, norm.NFC.String(password)) })
	if err != nil {
		return "", err
	}
	if fault != nil {
		return "", fmt.Errorf("hashing a password: %w", fault)
	}
	return fresh.String(), nil
}

// Verify reports whether password is the one that was hashed. If so, rehash reports
// whether it should be hashed again, because encoded is weaker than what Hash makes or of
// another kind, or is of a form other than NFC. A hash that cannot be verified (a foreign kind, Django's "!", damage, an absurd cost)
// never matches, and takes as long as a wrong password against one of our hashes.
//
// On an error, which is *Busy or ctx's, the result is unknown.
func (h *Hasher) Verify(ctx context.Context, encoded, password string) (ok, rehash bool, err error) {
	if len(password) > MaxBytes {
		return false, false, nil
	}
	stored, err := h.parse(encoded)
	if err != nil {
		return false, false, h.VerifyNobody(ctx, password)
	}
	var asTyped bool
	err = h.budget.spend(ctx, stored.memoryKiB(), func() { ok, asTyped = h.matches(stored, password) })
	if err != nil {
		return false, false, err
	}
	return ok, ok && (asTyped || stored.outdated(h)), nil
}

// matches tries the password in NFC, and then as it was typed if that is another form.
func (h *Hasher) matches(s stored, password string) (ok, asTyped bool) {
	nfc := norm.NFC.String(password)
	if s.matches(h, nfc) {
		return true, false
	}
	asTyped = nfc != password && s.matches(h, password)
	return asTyped, asTyped
}

// VerifyNobody does the work of a Verify that fails. Callers use it for a name without
// an account, because otherwise the time would reveal which names have one.
func (h *Hasher) VerifyNobody(ctx context.Context, password string) error {
	if len(password) > MaxBytes {
		return nil
	}
	nobody := h.fresh()
	return h.budget.spend(ctx, nobody.memoryKiB(), func() { h.matches(nobody, password) })
}
