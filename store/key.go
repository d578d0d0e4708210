package store

import (
	"context"
	"time"
)

// A SigningKey is a key pair whose private half is sealed. Its state follows from
// the times of its generation and of the next (package keys).
type SigningKey struct {
	// ID is the kid: the RFC 7638 thumbprint.
	ID string
	// Generation numbers the keys of an algorithm from 1 without gaps. It is unique among
	// them: if several replicas make the next key, one wins.
	Generation int64
	Algorithm  string // one of SigningAlgorithms
	Public     []byte // PKIX, DER
	// Sealed is the private key (PKCS #8), encrypted with the master key.
	Sealed []byte
	// MasterKeyID names the master key that sealed it.
	MasterKeyID string
	CreatedAt   time.Time
	// SignFrom is when the key takes over signing from the previous generation.
	SignFrom time.Time
	// RetiredAt is when an operator withdrew the key, which then verifies nothing.
	RetiredAt time.Time
}

// The algorithms that our tokens are signed with (RFC 7518 §3.1, RFC 9864 §2.2). RS256 is
// the default of everything, and always there.
const (
	RS256   = "RS256"
	PS256   = "PS256"
	ES256   = "ES256"
	Ed25519 = "Ed25519"
)

// SigningAlgorithms returns all of them, the default first.
func SigningAlgorithms() []string { return []string{RS256, PS256, ES256, Ed25519} }

// RefreshAlgorithms returns those for refresh tokens. Their signatures are the same each time,
// so that a successor that is made again is the same byte for byte.
func RefreshAlgorithms() []string { return []string{RS256, Ed25519} }

// A SigningChoice is what is signed with.
type SigningChoice struct {
	// Alg is one of SigningAlgorithms.
	Alg string
	// Before signs as long as Alg has no key that does. When Alg was chosen, that was to be
	// until From; zero: there was one.
	Before string
	From   time.Time
}

// Instead returns c, chosen at now in place of was. From is when a key of c.Alg signs.
func (c SigningChoice) Instead(was SigningChoice, from, now time.Time) SigningChoice {
	switch {
	case c.Alg == was.Alg:
		return was
	case !from.After(now):
		return SigningChoice{Alg: c.Alg}
	case was.From.After(now):
		return SigningChoice{Alg: c.Alg, Before: was.Before, From: from}
	}
	return SigningChoice{Alg: c.Alg, Before: was.Alg, From: from}
}

// A DataKey seals data at rest, and is itself sealed by the master key.
type DataKey struct {
	ID string
	// Sealed is the key, encrypted with the master key that MasterKeyID names.
	Sealed      []byte
	MasterKeyID string
	CreatedAt   time.Time
}

// Keys keeps signing keys and data keys.
type Keys interface {
	// SigningKeys returns all keys: first those of RS256, then the others by algorithm, and
	// the keys of each by generation. Those of RS256 alone are read by the release before.
	SigningKeys(ctx context.Context) ([]SigningKey, error)
	// AddSigningKey adds k and e in one transaction. It returns ErrConflict if the
	// generation or ID is taken, or if the previous generation of RS256 (for another
	// algorithm: the last one) is sealed with another master key.
	AddSigningKey(ctx context.Context, k SigningKey, e AuditEvent) error
	// RewrapKeys replaces Sealed and MasterKeyID of keys and data, which must be all
	// signing keys and all data keys, and adds e. It returns ErrConflict, and changes
	// nothing, if the database holds others by now.
	RewrapKeys(ctx context.Context, keys []SigningKey, data []DataKey, e AuditEvent) error
	// RetireSigningKey withdraws a key at once and adds e, or returns ErrNotFound.
	// The next generation of its algorithm, if there is one, starts to sign no later than at.
	RetireSigningKey(ctx context.Context, id string, at time.Time, e AuditEvent) error
	// DeleteSigningKey erases a key that is out of use. Repeating it does no harm.
	DeleteSigningKey(ctx context.Context, id string) error

	// DataKeys returns all data keys, by ID.
	DataKeys(ctx context.Context) ([]DataKey, error)
	// AddDataKey adds k. It returns ErrConflict if the ID is taken, or if the last signing
	// key of RS256 is sealed with another master key.
	AddDataKey(ctx context.Context, k DataKey) error
}
