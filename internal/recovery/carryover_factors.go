package recovery

import (
	"bytes"
	"context"
	"errors"
	"slices"

	"gatehouse/internal/audit"
	"gatehouse/store"
)

// factorsOf are what a database has of a person's second factors.
type factorsOf struct {
	app      *store.TOTPFactor // nil: none that was confirmed
	passkeys []store.Passkey
	codes    []store.Digest
}

type factorReader interface {
	store.TOTPFactors
	store.Passkeys
	ListRecoveryCodes(ctx context.Context, userID int64) ([]store.Digest, error)
}

func readFactors(ctx context.Context, db factorReader, u store.User) (has factorsOf, err error) {
	if u.Factors == 0 {
		return has, nil
	}
	app, err := db.TOTPOf(ctx, u.ID)
	switch {
	case err == nil && !app.ConfirmedAt.IsZero():
		has.app = &app
	case err != nil && !errors.Is(err, store.ErrNotFound):
		return has, err
	}
	if has.passkeys, err = db.ListPasskeys(ctx, u.ID); err != nil {
		return has, err
	}
	has.codes, err = db.ListRecoveryCodes(ctx, u.ID)
	return has, err
}

// factors takes from a person the passkeys, the authenticator app and the recovery codes
// that were removed, replaced or used up since. Like a password, an app that replaced
// another since is kept, because the person knows no other.
func (c *CarryOver) factors(ctx context.Context, db Replaced, was, since store.User, done *Carried) error {
	had, err := readFactors(ctx, c.Restored, was)
	if err != nil || was.Factors == 0 {
		return err
	}
	has, err := readFactors(ctx, db, since)
	if err != nil {
		return err
	}
	left := had.without(has)
	if left.app == nil && has.app != nil && since.ID == was.ID {
		left.app = has.app
	}
	if left.same(had) {
		return nil
	}
	done.Factors++
	return c.write(ctx, audit.UserSubject(was.Sub), audit.FactorsCarried{}, func(tx store.Tx) error { return c.putFactors(tx, was, had, left) })
}

// without returns what is in both.
func (f factorsOf) without(has factorsOf) (left factorsOf) {
	if f.app != nil && has.app != nil && bytes.Equal(f.app.Secret, has.app.Secret) {
		left.app = f.app
	}
	for _, p := range f.passkeys {
		if slices.ContainsFunc(has.passkeys, func(kept store.Passkey) bool { return bytes.Equal(kept.ID, p.ID) }) {
			left.passkeys = append(left.passkeys, p)
		}
	}
	for _, code := range f.codes {
		if slices.Contains(has.codes, code) {
			left.codes = append(left.codes, code)
		}
	}
	return left
}

func (f factorsOf) same(other factorsOf) bool {
	return f.app == other.app && len(f.passkeys) == len(other.passkeys) && len(f.codes) == len(other.codes)
}

// bits are the factors as they are kept with the person. Recovery codes go with the last
// factor.
func (f factorsOf) bits() (bits store.Factors) {
	if f.app != nil {
		bits |= store.FactorTOTP
	}
	if len(f.passkeys) > 0 {
		bits |= store.FactorPasskey
	}
	if bits != 0 && len(f.codes) > 0 {
		bits |= store.FactorRecovery
	}
	return bits
}

func (c *CarryOver) putFactors(tx store.Tx, was store.User, had, left factorsOf) error {
	if left.app != had.app {
		if _, err := tx.DeleteTOTP(was.ID); err != nil {
			return err
		}
		if left.app != nil {
			if err := tx.PutTOTP(*left.app); err != nil {
				return err
			}
		}
	}
	for _, p := range had.passkeys {
		if slices.ContainsFunc(left.passkeys, func(kept store.Passkey) bool { return bytes.Equal(kept.ID, p.ID) }) {
			continue
		}
		if _, err := tx.RemovePasskey(was.ID, p.ID); err != nil {
			return err
		}
	}
	bits, now := left.bits(), c.Now()
	if !bits.Has(store.FactorRecovery) {
		left.codes = nil
	}
	if err := tx.ReplaceRecoveryCodes(was.ID, left.codes, now); err != nil {
		return err
	}
	return tx.UpdateUser(was.ID, store.UserChange{Factors: &bits, UpdatedAt: &now})
}
