package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gatehouse/internal/audit"
	"gatehouse/internal/authz"
	"gatehouse/internal/factor"
	"gatehouse/internal/signin"
	"gatehouse/store"
)

var (
	// ErrFactorThere refuses a second authenticator app.
	ErrFactorThere = errors.New("account: there is an authenticator app already")

	// ErrNoSetup says that no authenticator app is being set up, or that another one is.
	ErrNoSetup = errors.New("account: no authenticator app is being set up")

	// ErrNoFactor refuses recovery codes to users who have nothing to recover.
	ErrNoFactor = errors.New("account: there is no second factor")
)

// setupFor is how long the secret of an authenticator app that is being set up stays the
// same.
const setupFor = time.Hour

// An AppSetup is an authenticator app that is being set up.
type AppSetup struct {
	Secret factor.Secret
	// URI is what the app reads, from a link or a QR code.
	URI string
}

// StepUp returns a *signin.StepUp unless the actor may change how the user signs in, who
// is themselves: it takes a recent sign-in, with the second factor if they have one.
func (s *Service) StepUp(actor authz.Actor, me store.User) error {
	level := signin.ACRPassword
	if me.Factors.Second() {
		level = signin.ACRMFA
	}
	if signin.Reaches(actor.ACR, level) && signin.Recent(actor.SignedInAt, s.Now()) {
		return nil
	}
	return &signin.StepUp{ACR: level, MaxAge: signin.RecentFor}
}

// SetUpTOTP begins to add an authenticator app to one's own account, or goes on with it.
// The app counts as a factor only after ConfirmTOTP. With anew, it gets another secret.
func (s *Service) SetUpTOTP(ctx context.Context, actor authz.Actor, me store.User, anew bool) (AppSetup, error) {
	if err := s.StepUp(actor, me); err != nil {
		return AppSetup{}, err
	}
	f, err := s.DB.TOTPOf(ctx, me.ID)
	switch {
	case err != nil && !errors.Is(err, store.ErrNotFound):
		return AppSetup{}, fmt.Errorf("reading an authenticator app: %w", err)
	case err == nil && !f.ConfirmedAt.IsZero():
		return AppSetup{}, ErrFactorThere
	case err == nil && !anew && s.Now().Sub(f.CreatedAt) < setupFor:
		secret, err := s.Factors.OpenSecret(f)
		return s.setupOf(me, secret), err
	}
	return s.newSetup(ctx, me)
}

func (s *Service) newSetup(ctx context.Context, me store.User) (AppSetup, error) {
	secret := factor.NewSecret()
	sealed, err := s.Factors.SealSecret(me.ID, secret)
	if err != nil {
		return AppSetup{}, err
	}
	err = s.DB.Write(ctx, func(tx store.Tx) error {
		if _, err := lockSame(tx, me); err != nil {
			return err
		}
		return tx.PutTOTP(store.TOTPFactor{UserID: me.ID, Secret: sealed, CreatedAt: s.Now()})
	})
	if errors.Is(err, store.ErrConflict) {
		return AppSetup{}, ErrFactorThere
	}
	if err != nil {
		return AppSetup{}, fmt.Errorf("beginning to set up an authenticator app: %w", err)
	}
	return s.setupOf(me, secret), nil
}

func (s *Service) setupOf(me store.User, secret factor.Secret) AppSetup {
	return AppSetup{Secret: secret, URI: secret.URI(s.Factors.Brand, me.Username)}
}

// A FactorChange is what a change of factors led to.
type FactorChange struct {
	User store.User
	// Codes are new recovery codes, which are shown once; nil if there are none.
	Codes []string

	ended store.EndResult
}

// ConfirmTOTP adds the authenticator app that is being set up, if the code is one of its
// codes, and ends the user's other sessions. With their first factor, users get recovery
// codes. The errors are factor.ErrWrong, ErrNoSetup and *signin.StepUp.
func (s *Service) ConfirmTOTP(ctx context.Context, actor authz.Actor, me store.User, typed string) (FactorChange, error) {
	if err := s.StepUp(actor, me); err != nil {
		return FactorChange{}, err
	}
	f, err := s.DB.TOTPOf(ctx, me.ID)
	if errors.Is(err, store.ErrNotFound) || err == nil && !f.ConfirmedAt.IsZero() {
		return FactorChange{}, ErrNoSetup
	}
	if err != nil {
		return FactorChange{}, fmt.Errorf("reading an authenticator app: %w", err)
	}
	secret, err := s.Factors.OpenSecret(f)
	if err != nil {
		return FactorChange{}, err
	}
	step, err := secret.Match(typed, 0, s.Now())
	if err != nil {
		return FactorChange{}, err
	}
	return s.changeFactors(ctx, me, func(tx store.Tx, row store.User) (FactorChange, error) {
		done, err := tx.ConfirmTOTP(me.ID, f.Secret, step, s.Now())
		if err != nil {
			return FactorChange{}, err
		}
		if !done {
			return FactorChange{}, ErrNoSetup
		}
		return s.FactorAdded(ctx, tx, actor, row, store.FactorTOTP, factor.TOTP)
	})
}

