package password

import (
	"crypto/sha256"
	"encoding/hex"

	"golang.org/x/crypto/bcrypt"
)

// maxBcryptRounds allows about a second of one core. Django 6.0 uses 12.
const maxBcryptRounds = 14

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

func (bcryptHash) outdated(*Hasher) bool { return true }
func (bcryptHash) memoryKiB() uint32     { return 4 }
