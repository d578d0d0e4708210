package password

import (
	"errors"
	"strings"
)

// A stored hash is a hash parsed from its encoded form.
type stored interface {
	// matches hashes password and compares the result.
	matches(h *Hasher, password string) bool
	// outdated reports whether h makes hashes that are harder to break, or of another kind.
	outdated(h *Hasher) bool
	// memoryKiB is the memory that matches needs.
	memoryKiB() uint32
}

// A mintable hash is a stored hash of a kind that Hash makes.
type mintable interface {
	stored
	// of returns the hash of a password with the same salt and cost.
	of(h *Hasher, password string) (mintable, error)
	String() string
}

// fresh returns a hash as Hash makes them, with a salt of its own. No password matches it yet.
func (h *Hasher) fresh() mintable {
	if h.rounds > 0 {
		return freshPBKDF2(h.rounds)
	}
	return freshArgon2(h.cost)
}

var errForeign = errors.New("not a hash that we can verify")

// parse parses an encoded hash: "$argon2id$…" as in the PHC string format, bcrypt's
// "$2b$…", and Django's "algorithm$…".
//
// Hashes may be imported, so parse does not trust the cost that they name. It refuses a
// cost beyond the bounds of its kind, so that a single sign-in cannot occupy the server.
func (h *Hasher) parse(encoded string) (stored, error) {
	const longest = 512 // twice the longest of those below
	if len(encoded) > longest {
		return nil, errForeign
	}
	algorithm, rest, _ := strings.Cut(encoded, "$")
	switch algorithm {
	case "":
		if strings.HasPrefix(rest, "2") {
			return parseBcrypt(encoded, false)
		}
		return parseArgon2(encoded, h.budget.memoryKiB)
	case "argon2":
		return parseArgon2("$"+rest, h.budget.memoryKiB)
	case "pbkdf2_sha256", "pbkdf2_sha1":
		return parsePBKDF2(algorithm, rest)
	case "bcrypt":
		return parseBcrypt(rest, false)
	case "bcrypt_sha256":
		return parseBcrypt(rest, true)
	}
	return nil, errForeign
}
