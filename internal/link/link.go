// Package link makes one-time links to people, and uses them up.
//
// A link works once, until it expires or another of its purpose is made for the person.
// It also ends with what it was founded on: it works only while the person is active and
// has the generation and the address that they had when it was made. So a link from an
// old mail does not outlive a change of password or address, or an end of all sessions.
package link

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"gatehouse/internal/secret"
	"gatehouse/store"
)

// ErrSpent refuses a link that is unknown, used, replaced or expired, or whose person has
// changed since. The same error stands for every reason.
var ErrSpent = errors.New("link: not valid")

// The paths of our pages to which links lead. The token is in the query.
const (
	ResetPath  = "/reset"
	VerifyPath = "/verify"
	InvitePath = "/invite"
	SignUpPath = "/signup"
)

// kinds says where the links of each purpose lead, and for how long they work.
var kinds = map[store.LinkPurpose]struct {
	path string
	life time.Duration
}{
	store.LinkReset:   {ResetPath, 15 * time.Minute},
	store.LinkVerify:  {VerifyPath, 24 * time.Hour},
	store.LinkAddress: {VerifyPath, 24 * time.Hour},
	store.LinkInvite:  {InvitePath, 7 * 24 * time.Hour},
	store.LinkSignUp:  {SignUpPath, 24 * time.Hour},
}

// Life returns for how long a link of that purpose works.
func (s *Service) Life(p store.LinkPurpose) time.Duration { return kinds[p].life }

// Service makes and uses links.
type Service struct {
	DB interface {
		LinkByDigest(ctx context.Context, d store.Digest, at time.Time) (store.Link, error)
		UserByID(ctx context.Context, id int64) (store.User, error)
	}
	// Issuer is our own URL. Links lead there, whatever host a request names.
	Issuer string
	Now    func() time.Time
}

// Make makes a link to a person whom the caller has locked, and returns its URL. Mailed
// is the address to which it will be mailed; empty if it will be shown to an
// administrator.
func (s *Service) Make(tx store.Tx, purpose store.LinkPurpose, person store.User, mailed string) (string, error) {
	return s.make(tx, store.Link{
		Purpose: purpose, UserID: person.ID, Address: mailed, AddressKey: person.EmailKey, Generation: person.Generation,
	})
}

// MakeForNewcomer makes a link by which somebody without an account signs up with an
// address, whose canonical form is key.
func (s *Service) MakeForNewcomer(tx store.Tx, address, key string) (string, error) {
	return s.make(tx, store.Link{Purpose: store.LinkSignUp, Address: address, AddressKey: key})
}

func (s *Service) make(tx store.Tx, l store.Link) (string, error) {
	token := secret.New()
	kind := kinds[l.Purpose]
	l.Digest, l.CreatedAt = store.DigestOf(token), s.Now()
	l.ExpiresAt = l.CreatedAt.Add(kind.life)
	if err := tx.PutLink(l); err != nil {
		return "", fmt.Errorf("keeping a link: %w", err)
	}
	return strings.TrimSuffix(s.Issuer, "/") + kind.path + "?token=" + token, nil
}

// Look returns the link with a token and its person, who is zero for a newcomer's link,
// without using it up. It returns ErrSpent unless the link works for one of the purposes.
func (s *Service) Look(ctx context.Context, token string, purposes ...store.LinkPurpose) (store.Link, store.User, error) {
	l, err := s.DB.LinkByDigest(ctx, store.DigestOf(token), s.Now())
	if err == nil && !slices.Contains(purposes, l.Purpose) {
		err = store.ErrNotFound
	}
	if err != nil {
		return store.Link{}, store.User{}, spent(err)
	}
	if l.UserID == 0 {
		return l, store.User{}, nil
	}
	person, err := s.DB.UserByID(ctx, l.UserID)
	if err != nil {
		return store.Link{}, store.User{}, spent(err)
	}
	return l, person, stands(l, person)
}

// Use uses up a link that Look returned, in the transaction of what it is for, and
// returns its person as they are now, locked. It returns ErrSpent if the link has stopped
// working in the meantime. Of any number of concurrent callers, one succeeds.
func (s *Service) Use(tx store.Tx, l store.Link) (person store.User, err error) {
	if l.UserID != 0 {
		if person, err = tx.LockUser(l.UserID); err != nil {
			return store.User{}, spent(err)
		}
		if err := stands(l, person); err != nil {
			return store.User{}, err
		}
	}
	used, err := tx.UseLink(l.Digest, s.Now())
	if err != nil {
		return store.User{}, fmt.Errorf("using up a link: %w", err)
	}
	if !used {
		return store.User{}, ErrSpent
	}
	return person, nil
}

// stands returns ErrSpent if what the link was founded on has changed.
func stands(l store.Link, person store.User) error {
	if person.Active && person.Generation == l.Generation && person.EmailKey == l.AddressKey {
		return nil
	}
	return ErrSpent
}

// spent turns an unknown link or person into ErrSpent.
func spent(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return ErrSpent
	}
	return fmt.Errorf("looking up a link: %w", err)
}
