package account

import (
	"context"
	"fmt"
	"time"

	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/internal/secret"
	"gatehouse/internal/signin"
	"gatehouse/store"
)

// linkLifetime is how long the link for the first administrator works.
const linkLifetime = time.Hour

// Offer returns the token of a new link for the first administrator, or ok false if an
// administrator already exists. The token has 256 random bits. Only its digest is
// stored.
//
// Several replicas may each offer a link; the first one that is used invalidates all.
func (s *Service) Offer(ctx context.Context) (token string, ok bool, err error) {
	found, err := s.DB.HasAdmin(ctx)
	if err != nil {
		return "", false, fmt.Errorf("looking for an administrator: %w", err)
	}
	if found {
		return "", false, nil
	}
	token = secret.New()
	err = s.DB.Write(ctx, func(tx store.Tx) error {
		return tx.AddBootstrap(store.DigestOf(token), s.Now().Add(linkLifetime))
	})
	if err != nil {
		return "", false, fmt.Errorf("storing a bootstrap link: %w", err)
	}
	return token, true, nil
}

// Redeem creates the first administrator, and returns the proof of them: they have just
// chosen the password. Its errors are those of SignUp, and ErrLink.
// A fault in a field does not use up the link. The link is checked first, so that a
// caller without one learns nothing about the fields.
func (s *Service) Redeem(ctx context.Context, token string, in Input) (signin.Proof, error) {
	there, err := s.DB.HasBootstrap(ctx, store.DigestOf(token), s.Now())
	if err != nil {
		return signin.Proof{}, fmt.Errorf("looking for a bootstrap link: %w", err)
	}
	if !there {
		return signin.Proof{}, ErrLink
	}
	in.Role = fields.Text{} // the link decides the role
	first, err := s.admit(ctx, in, s.free, func(d draft) (store.User, error) {
		first := newUser(d, s.Now())
		first.Role = store.RoleAdmin
		return s.create(ctx, authz.Actor{}, first, "bootstrap", func(tx store.Tx) error {
			return s.useLink(tx, token)
		}, nil)
	})
	if err != nil {
		return signin.Proof{}, err
	}
	return signin.Password(first, signin.ByPage, s.Now()), nil
}

// useLink uses up the link, under the lock that create holds for a new administrator.
func (s *Service) useLink(tx store.Tx, token string) error {
	there, err := tx.UseBootstrap(store.DigestOf(token), s.Now())
	if err != nil {
		return err
	}
	found, err := tx.OtherAdmin(0)
	if err != nil {
		return err
	}
	if !there || found {
		return ErrLink
	}
	return nil
}
