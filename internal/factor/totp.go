package factor

import (
	"context"
	"crypto/fips140"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"

	"gatehouse/internal/signin"
	"gatehouse/store"
)

const (
	// secretBytes is the length of SHA-1, as RFC 4226 §4 recommends: 160 bits.
	secretBytes = 20
	// period is how long a code is shown, in seconds (RFC 6238 §4.1).
	period = 30
	// skew is how many steps a clock may be off in either direction (RFC 6238 §5.2).
	skew   = 1
	digits = 6
)

// codes is what every authenticator app can do; many ignore anything else.
var codes = hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1}

// A Secret is shared with an authenticator app, in base32 without padding.
type Secret string

// NewSecret returns a random secret.
func NewSecret() Secret {
	var raw [secretBytes]byte
	rand.Read(raw[:]) // never fails since Go 1.24
	return Secret(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(raw[:]))
}

// Grouped returns the secret in groups of four letters, for people who type it.
func (s Secret) Grouped() string {
	var b strings.Builder
	for i, letter := range s {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(letter)
	}
	return b.String()
}

// URI returns the secret in the form that authenticator apps read (Key Uri Format). The
// issuer and the name are what the app shows.
func (s Secret) URI(issuer, name string) string {
	parameters := strings.ReplaceAll(url.Values{
		"secret": {string(s)}, "issuer": {issuer}, "algorithm": {"SHA1"}, "digits": {strconv.Itoa(digits)}, "period": {strconv.Itoa(period)},
	}.Encode(), "+", "%20") // apps show a plus sign as it is
	return "otpauth://totp/" + url.PathEscape(strings.ReplaceAll(issuer, ":", " ")) + ":" + url.PathEscape(name) + "?" + parameters
}

// StepAt returns the number of the step at a time (RFC 6238 §4.2).
func StepAt(at time.Time) int64 { return at.Unix() / period }

// Match returns the step after last whose code was typed, if it is the current one or a
// neighbour. A step that was used before does not match. It compares all of them, so that
// the time says nothing.
func (s Secret) Match(typed string, last int64, now time.Time) (step int64, err error) {
	typed = compact(typed)
	if len(typed) != digits {
		return 0, ErrWrong
	}
	found, current := int64(-1), StepAt(now)
	for at := current - skew; at <= current+skew; at++ {
		code, err := s.code(at)
		if err != nil {
			return 0, err
		}
		if subtle.ConstantTimeCompare([]byte(code), []byte(typed)) == 1 && at > last && found < 0 {
			found = at
		}
	}
	if found < 0 {
		return 0, ErrWrong
	}
	return found, nil
}

// code returns the code of a step (RFC 4226 §5.3). HMAC with SHA-1 is what every app can do,
// and is still approved for keys of this length (SP 800-131A Rev. 2 §10), though Go's module
// has it no longer.
func (s Secret) code(step int64) (code string, err error) {
	fips140.WithoutEnforcement(func() {
		code, err = hotp.GenerateCodeCustom(string(s), uint64(max(step, 0)), codes)
	})
	if err != nil {
		return "", fmt.Errorf("making a code of an authenticator app: %w", err)
	}
	return code, nil
}

// compact returns a code without the white space and hyphens that people type in it.
func compact(typed string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \t\u00a0\u2009\u202f-\u2010\u2011", r) {
			return -1
		}
		return r
	}, typed)
}

// SealSecret seals a secret for its person.
func (s *Service) SealSecret(userID int64, secret Secret) ([]byte, error) {
	sealed, err := s.Vault.Seal([]byte(secret), secretOf(userID))
	if err != nil {
		return nil, fmt.Errorf("sealing the secret of an authenticator app: %w", err)
	}
	return sealed, nil
}

// OpenSecret opens the secret of a person's authenticator app.
func (s *Service) OpenSecret(f store.TOTPFactor) (Secret, error) {
	plain, err := s.Vault.Open(f.Secret, secretOf(f.UserID))
	if err != nil {
		return "", fmt.Errorf("opening the secret of an authenticator app: %w", err)
	}
	return Secret(plain), nil
}

// secretOf binds a sealed secret to its person.
func secretOf(userID int64) []byte { return []byte("totp " + strconv.FormatInt(userID, 10)) }

// totp checks a code of the person's authenticator app.
func (s *Service) totp(ctx context.Context, u store.User, typed string) (signin.Factor, error) {
	f, err := s.DB.TOTPOf(ctx, u.ID)
	switch {
	case errors.Is(err, store.ErrNotFound), err == nil && f.ConfirmedAt.IsZero():
		return signin.Factor{}, ErrWrong
	case err != nil:
		return signin.Factor{}, fmt.Errorf("reading an authenticator app: %w", err)
	}
	secret, err := s.OpenSecret(f)
	if err != nil {
		return signin.Factor{}, err
	}
	step, err := secret.Match(typed, f.LastStep, s.Now())
	if err != nil {
		return signin.Factor{}, err
	}
	use := func(tx store.Tx, at time.Time) error {
		used, err := tx.UseTOTP(u.ID, step, at)
		return once(used, err)
	}
	return signin.Factor{ACR: signin.ACRMFA, AMR: []string{signin.AMROTP}, Uses: []signin.Use{use}}, nil
}

// once turns the result of a step that one caller may win into an error.
func once(first bool, err error) error {
	if err != nil {
		return fmt.Errorf("using up a factor: %w", err)
	}
	if !first {
		return signin.ErrFactorUsed
	}
	return nil
}
