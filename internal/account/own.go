package account

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"gatehouse/internal/authz"
	"gatehouse/internal/factor"
	"gatehouse/internal/fields"
	"gatehouse/internal/signin"
	"gatehouse/store"
)

// wrongPassword answers a wrong current password.
const wrongPassword = "The password is not correct."

// errOutdatedProof says that the password was changed after it was checked.
var errOutdatedProof = fields.New("current_password", wrongPassword)

// ChangeOwn lets users change their own account, and returns the changed user. Me is the
// user as just read. If replaceAll, the username, e-mail address and password are
// required.
//
// A change of the password, the e-mail address or the username needs the current
// password (OWASP ASVS 5.0 §6.2.3, §7.5.1): a passer-by at an open browser must not be
// able to take over the account. Because passwords could be guessed here, the tries are
// counted (Confirm).
func (s *Service) ChangeOwn(ctx context.Context, actor authz.Actor, me store.User, in Input, replaceAll bool) (store.User, error) {
	// Nobody can give a role here, not even an administrator: that needs the
	// administrators' endpoints and their scope.
	d, faults := s.examine(authz.Actor{}, in, me, replaceAll)
	// The role that was sent is the role that the user had. If an administrator has just
	// removed it, it must not come back.
	d.active, d.role = nil, nil
	proven, err := s.provenOwn(ctx, actor, &d, in, me)
	if unproven := (*fields.Errors)(nil); errors.As(err, &unproven) {
		if faults.Err() == nil || in.CurrentPassword.Sent || in.OTP.Sent { // front ends know a form without it
			faults.Join(unproven)
		}
		return store.User{}, faults
	}
	if err != nil {
		return store.User{}, err
	}
	if err := s.unclaimed(ctx, d, me, faults); err != nil {
		return store.User{}, err
	}
	if d, err = s.hashed(ctx, d); err != nil {
		return store.User{}, err
	}
	var after store.User
	var ended store.EndResult
	err = s.DB.Write(ctx, func(tx store.Tx) (err error) {
		after, ended, err = s.changeOwn(ctx, tx, actor, me.ID, d, proven)
		return err
	})
	if err != nil {
		return store.User{}, fmt.Errorf("changing one's own account: %w", taken(err))
	}
	s.Ends.Forget(ctx, ended)
	return after, nil
}

// changeOwn writes the change.
func (s *Service) changeOwn(ctx context.Context, tx store.Tx, actor authz.Actor, id int64, d draft, proven ownProof) (store.User, store.EndResult, error) {
	row, err := tx.LockUser(id)
	if err != nil {
		return store.User{}, store.EndResult{}, err
	}
	if !row.Active {
		return store.User{}, store.EndResult{}, authz.ErrDenied
	}
	if needsProof(d, row) {
		if err := s.spend(tx, row, proven); err != nil {
			return store.User{}, store.EndResult{}, err
		}
	}
	return s.write(ctx, tx, actor, row, d)
}

// unclaimed checks that the names that are new are free, after the proof, and reports a
// name that is taken beside the other faults of the form. The answer tells whether
// somebody has the name, so it takes a slot, as the same answer to a stranger does.
// Without a slot, a form with other faults gets only those.
func (s *Service) unclaimed(ctx context.Context, d draft, me store.User, faults *fields.Errors) error {
	if d.usernameKey != nil && *d.usernameKey != me.UsernameKey || d.emailKey != nil && *d.emailKey != me.EmailKey {
		if _, err := s.Limits.SignUp(ctx); err != nil {
			return cmp.Or(faults.Err(), err)
		}
	}
	return s.unique(ctx, d, me.ID, faults)
}

func needsProof(d draft, me store.User) bool {
	return d.password != nil || d.email != nil && *d.email != me.Email || d.username != nil && *d.username != me.Username
}

// provenOwn is proven. For users without a password, a recent sign-in is the proof: without
// it, they get a *signin.StepUp.
func (s *Service) provenOwn(ctx context.Context, actor authz.Actor, d *draft, in Input, me store.User) (ownProof, error) {
	if me.PasswordHash == "" && needsProof(*d, me) {
		return ownProof{}, signin.RequireRecent(actor.SignedInAt, s.Now(), signin.ACRPassword)
	}
	return s.proven(ctx, d, in, me)
}

// proven checks the current password, or a code, if d needs a proof.
//
// A front end that sends the complete profile sends a password too. If it is the current
// one, it is a proof and not a change.
func (s *Service) proven(ctx context.Context, d *draft, in Input, me store.User) (ownProof, error) {
	if !needsProof(*d, me) {
		return ownProof{}, nil
	}
	if in.OTP.Value != "" && !in.CurrentPassword.Sent {
		return s.provenByCode(ctx, in.OTP.Value, me)
	}
	proof := in.CurrentPassword
	if !proof.Sent {
		proof = in.Password
	}
	if !proof.Sent {
		return ownProof{}, fields.New("current_password", fields.Required)
	}
	checked, err := s.Confirm(ctx, me, proof.Value)
	switch {
	case errors.Is(err, ErrCredentials) && !in.CurrentPassword.Sent:
		return ownProof{}, fields.New("current_password", fields.Required)
	case errors.Is(err, ErrCredentials):
		return ownProof{}, fields.New("current_password", wrongPassword)
	case err != nil:
		return ownProof{}, err
	case !in.CurrentPassword.Sent:
		d.password = nil
	}
	return ownProof{hash: checked.User.PasswordHash}, nil
}

// An ownProof is what users showed to change their own account: the hash that the password
// was checked against or, after a code, the one that they had. Uses are used up by the change.
type ownProof struct {
	hash string
	uses []signin.Use
}

// wrongCode answers a wrong code of an authenticator app.
const wrongCode = "The code is not right."

// provenByCode is proven for a code of the user's authenticator app in place of the password.
func (s *Service) provenByCode(ctx context.Context, otp string, me store.User) (ownProof, error) {
	found, err := s.Factors.Confirm(ctx, me, factor.Answer{OTP: otp})
	if errors.Is(err, factor.ErrWrong) {
		return ownProof{}, fields.New("otp", wrongCode)
	}
	return ownProof{me.PasswordHash, found.Uses}, err
}

// spend checks that a proof still counts for the user, who is locked, and uses it up.
func (s *Service) spend(tx store.Tx, row store.User, proof ownProof) error {
	if row.PasswordHash != proof.hash {
		return errOutdatedProof
	}
	for _, use := range proof.uses {
		if err := use(tx, s.Now()); errors.Is(err, signin.ErrFactorUsed) {
			return fields.New("otp", wrongCode)
		} else if err != nil {
			return err
		}
	}
	return nil
}
