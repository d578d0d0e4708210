package password

import (
	"crypto/pbkdf2"
	"crypto/sha1" //nolint:gosec // G505: within PBKDF2-HMAC, where its collisions do not matter, and re-hashed at the next sign-in
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"strconv"
	"strings"

	"golang.org/x/crypto/bcrypt"
)

// The bounds of a legacy hash allow about a second of one core. Django 6.0 uses
// 1,200,000 iterations of PBKDF2 and 12 rounds of bcrypt.
const (
	maxPBKDF2Iterations = 4_000_000
	maxBcryptRounds     = 14
)

// A pbkdf2Hash is Django's "pbkdf2_sha256$iterations$salt$key" or pbkdf2_sha1.
type pbkdf2Hash struct {
	digest     func() hash.Hash
	iterations int
	salt, key  []byte
}

func parsePBKDF2(algorithm, rest string) (stored, error) {
	fields := strings.Split(rest, "$")
	if len(fields) != 3 {
		return nil, errForeign
	}
	p := pbkdf2Hash{digest: sha256.New, salt: []byte(fields[1])}
	if algorithm == "pbkdf2_sha1" {
		p.digest = sha1.New
	}
	var err error
	if p.iterations, err = strconv.Atoi(fields[0]); err != nil || p.iterations < 1 || p.iterations > maxPBKDF2Iterations {
		return nil, errForeign
	}
	// Many passwords would match a truncated key.
	if p.key, err = base64.StdEncoding.Strict().DecodeString(fields[2]); err != nil || len(p.key) != p.digest().Size() {
		return nil, errForeign
	}
	return p, nil
}

func (p pbkdf2Hash) matches(_ *Hasher, password string) bool {
	key, err := pbkdf2.Key(p.digest, password, p.salt, p.iterations, len(p.key))
	// HMAC pads its key with zero bytes, so the right password with any number of them
	// at its end would match, too (RFC 2104 §2). Django never accepted one in a password.
	return err == nil && subtle.ConstantTimeCompare(key, p.key) == 1 && !strings.HasSuffix(password, "\x00")
}

func (pbkdf2Hash) weakerThan(cost) bool { return true }
func (pbkdf2Hash) memoryKiB() uint32    { return 0 }

// A bcryptHash is "$2b$…". Django's bcrypt_sha256 first hashes the password with SHA-256,
// in hexadecimal.
type bcryptHash struct {
	encoded []byte
	prehash bool
}

func parseBcrypt(encoded string, prehash bool) (stored, error) {
	b := bcryptHash{[]byte(encoded), prehash}
	version := ""
	if len(encoded) == 60 {
		version = encoded[:4]
	}
	if version != "$2a$" && version != "$2b$" && version != "$2y$" {
		return nil, errForeign
	}
	if rounds, err := bcrypt.Cost(b.encoded); err != nil || rounds > maxBcryptRounds {
		return nil, errForeign
	}
	return b, nil
}

func (b bcryptHash) matches(_ *Hasher, password string) bool {
	if b.prehash {
		digest := sha256.Sum256([]byte(password))
		password = hex.EncodeToString(digest[:])
	}
	// bcrypt reads only 72 bytes, and would accept anything after them.
	const most = 72
	err := bcrypt.CompareHashAndPassword(b.encoded, []byte(password[:min(len(password), most)]))
	return err == nil && len(password) <= most
}

func (bcryptHash) weakerThan(cost) bool { return true }
func (bcryptHash) memoryKiB() uint32    { return 4 }
