package account

import (
	"context"
	"errors"
	"fmt"

	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/internal/signin"
	"gatehouse/store"
)

// DeleteOwn lets users delete their own account, with all that is theirs. Me is the user as
// just read. The proof is the password or, if none was sent, a recent sign-in: without it,
// DeleteOwn returns a *signin.StepUp. The last administrator gets authz.ErrLastAdmin.
func (s *Service) DeleteOwn(ctx context.Context, actor authz.Actor, me store.User, password fields.Text) error {
	if err := s.mayErase(ctx, actor, me, password); err != nil {
		return err
	}
	var ended store.EndResult
	err := s.DB.Write(ctx, func(tx store.Tx) (err error) {
		ended, err = s.removeOwn(ctx, tx, actor, me)
		return err
	})
	if err != nil {
		return fmt.Errorf("deleting one's own account: %w", err)
	}
	s.Ends.Forget(ctx, ended)
	return nil
}

func (s *Service) mayErase(ctx context.Context, actor authz.Actor, me store.User, password fields.Text) error {
	if !password.Sent {
		return signin.RequireRecent(actor.SignedInAt, s.Now(), signin.ACRPassword)
	}
	_, err := s.Confirm(ctx, me, password.Value)
	if errors.Is(err, ErrCredentials) {
		return fields.New("current_password", wrongPassword)
	}
	return err
}

// removeOwn deletes the user if they are still what the proof was about: neither the
// password nor the end of all sessions came between.
func (s *Service) removeOwn(ctx context.Context, tx store.Tx, actor authz.Actor, me store.User) (store.EndResult, error) {
	if err := tx.LockAdmins(); err != nil {
		return store.EndResult{}, err
	}
	row, err := tx.LockUser(me.ID)
	if err != nil {
		return store.EndResult{}, err
	}
	if row.PasswordHash != me.PasswordHash || row.Generation != me.Generation {
		return store.EndResult{}, authz.ErrDenied
	}
	other, err := tx.OtherAdmin(me.ID)
	if err != nil {
		return store.EndResult{}, err
	}
	if err := authz.DeleteOwn(row, other); err != nil {
		return store.EndResult{}, err
	}
	return s.erase(ctx, tx, actor, row)
}
