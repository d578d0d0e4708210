// Package secret makes the bearer secrets that this server gives out.
package secret

import (
	"crypto/rand"
	"encoding/base64"
)

// New returns a secret of 256 bits, where RFC 6749 §10.10 demands 128 and advises
// 160, in base64url: 43 characters.
func New() string {
	var b [32]byte
	rand.Read(b[:]) // since Go 1.24 it does not return without success
	return base64.RawURLEncoding.EncodeToString(b[:])
}
