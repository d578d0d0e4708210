// Package signin owns what a person proved when they signed in: the levels and
// methods that there are, the proof, and the one step that honours it. Checking
// what is shown is package account's; what begins with the sign-in is package
// browser's and package session's.
package signin

import (
	"errors"
	"fmt"
	"time"

	"gatehouse/store"
)

// The values of `acr` (OIDC Core 1.0 §2) and `amr` (RFC 8176 §2) that a sign-in
// here can have.
const (
	ACRPassword = "urn:gatehouse:pwd" //nolint:gosec // G101: a name, not a credential
	AMRPassword = "pwd"
)

// ACRValues returns every level that a sign-in here can reach.
func ACRValues() []string { return []string{ACRPassword} }

// ErrCredentialsChanged says that the person was deactivated, deleted or given
// another password while the sign-in was under way.
var ErrCredentialsChanged = errors.New("credentials changed during sign-in")

// A Proof says who proved themselves, and how. It is as old as the check: Honour
// asks whether User is still as they were then.
type Proof struct {
	User   store.User
	SignIn store.SignIn
	// Method says for the audit log where the person signed in: "login", "page",
	// "password".
	Method string
	// NewHash replaces the password's hash, if it is not empty.
	NewHash string
}

// Password returns the proof of a person whose password was checked at that time.
func Password(user store.User, method string, at time.Time) Proof {
	return Proof{
		User: user, Method: method,
		SignIn: store.SignIn{At: at, ACR: ACRPassword, AMR: []string{AMRPassword}},
	}
}

// Honour notes that the person signs in at that time, in the transaction that
// writes what begins with it.
//
// Checking a password takes long enough for the person to be deactivated or to
// change it meanwhile. Honour writes the person's row on condition that it still
// says what was checked, so either the change comes first and this returns
// ErrCredentialsChanged, or the sign-in is there for the change to end.
func (p Proof) Honour(tx store.Tx, at time.Time) error {
	change := store.UserChange{LastLoginAt: &at, IfActive: true, IfPasswordHash: p.User.PasswordHash}
	if p.NewHash != "" {
		change.PasswordHash = &p.NewHash
	}
	err := tx.UpdateUser(p.User.ID, change)
	if errors.Is(err, store.ErrNotFound) {
		return ErrCredentialsChanged
	}
	if err != nil {
		return fmt.Errorf("noting the sign-in: %w", err)
	}
	return nil
}
