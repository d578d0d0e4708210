package store

import "crypto/sha256"

// A Digest is the SHA-256 of a secret or of a key of variable length. Bearer
// secrets reach a back-end only as digests, so that a reader of the database
// cannot use them. Names are compared as digests, byte for byte, so that no
// collation can match one person to another's name.
type Digest [sha256.Size]byte

// DigestOf returns the digest of s.
func DigestOf(s string) Digest { return sha256.Sum256([]byte(s)) }
