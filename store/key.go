package store

import (
	"context"
	"time"
)

// A SigningKey is a key pair whose private half is sealed. Which state it is in
// follows from the times of its generation and the next (package keys).
type SigningKey struct {
	// ID is the kid: the RFC 7638 thumbprint.
	ID string
	// Generation numbers the keys from 1 without gaps, and is unique: of several
	// replicas that make the next key, one wins.
	Generation int64
	Algorithm  string // "RS256"
	Public     []byte // PKIX, DER
	// Sealed is the private key (PKCS #8) under the master key.
	Sealed []byte
	// MasterKeyID names the master key that sealed it.
	MasterKeyID string
	CreatedAt   time.Time
	// SignFrom is when it takes over signing from the generation before.
	SignFrom time.Time
	// RetiredAt is set when an operator withdrew the key; nothing verifies with it.
	RetiredAt time.Time
}

// Keys keeps signing keys.
type Keys interface {
	// SigningKeys returns all keys, by generation.
	SigningKeys(ctx context.Context) ([]SigningKey, error)
	// AddSigningKey adds k and e in one transaction. It returns ErrConflict if the generation or ID is taken,
	// or if the generation before it is sealed under another master key.
	AddSigningKey(ctx context.Context, k SigningKey, e AuditEvent) error
	// RewrapSigningKeys replaces Sealed and MasterKeyID of keys, which are all that there are, with e. It
	// returns ErrConflict, and nothing is changed, if there are others by now.
	RewrapSigningKeys(ctx context.Context, keys []SigningKey, e AuditEvent) error
	// RetireSigningKey withdraws a key at once, with e, or returns ErrNotFound.
	// The next generation, if there is one, signs from at on at the latest.
	RetireSigningKey(ctx context.Context, id string, at time.Time, e AuditEvent) error
	// DeleteSigningKey erases a key that is gone. Erasing what is not there is no error.
	DeleteSigningKey(ctx context.Context, id string) error
}
