// Package secret makes the bearer secrets that this server issues.
package secret

import (
	"crypto/rand"
	"encoding/base64"
)

// Bytes is the length of a secret: 256 bits, where RFC 6749 §10.10 and OWASP ASVS 5.0
// §7.2.3 require 128.
const Bytes = 32

// New returns a secret in base64url: 43 characters.
func New() string {
	var b [Bytes]byte
	rand.Read(b[:]) // since Go 1.24 it never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}