// RemoveTOTP removes one's own authenticator app, and ends one's other sessions. It
// returns store.ErrNotFound if there is none.
func (s *Service) RemoveTOTP(ctx context.Context, actor authz.Actor, me store.User) (FactorChange, error) {
	if err := s.StepUp(actor, me); err != nil {
		return FactorChange{}, err
	}
	return s.changeFactors(ctx, me, func(tx store.Tx, row store.User) (FactorChange, error) {
		if !row.Factors.Has(store.FactorTOTP) {
			return FactorChange{}, store.ErrNotFound
		}
		if _, err := tx.DeleteTOTP(me.ID); err != nil {
			return FactorChange{}, err
		}
		return s.FactorRemoved(ctx, tx, actor, row, store.FactorTOTP, factor.TOTP)
	})
}

// NewRecoveryCodes replaces one's own recovery codes.
func (s *Service) NewRecoveryCodes(ctx context.Context, actor authz.Actor, me store.User) (FactorChange, error) {
	if err := s.StepUp(actor, me); err != nil {
		return FactorChange{}, err
	}
	return s.changeFactors(ctx, me, func(tx store.Tx, row store.User) (FactorChange, error) {
		if !row.Factors.Second() {
			return FactorChange{}, ErrNoFactor
		}
		now := s.Now()
		codes, err := s.giveCodes(tx, row.ID, now)
		if err != nil {
			return FactorChange{}, err
		}
		row, err = withFactors(tx, row, row.Factors|store.FactorRecovery)
		if err != nil {
			return FactorChange{}, err
		}
		event := audit.Event{Actor: actor.String(), Subject: audit.UserSubject(row.Sub), What: audit.RecoveryCodesReplaced{}}
		if err := s.tellOfFactor(tx, actor, row, "recovery", "changed"); err != nil {
			return FactorChange{}, err
		}
		return FactorChange{User: row, Codes: codes}, tx.Audit(event.Record(ctx, now))
	})
}

// changeFactors runs a change of one's own factors with the user locked, who must be as
// they were read, and returns what came of it.
func (s *Service) changeFactors(ctx context.Context, me store.User, change func(tx store.Tx, row store.User) (FactorChange, error)) (done FactorChange, err error) {
	err = s.DB.Write(ctx, func(tx store.Tx) error {
		row, err := lockSame(tx, me)
		if err != nil {
			return err
		}
		done, err = change(tx, row)
		return err
	})
	if err != nil {
		return FactorChange{}, fmt.Errorf("changing factors: %w", err)
	}
	s.Ends.Forget(ctx, done.ended)
	return done, nil
}

// lockSame locks the user, who must still be active, with the same password and
// generation. Otherwise it returns signin.ErrCredentialsChanged.
func lockSame(tx store.Tx, me store.User) (store.User, error) {
	row, err := tx.LockUser(me.ID)
	if errors.Is(err, store.ErrNotFound) || err == nil && (!row.Active || row.Generation != me.Generation || row.PasswordHash != me.PasswordHash) {
		return store.User{}, signin.ErrCredentialsChanged
	}
	return row, err
}

// FactorsHad is what is known of the second factors of a user.
type FactorsHad struct {
	// TOTP is their authenticator app; nil: none.
	TOTP *store.TOTPFactor
	// CodesLeft is how many recovery codes are left.
	CodesLeft int
}

// FactorsOf returns the second factors of a user, but for passkeys.
func (s *Service) FactorsOf(ctx context.Context, u store.User) (has FactorsHad, err error) {
	if u.Factors.Has(store.FactorTOTP) {
		f, err := s.DB.TOTPOf(ctx, u.ID)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return has, fmt.Errorf("reading an authenticator app: %w", err)
		}
		if err == nil {
			has.TOTP = &f
		}
	}
	if u.Factors.Second() {
		codes, err := s.DB.ListRecoveryCodes(ctx, u.ID)
		if err != nil {
			return has, fmt.Errorf("reading recovery codes: %w", err)
		}
		has.CodesLeft = len(codes)
	}
	return has, nil
}
