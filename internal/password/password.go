// Package password keeps people's passwords: it hashes them with argon2id,
// checks them against hashes of ours and of Django's, and says which are too
// weak to be accepted.
//
// Hashing is meant to be dear, so it happens within a budget of memory and of
// cores: see Options. What it costs does not depend on whether there is such an
// account; the caller without a hash asks VerifyNobody.
//
// A password is a string of bytes, exactly as typed: never trimmed, never
// normalised. Django normalises none either, so that "é" in one and in two code
// points are different passwords in the hashes that come from there.
package password

import (
	"context"
	"crypto/rand"
	"fmt"
	"runtime/debug"
	"time"

	"golang.org/x/crypto/argon2"
)

// MaxBytes is the length of the longest password: more
// than any passphrase, and little enough to hash. A longer one is never right.
const MaxBytes = 1024

// Options are the cost of a hash and the budget for all of them together.
type Options struct {
	// MemoryKiB and Iterations are argon2id's m and t, and BudgetMiB bounds the memory
	// of all hashes at work. They are settings, whose defaults and bounds config owns.
	MemoryKiB, Iterations, BudgetMiB int

	// Those below have a default, which zero stands for.

	// Parallelism is argon2id's p. The default is 1, as in the OWASP Password Storage
	// Cheat Sheet.
	Parallelism int
	// MaxParallel bounds the number of hashes at work. By default it is what the
	// budget has room for, but one core less than there are: a flood of sign-ins
	// leaves that one to everything else.
	MaxParallel int

	// Wait is how long a caller waits for its turn (2 s), and MaxWaiting how many
	// may (16, and 64 for each hash at work, which is about what they get done in that time). The others are turned away with *Busy.
	Wait       time.Duration
	MaxWaiting int
}

// A Hasher hashes and verifies passwords.
type Hasher struct {
	cost   cost
	budget *budget
	// argon2id is argon2.IDKey; tests count what it is asked for.
	argon2id func(password, salt []byte, iterations, memoryKiB uint32, threads uint8, keyBytes uint32) []byte
	// free is debug.FreeOSMemory.
	free func()
}

// New returns a Hasher.
func New(o Options) *Hasher {
	o = o.withDefaults()
	return &Hasher{
		cost: cost{
			memoryKiB:  uint32(o.MemoryKiB),  //nolint:gosec // G115: config bounds it far below
			iterations: uint32(o.Iterations), //nolint:gosec // G115: likewise
			threads:    uint8(o.Parallelism), //nolint:gosec // G115: likewise
		},
		budget:   newBudget(o),
		argon2id: argon2.IDKey,
		free:     debug.FreeOSMemory,
	}
}

// Hash returns the encoded hash of a new password. The error is *Busy, or ctx's,
// or that the password is too long, which Policy tells the person.
func (h *Hasher) Hash(ctx context.Context, password string) (encoded string, err error) {
	if len(password) > MaxBytes {
		return "", fmt.Errorf("hashing a password: %d bytes are more than %d", len(password), MaxBytes)
	}
	salt := make([]byte, saltBytes)
	rand.Read(salt) // since Go 1.24 it does not return without success
	fresh := argon2Hash{cost: h.cost, salt: salt}
	err = h.budget.spend(ctx, h.cost.memoryKiB, func() {
		fresh.key = h.derive(password, fresh, keyBytes)
	})
	if err != nil {
		return "", err
	}
	return fresh.String(), nil
}

// Verify reports whether password is the one that was hashed, and if so whether
// it ought to be hashed again because encoded is weaker than what Hash makes. A
// hash that no password can have (a foreign kind, Django's "!", damage, absurd
// cost) is never right, and takes as long as one of ours that is wrong.
//
// The error is *Busy or ctx's: then nothing is known.
func (h *Hasher) Verify(ctx context.Context, encoded, password string) (ok, rehash bool, err error) {
	if len(password) > MaxBytes {
		return false, false, nil
	}
	stored, err := h.parse(encoded)
	if err != nil {
		return false, false, h.VerifyNobody(ctx, password)
	}
	err = h.budget.spend(ctx, stored.memoryKiB(), func() { ok = stored.matches(h, password) })
	if err != nil {
		return false, false, err
	}
	return ok, ok && stored.weakerThan(h.cost), nil
}

// VerifyNobody does the work of a Verify that fails, for a name that is nobody's:
// otherwise the time would tell which names are somebody's.
func (h *Hasher) VerifyNobody(ctx context.Context, password string) error {
	if len(password) > MaxBytes {
		return nil
	}
	nobody := argon2Hash{cost: h.cost, salt: make([]byte, saltBytes), key: make([]byte, keyBytes)}
	return h.budget.spend(ctx, h.cost.memoryKiB, func() { nobody.matches(h, password) })
}
