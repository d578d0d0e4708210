package password

import (
	"errors"
	"strings"
)

// A stored hash is one that was read from its encoded form.
type stored interface {
	// matches does the work.
	matches(h *Hasher, password string) bool
	// weakerThan reports whether a hash of cost c would be harder to break.
	weakerThan(c cost) bool
	// memoryKiB is what matches needs.
	memoryKiB() uint32
}

var errForeign = errors.New("not a hash that we can verify")

// parse reads an encoded hash: "$argon2id$…" as in the PHC string format, bcrypt's
// "$2b$…", and Django's "algorithm$…".
//
// Hashes are imported, so the cost that one names is not trusted: past the bounds
// of its kind it is refused, lest a single sign-in occupy the server.
func (h *Hasher) parse(encoded string) (stored, error) {
	const longest = 512 // twice any of those below
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
