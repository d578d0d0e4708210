package password

import (
	"crypto/fips140"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // G505: within PBKDF2-HMAC, where its collisions do not matter, and re-hashed at the next sign-in
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"hash"
	"strconv"
	"strings"
)

const (
	// pbkdf2Iterations is what the OWASP Password Storage Cheat Sheet advises for
	// PBKDF2-HMAC-SHA256 where FIPS 140 demands it.
	pbkdf2Iterations = 600_000
	// maxPBKDF2Iterations allows about a second of one core. Django 6.0 uses 1,200,000.
	maxPBKDF2Iterations = 4_000_000
	// minPBKDF2SaltBytes is 128 bits (SP 800-132 §5.1).
	minPBKDF2SaltBytes = 16
)

// The names of Django, whose format we write, too: another program can read our hashes, and
// a release that does not make them can verify them.
const (
	pbkdf2SHA256 = "pbkdf2_sha256"
	pbkdf2SHA1   = "pbkdf2_sha1"
)

// A pbkdf2Hash is "pbkdf2_sha256$iterations$salt$key" or pbkdf2_sha1.
type pbkdf2Hash struct {
	algorithm  string
	iterations int
	salt, key  []byte
}

func freshPBKDF2(rounds int) pbkdf2Hash {
	return pbkdf2Hash{pbkdf2SHA256, rounds, []byte(rand.Text()), make([]byte, sha256.Size)}
}

func (p pbkdf2Hash) digest() hash.Hash {
	if p.algorithm == pbkdf2SHA1 {
		return sha1.New() //nolint:gosec // G401: as above
	}
	return sha256.New()
}

// String returns Django's format.
func (p pbkdf2Hash) String() string {
	return fmt.Sprintf("%s$%d$%s$%s", p.algorithm, p.iterations, p.salt, base64.StdEncoding.EncodeToString(p.key))
}

func parsePBKDF2(algorithm, rest string) (stored, error) {
	fields := strings.Split(rest, "$")
	if len(fields) != 3 {
		return nil, errForeign
	}
	p := pbkdf2Hash{algorithm: algorithm, salt: []byte(fields[1])}
	var err error
	if p.iterations, err = strconv.Atoi(fields[0]); err != nil || p.iterations < 1 || p.iterations > maxPBKDF2Iterations {
		return nil, errForeign
	}
	if fips140.Enforced() && p.belowFIPS() {
		return nil, errForeign // crypto/pbkdf2 would refuse it at once, which the time would tell
	}
	// Many passwords would match a truncated key.
	if p.key, err = base64.StdEncoding.Strict().DecodeString(fields[2]); err != nil || len(p.key) != p.digest().Size() {
		return nil, errForeign
	}
	return p, nil
}

func (p pbkdf2Hash) belowFIPS() bool {
	return p.algorithm != pbkdf2SHA256 || len(p.salt) < minPBKDF2SaltBytes
}

func (p pbkdf2Hash) of(_ *Hasher, password string) (mintable, error) {
	var err error
	p.key, err = p.derive(password)
	return p, err
}

func (p pbkdf2Hash) derive(password string) ([]byte, error) {
	return pbkdf2.Key(p.digest, password, p.salt, p.iterations, len(p.key))
}

func (p pbkdf2Hash) matches(_ *Hasher, password string) bool {
	key, err := p.derive(password)
	// HMAC pads its key with zero bytes, so the right password with any number of them
	// at its end would match, too (RFC 2104 §2). Django never accepted one in a password.
	return err == nil && subtle.ConstantTimeCompare(key, p.key) == 1 && !strings.HasSuffix(password, "\x00")
}

func (p pbkdf2Hash) outdated(h *Hasher) bool {
	return h.rounds == 0 || p.belowFIPS() || p.iterations < h.rounds
}

func (pbkdf2Hash) memoryKiB() uint32 { return 0 } // it takes a core alone
