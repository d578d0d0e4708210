package factor

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"
	"time"

	"gatehouse/internal/signin"
	"gatehouse/store"
)

const (
	// HowManyCodes is how many recovery codes a person gets at a time.
	HowManyCodes = 10
	// codeLetters letters of 5 bits each are 60 bits, where NIST SP 800-63B-4 §3.1.2.1
	// demands 20 for a secret whose tries are limited.
	codeLetters = 12
	// alphabet is Crockford's base 32, without letters that look like others.
	alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
)

// NewRecoveryCodes returns random codes as people are to keep them, such as
// "4k7m-x2p9-0qtw", and the digests under which the person's are kept.
func (s *Service) NewRecoveryCodes(userID int64) (codes []string, digests []store.Digest) {
	for range HowManyCodes {
		code := newRecoveryCode()
		codes, digests = append(codes, code), append(digests, s.digest(userID, code))
	}
	return codes, digests
}

func newRecoveryCode() string {
	var raw [codeLetters]byte
	rand.Read(raw[:]) // never fails since Go 1.24
	var b strings.Builder
	for i, r := range raw {
		if i > 0 && i%4 == 0 {
			b.WriteByte('-')
		}
		b.WriteByte(alphabet[r%32])
	}
	return b.String()
}

// digest returns what is kept of a person's code. It needs a key that is not in the table,
// so that whoever reads the table cannot try codes. The spelling does not matter.
func (s *Service) digest(userID int64, code string) store.Digest {
	key := s.Vault.Derive("gatehouse recovery codes v1")
	m := hmac.New(sha256.New, key[:])
	m.Write([]byte(strconv.FormatInt(userID, 10) + " " + canonical(code)))
	return store.Digest(m.Sum(nil))
}

// canonical returns the one spelling of a code, whatever was typed between its letters, in
// which case, and with a look-alike in place of a digit.
func canonical(typed string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case 'o':
			return '0'
		case 'i', 'l':
			return '1'
		}
		if !strings.ContainsRune(alphabet, r) {
			return -1
		}
		return r
	}, strings.ToLower(typed))
}

// maxTyped is more than anybody types between the letters of a code.
const maxTyped = 100

// recoveryCode checks a recovery code.
func (s *Service) recoveryCode(ctx context.Context, u store.User, typed string) (signin.Factor, error) {
	if len(typed) > maxTyped || len(canonical(typed)) != codeLetters {
		return signin.Factor{}, ErrWrong
	}
	digest := s.digest(u.ID, typed)
	has, err := s.DB.HasRecoveryCode(ctx, u.ID, digest)
	if err != nil {
		return signin.Factor{}, fmt.Errorf("looking for a recovery code: %w", err)
	}
	if !has {
		return signin.Factor{}, ErrWrong
	}
	use := func(tx store.Tx, _ time.Time) error {
		used, left, err := tx.UseRecoveryCode(u.ID, digest)
		if err := once(used, err); err != nil || left > 0 {
			return err
		}
		row, err := tx.LockUser(u.ID) // it was the last one
		if err != nil {
			return err
		}
		without := row.Factors &^ store.FactorRecovery
		return tx.UpdateUser(u.ID, store.UserChange{Factors: &without})
	}
	return signin.Factor{ACR: signin.ACRMFA, AMR: []string{signin.AMROTP}, Uses: []signin.Use{use}}, nil
}
