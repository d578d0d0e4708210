package session

import (
	"errors"
	"fmt"

	"gatehouse/internal/token"
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

// Why a request with a good token, or a right password, is refused.
var (
	// ErrScope: a refresh asked for more than was granted. The token is not used up.
	ErrScope = errors.New("scope wider than granted")

	// ErrCredentialsChanged: the person was deactivated, deleted or given another
	// password while the sign-in was under way.
	ErrCredentialsChanged = errors.New("credentials changed during sign-in")
)

// verifying makes a refusal of package token an ErrInvalid, and leaves trouble
// with the keys what it is.
func verifying(err error) error {
	if errors.Is(err, token.ErrInvalid) {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return fmt.Errorf("verifying a token: %w", err)
}
