package store

import (
	"context"
	"time"
)

// Factors are the ways beside a password by which a person can prove who they are, one
// bit each. The values are on record, so they never change.
type Factors int

// The factors.
const (
	// FactorTOTP: an authenticator app that was confirmed (RFC 6238).
	FactorTOTP Factors = 1 << iota
	// FactorPasskey: at least one passkey (WebAuthn).
	FactorPasskey
	// FactorRecovery: at least one recovery code that was not used.
	FactorRecovery
)

// Has reports whether f includes all of those.
func (f Factors) Has(those Factors) bool { return f&those == those }

// Second reports whether a password alone is not enough. Recovery codes stand in for
// another factor, and are none on their own.
func (f Factors) Second() bool { return f&(FactorTOTP|FactorPasskey) != 0 }

// A TOTPFactor is a person's authenticator app.
type TOTPFactor struct {
	UserID int64
	// Secret is sealed.
	Secret []byte
	// LastStep is the step of the last code that was accepted (RFC 6238 §4.2).
	LastStep  int64
	CreatedAt time.Time
	// ConfirmedAt is zero until the person has entered a code. Until then, the app is not
	// a factor.
	ConfirmedAt time.Time
	LastUsedAt  time.Time
}

// TOTPFactors reads authenticator apps.
type TOTPFactors interface {
	// TOTPOf returns the person's app, confirmed or not, or ErrNotFound.
	TOTPOf(ctx context.Context, userID int64) (TOTPFactor, error)
}

// TOTPFactorsTx changes authenticator apps. A person has one. A caller that adds or removes a
// factor also writes User.Factors in the same transaction, with the person locked.
type TOTPFactorsTx interface {
	// PutTOTP adds f, or replaces the person's app if that was not confirmed. It returns
	// ErrConflict if it was.
	PutTOTP(f TOTPFactor) error
	// ConfirmTOTP confirms the person's app by a code of that step, and reports true.
	// Of any number of callers, one gets true, with the secret that was read.
	ConfirmTOTP(userID int64, secret []byte, step int64, at time.Time) (bool, error)
	// UseTOTP uses up a step, with all before it, and reports true. It reports false if
	// that step or a later one was used, or no app is confirmed. Of any number of callers
	// with one step, one gets true (RFC 6238 §5.2).
	UseTOTP(userID int64, step int64, at time.Time) (bool, error)
	// DropFactors deletes the person's app, recovery codes and passkeys.
	DropFactors(userID int64) error
	// DeleteTOTP reports whether there was an app, confirmed or not.
	DeleteTOTP(userID int64) (bool, error)
}

// RecoveryCodes reads recovery codes. They are kept as digests that need a key to make.
type RecoveryCodes interface {
	// HasRecoveryCode reports whether the person has this code and has not used it.
	HasRecoveryCode(ctx context.Context, userID int64, code Digest) (bool, error)
	// ListRecoveryCodes returns those that are left.
	ListRecoveryCodes(ctx context.Context, userID int64) ([]Digest, error)
}

// RecoveryCodesTx changes recovery codes.
type RecoveryCodesTx interface {
	// ReplaceRecoveryCodes gives the person these codes in place of all others.
	ReplaceRecoveryCodes(userID int64, codes []Digest, at time.Time) error
	// UseRecoveryCode deletes the code, and reports whether it was there and how many are
	// left. Of any number of callers with one code, one gets true.
	UseRecoveryCode(userID int64, code Digest) (used bool, left int, err error)
}
