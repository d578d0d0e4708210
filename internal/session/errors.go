package session

import (
	"context"
	"errors"
	"fmt"

	"gatehouse/internal/refusal"
	"gatehouse/internal/token"
	"gatehouse/store"
)

// ErrInvalid says that a token is not valid. The reason follows in the text, and the
// errors below and those of package token are in the chain. Every error that is not an
// ErrInvalid is a fault of ours.
var ErrInvalid = errors.New("token not valid")

// The reasons why a token that we signed has become invalid. Each is an ErrInvalid.
var (
	// ErrEnded: the session has ended or expired, or the token was revoked.
	ErrEnded = invalid(refusal.SessionEnded, "session ended")
	// ErrUserGone: the user was deleted.
	ErrUserGone = invalid(refusal.PersonGone, "no such person")
	// ErrUserInactive: the user was deactivated.
	ErrUserInactive = invalid(refusal.PersonInactive, "person inactive")
	// ErrClientGone: the client was deleted or disabled.
	ErrClientGone = invalid(refusal.ClientDisabled, "client gone or disabled")
)

func invalid(kind refusal.Kind, reason string) error {
	return refusal.With(fmt.Errorf("%w: %s", ErrInvalid, reason), refusal.Fact{Kind: kind})
}

// verifying turns a refusal of package token into an ErrInvalid, but not a fault of the
// keys.
func verifying(err error) error {
	if errors.Is(err, token.ErrInvalid) {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return fmt.Errorf("verifying a token: %w", err)
}

// presented does what verifying does, but answers a token of a later time as a fault.
// Such a token is good, because our clock is wrong or another replica's was. A refusal
// would sign people out at a refresh, and an introspection or a revocation would treat
// a token as void that works again later. Where a token is only used, verifying refuses
// it, and the client refreshes. If the session of the token has ended, presented refuses
// it too, so that the person signs in again.
func (s *Service) presented(ctx context.Context, err error, sid, sub, clientID string) error {
	if errors.Is(err, token.ErrEarly) {
		if _, _, ended := s.living(ctx, s.DB.SessionInUse, sid, sub, clientID); sid != "" && errors.Is(ended, ErrInvalid) {
			return ended
		}
		return fmt.Errorf("verifying a token: %w: the clock was set back: %v", store.ErrUnavailable, err) //nolint:errorlint // it must not be an ErrInvalid
	}
	return verifying(err)
}
