package store

import (
	"context"
	"time"
)

// A Passkey is a WebAuthn credential of a person.
type Passkey struct {
	// ID is the credential's ID, which the authenticator chose: 1 to MaxPasskeyID bytes.
	ID     []byte
	UserID int64
	// Name is what the person calls it.
	Name string
	// Credential is JSON of package passkey: the public key and what is known of the
	// authenticator. It has no secret.
	Credential []byte
	// SignCount is the authenticator's counter at the last use; 0 if it keeps none
	// (WebAuthn Level 3 §6.1.1).
	SignCount uint32
	CreatedAt time.Time
	// LastUsedAt is zero until the first sign-in with it.
	LastUsedAt time.Time
}

// MaxPasskeyID is how long a credential's ID may be (WebAuthn Level 3 §4).
const MaxPasskeyID = 1023

// MaxPasskeys is how many passkeys a person may have: more than devices and keys to them.
const MaxPasskeys = 50

// Passkeys reads passkeys.
type Passkeys interface {
	// PasskeyByID returns ErrNotFound for an unknown credential.
	PasskeyByID(ctx context.Context, id []byte) (Passkey, error)
	// ListPasskeys returns the person's passkeys, the oldest first.
	ListPasskeys(ctx context.Context, userID int64) ([]Passkey, error)
}

// PasskeysTx changes passkeys. A caller that adds or removes one also writes User.Factors in the
// same transaction, with the person locked.
type PasskeysTx interface {
	// AddPasskey returns ErrConflict if anybody has a credential with this ID, and ErrFull if
	// the person has MaxPasskeys.
	AddPasskey(p Passkey) error
	// UsePasskey writes p's Credential, SignCount and LastUsedAt, and reports true, if the
	// counter has risen since the last use, or is 0 and was 0. Of any number of callers
	// that show the same counter above 0, one gets true. It returns ErrNotFound if the
	// person has no such passkey any more.
	UsePasskey(p Passkey) (bool, error)
	// RenamePasskey gives a passkey of the person another name, or returns ErrNotFound.
	RenamePasskey(userID int64, id []byte, name string) error
	// RemovePasskey removes a passkey of the person and returns how many are left, or
	// returns ErrNotFound.
	RemovePasskey(userID int64, id []byte) (left int, err error)
}
