// Package factor owns what a person shows beside a password: codes of an authenticator
// app (RFC 6238) and recovery codes. It makes and checks them, keeps the sign-ins that
// wait for one, and says who must have one. Package account adds, removes and resets
// factors; package signin says what level a sign-in reaches.
package factor

import (
	"context"
	"errors"
	"time"

	"gatehouse/internal/signin"
	"gatehouse/internal/throttle"
	"gatehouse/store"
)

// Service checks factors.
type Service struct {
	DB interface {
		store.TOTPFactors
		store.RecoveryCodes
		UserByID(ctx context.Context, id int64) (store.User, error)
		AddChallenge(ctx context.Context, c store.Challenge, at time.Time, most int) error
		ChallengeByDigest(ctx context.Context, d store.Digest, at time.Time) (store.Challenge, error)
		MissChallenge(ctx context.Context, d store.Digest) (int, error)
		UseOnce(ctx context.Context, key store.Digest, expires time.Time) (bool, error)
		Audit(ctx context.Context, e store.AuditEvent) error
	}
	Vault  Vault
	Limits interface {
		SignIn(ctx context.Context, account throttle.Account) (*throttle.Attempt, error)
	}
	// Require is who must have a second factor: one of the values of config.RequireFactor.
	Require string
	// Brand is the name that an authenticator app shows above its codes.
	Brand string
	// Guessed, if set, is called for a person whose factor somebody seems to guess, once
	// an hour. The guesser knows the password.
	Guessed func(ctx context.Context, u store.User)
	// Notice, if set, returns what tells a person of the sign-in that goes on
	// (signin.Proof.Notice).
	Notice func(ctx context.Context, u store.User, method signin.Method) func(store.Tx) error
	Now    func() time.Time
}

// A Vault seals what has to be read again, and derives keys for what has not. Its key is
// in the record, sealed by the master key (keys.DataKey).
type Vault interface {
	// Seal encrypts plain; Open needs the same aad.
	Seal(plain, aad []byte) ([]byte, error)
	Open(sealed, aad []byte) ([]byte, error)
	// Derive returns a key for one purpose.
	Derive(label string) [32]byte
}

var (
	// ErrWrong refuses a factor that is wrong, used or malformed.
	ErrWrong = errors.New("factor: the code is not right")

	// ErrGone says that no sign-in waits under a name: it is unknown, late, used, given to
	// another client, or overtaken by a change of the account, or there were too many
	// wrong codes.
	ErrGone = errors.New("factor: no sign-in waits here")
)

// A Kind names a factor to clients, in "factors" of mfa_required and in the API.
type Kind string

// The kinds.
const (
	TOTP          Kind = "totp"
	RecoveryCodes Kind = "recovery_codes"
	// RecoveryCode is one of them, as a client is to send it.
	RecoveryCode Kind = "recovery_code"
	Passkey      Kind = "passkey"
)

// Takes returns the factors of a person that can be typed as a code.
func Takes(has store.Factors) []Kind {
	kinds := []Kind{}
	if has.Has(store.FactorTOTP) {
		kinds = append(kinds, TOTP)
	}
	if has.Has(store.FactorRecovery) {
		kinds = append(kinds, RecoveryCode)
	}
	return kinds
}

// Lack returns what a person's password lacks. A nil Service requires nothing.
func (s *Service) Lack(u store.User) signin.Lack {
	switch {
	case u.Factors.Second():
		return signin.LacksFactor
	case s.Required(u.Role):
		return signin.LacksEnrolment
	}
	return signin.LacksNothing
}

// Required reports whether people with a role must have a second factor.
func (s *Service) Required(role store.Role) bool {
	if s == nil {
		return false
	}
	switch s.Require {
	case "all":
		return true
	case "staff":
		return role == store.RoleStaff || role == store.RoleAdmin
	case "admin":
		return role == store.RoleAdmin
	}
	return false
}
