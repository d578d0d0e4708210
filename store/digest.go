package store

import "crypto/sha256"

// A Digest is the SHA-256 of a secret or of a key of variable length. Bearer
// secrets reach a back-end as digests only, so that who reads the database
// cannot use what he finds; names are compared as digests, byte for byte, so
// that no collation can find one person under another's name.
type Digest [sha256.Size]byte

// DigestOf returns the digest of s.
func DigestOf(s string) Digest { return sha256.Sum256([]byte(s)) }
