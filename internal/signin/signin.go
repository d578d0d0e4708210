// Package signin owns the proof of a sign-in: its levels and methods, and the step that
// honours it. Package account checks the credentials. Packages browser and session own
// what begins with a sign-in.
package signin

import (
	"errors"
	"fmt"
	"time"

	"gatehouse/store"
)

// The values of `acr` (OIDC Core 1.0 §2) and `amr` (RFC 8176 §2) of a sign-in here.
const (
	ACRPassword = "urn:gatehouse:pwd" //nolint:gosec // G101: a name, not a credential
	AMRPassword = "pwd"
)

// ACRValues returns every level that a sign-in here can reach.
func ACRValues() []string { return []string{ACRPassword} }

// A Method says in the audit log and in the metrics where a password was entered, or
// what was redeemed. The values are on record, so they never change.
type Method string

// The methods.
const (
	ByLogin    Method = "login"    // the accounts endpoint
	ByPage     Method = "page"     // our own sign-in page
	ByPassword Method = "password" // the password grant (RFC 6749 §4.3)
	ByConfirm  Method = "confirm"  // a change to one's own account; no session begins
	ByCode     Method = "code"     // an authorization code (RFC 6749 §4.1)
	ByDevice   Method = "device"   // a device code (RFC 8628)
)

// ErrCredentialsChanged says that the user was deactivated, deleted, given another
// password or signed out everywhere during the sign-in.
var ErrCredentialsChanged = errors.New("credentials changed during sign-in")

// A Proof says who signed in, and how. User is as they were at the check; Honour checks
// whether they are still the same.
type Proof struct {
	User   store.User
	SignIn store.SignIn
	// Method is where the password was entered.
	Method Method
	// NewHash replaces the password's hash, if it is not empty.
	NewHash string
}

// Password returns the proof of a user whose password was checked at that time.
func Password(user store.User, method Method, at time.Time) Proof {
	return Proof{
		User: user, Method: method,
		SignIn: store.SignIn{At: at, ACR: ACRPassword, AMR: []string{AMRPassword}},
	}
}

// Honour records that the user signs in at that time, in the transaction that writes what
// begins with the sign-in.
//
// A password check takes so long that the user may be deactivated, change the password
// or end all sessions during it. Honour writes the user's row on the condition that it
// still has what was checked. So either the change comes first and Honour returns
// ErrCredentialsChanged, or the change ends the new sign-in.
func (p Proof) Honour(tx store.Tx, at time.Time) error {
	change := store.UserChange{LastLoginAt: &at, IfActive: true, IfPasswordHash: p.User.PasswordHash, IfGeneration: &p.User.Generation}
	if p.NewHash != "" {
		change.PasswordHash = &p.NewHash
	}
	err := tx.UpdateUser(p.User.ID, change)
	if errors.Is(err, store.ErrNotFound) {
		return ErrCredentialsChanged
	}
	if err != nil {
		return fmt.Errorf("recording the sign-in: %w", err)
	}
	return nil
}
