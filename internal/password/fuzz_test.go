package password

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"
)

// A foreign hash names its own cost. FuzzParse checks that an accepted hash has a
// cost within the bounds, and that no hashing happens before that is checked.
func FuzzParse(f *testing.F) {
	key, salt := base64.RawStdEncoding.EncodeToString(make([]byte, 32)), base64.RawStdEncoding.EncodeToString(make([]byte, 16))
	argon := func(cost string) string { return "$argon2id$v=19$" + cost + "$" + salt + "$" + key }
	for _, s := range []string{
		argon("m=65536,t=2,p=1"), argon("m=4294967295,t=1,p=1"), argon("m=65536,t=4294967295,p=1"), argon("m=65536,t=1,p=255"), argon("m=8,t=1,p=0"), argon("m=-1,t=1,p=1"), argon("m=065536,t=2,p=1"), argon("m=64,t=1,p=1,keyid=x"),
		"argon2" + argon("m=64,t=1,p=1"), "pbkdf2_sha256$1200000$salt$" + base64.StdEncoding.EncodeToString(make([]byte, 32)), "pbkdf2_sha256$2147483647$salt$" + base64.StdEncoding.EncodeToString(make([]byte, 32)),
		"pbkdf2_sha1$1$$" + base64.StdEncoding.EncodeToString(make([]byte, 20)), "pbkdf2_sha256$1$salt$", "pbkdf2_sha256$+1$s$" + base64.StdEncoding.EncodeToString(make([]byte, 32)),
		"$2b$31$" + strings.Repeat("a", 53), "$2b$10$" + strings.Repeat("a", 53), "bcrypt$$2b$04$" + strings.Repeat("a", 53), "bcrypt_sha256$$2y$99$" + strings.Repeat("a", 53), "", "$", "md5$s$x", "!",
	} {
		f.Add(s)
	}
	h, _ := cheap(Options{BudgetMiB: 1})
	f.Fuzz(func(t *testing.T, encoded string) {
		known, err := h.parse(encoded)
		if err != nil {
			return
		}
		if err := withinBounds(h, known); err != nil || len(encoded) > 512 {
			t.Errorf("%q was accepted: %v", encoded, err)
		}
	})
}

func withinBounds(h *Hasher, known stored) error {
	if known.memoryKiB() > h.budget.memoryKiB {
		return fmt.Errorf("uses %d KiB, want at most %d", known.memoryKiB(), h.budget.memoryKiB)
	}
	switch k := known.(type) {
	case argon2Hash:
		if k.cost.iterations > maxArgon2Iterations || k.cost.threads < 1 || k.cost.threads > maxArgon2Threads || len(k.key) < minArgon2KeyBytes || len(k.key) > maxArgon2KeyBytes {
			return fmt.Errorf("costs %+v, want it within the bounds", k.cost)
		}
	case pbkdf2Hash:
		if k.iterations < 1 || k.iterations > maxPBKDF2Iterations || len(k.key) != k.digest().Size() {
			return fmt.Errorf("%d iterations, %d bytes", k.iterations, len(k.key))
		}
	case bcryptHash:
		if rounds, err := bcrypt.Cost(k.encoded); err != nil || rounds > maxBcryptRounds {
			return fmt.Errorf("%d rounds, %w", rounds, err)
		}
	}
	return nil
}
