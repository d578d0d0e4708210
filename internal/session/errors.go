package session

import (
	"context"
	"errors"
	"fmt"

	"gatehouse/internal/token"
	"gatehouse/store"
)

// ErrInvalid says that a token is not good; the reason follows in the text, and
// the errors below and those of package token are in the chain. Everything that
// is not an ErrInvalid is a fault of ours.
var ErrInvalid = errors.New("token not valid")

// Why a token that we did sign is good no longer. Each is an ErrInvalid.
var (
	// ErrEnded: its session has ended or expired, or it was revoked.
	ErrEnded = fmt.Errorf("%w: session ended", ErrInvalid)
	// ErrUserGone: the person was deleted.
	ErrUserGone = fmt.Errorf("%w: no such person", ErrInvalid)
	// ErrUserInactive: the person was deactivated.
	ErrUserInactive = fmt.Errorf("%w: person inactive", ErrInvalid)
	// ErrClientGone: the app was erased or switched off.
	ErrClientGone = fmt.Errorf("%w: client gone or disabled", ErrInvalid)
)

// ErrScope says that a refresh asked for more than was granted. The token is not
// used up.
var ErrScope = errors.New("scope wider than granted")

// verifying makes a refusal of package token an ErrInvalid, and leaves trouble
// with the keys what it is.
func verifying(err error) error {
	if errors.Is(err, token.ErrInvalid) {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return fmt.Errorf("verifying a token: %w", err)
}

// presented is verifying for who asks about a token, or wants to refresh or revoke
// it. One of a later time is good, and our clock is wrong or another replica's was:
// "no" would sign people out, or pass a token for revoked that works again later.
// Who only shows it is refused all the same, and refreshes. Once its session has ended
// it is not good at any time, and its holder is told so, and signs in again.
func (s *Service) presented(ctx context.Context, err error, sid, sub, clientID string) error {
	if errors.Is(err, token.ErrEarly) {
		if _, _, ended := s.living(ctx, sid, sub, clientID); sid != "" && errors.Is(ended, ErrInvalid) {
			return ended
		}
		return fmt.Errorf("verifying a token: %w: the clock was set back: %v", store.ErrUnavailable, err) //nolint:errorlint // it must not be an ErrInvalid
	}
	return verifying(err)
}
