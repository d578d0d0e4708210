// Package signin owns the proof of a sign-in: its levels and methods, and the step that
// honours it. Package account checks the credentials. Packages browser and session own
// what begins with a sign-in.
package signin

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"gatehouse/store"
)

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

	ByPasskey   Method = "passkey"   // a passkey at our own pages
	ByChallenge Method = "challenge" // the challenge endpoint
)

var (
	// ErrCredentialsChanged says that the user was deactivated, deleted, given another
	// password or factor, or signed out everywhere during the sign-in.
	ErrCredentialsChanged = errors.New("credentials changed during sign-in")

	// ErrFactorUsed says that a factor was right when it was looked at, and used by
	// another sign-in before this one was written.
	ErrFactorUsed = errors.New("factor used by another sign-in")

	// ErrIncomplete says that a proof still lacks something. It is a fault of the caller,
	// who should have looked at Lacks.
	ErrIncomplete = errors.New("a proof that is not complete")
)

// A Proof says who signed in, and how. User is as they were at the check; Honour checks
// whether they are still the same.
type Proof struct {
	User   store.User
	SignIn store.SignIn
	// Method is where the password was entered.
	Method Method
	// NewHash replaces the password's hash, if it is not empty.
	NewHash string
	// Stolen says whether the password is in a list of stolen ones; nil: nobody looked.
	Stolen *bool
	// Lacks is what must be added before the proof can be honoured.
	Lacks Lack
	// Uses are what the sign-in uses up, each in the transaction that honours the proof.
	Uses []Use
	// Notice, if set, tells the user of the sign-in, in the transaction that honours it.
	Notice func(tx store.Tx) error
}

// A Use uses something up that works once, and returns ErrFactorUsed if another sign-in
// has done so. It only acts through tx.
type Use func(tx store.Tx, at time.Time) error

// A Lack is something that a proof lacks.
type Lack string

// What a proof can lack.
const (
	// LacksNothing: the proof can be honoured.
	LacksNothing Lack = ""
	// LacksFactor: the user has a second factor, which was not shown yet.
	LacksFactor Lack = "factor"
	// LacksEnrolment: the user must have a second factor, and has none.
	LacksEnrolment Lack = "enrolment"
)

// Password returns the proof of a user whose password was checked at that time. It lacks
// a factor if the user has a second one.
func Password(user store.User, method Method, at time.Time) Proof {
	p := Proof{
		User: user, Method: method,
		SignIn: store.SignIn{At: at, ACR: ACRPassword, AMR: []string{AMRPassword}},
	}
	if user.Factors.Second() {
		p.Lacks = LacksFactor
	}
	return p
}

// Passkey returns the proof of a user whose passkey was checked at that time, with user
// verification. It is complete on its own: the key is one factor, and what unlocks it is
// another.
func Passkey(user store.User, method Method, at time.Time, uses ...Use) Proof {
	return Proof{
		User: user, Method: method, Uses: uses,
		SignIn: store.SignIn{At: at, ACR: ACRPasskey, AMR: []string{AMRHardware, AMRUser, AMRMFA}},
	}
}

// With returns the proof with a factor that was checked at that time. Its level and
// methods are those of both.
func (p Proof) With(f Factor, at time.Time) Proof {
	p.SignIn = store.SignIn{At: at, ACR: higher(p.SignIn.ACR, f.ACR), AMR: slices.Clone(p.SignIn.AMR)}
	for _, method := range append(slices.Clone(f.AMR), AMRMFA) {
		if !slices.Contains(p.SignIn.AMR, method) {
			p.SignIn.AMR = append(p.SignIn.AMR, method)
		}
	}
	p.Lacks, p.Uses = LacksNothing, slices.Concat(p.Uses, f.Uses)
	return p
}

// Trusted returns the proof for a browser in which the user has shown their factor before
// and that they trust. It completes the proof at the level of what was shown now.
func (p Proof) Trusted() Proof {
	if p.Lacks == LacksFactor {
		p.Lacks = LacksNothing
	}
	return p
}

// Honour records that the user signs in at that time, in the transaction that writes what
// begins with the sign-in.
//
// A password check takes so long that the user may be deactivated, change the password
// or end all sessions during it. Honour writes the user's row on the condition that it
// still has what was checked. So either the change comes first and Honour returns
// ErrCredentialsChanged, or the change ends the new sign-in. Whatever adds or removes a
// factor raises the user's generation, so this holds of factors, too.
//
// The row is written first, so that of several sign-ins of one user, those that use
// factors up wait for each other.
func (p Proof) Honour(tx store.Tx, at time.Time) error {
	if p.Lacks != LacksNothing {
		return fmt.Errorf("%w: %s", ErrIncomplete, p.Lacks)
	}
	change := store.UserChange{LastLoginAt: &at, IfActive: true, IfPasswordHash: p.User.PasswordHash, IfGeneration: &p.User.Generation}
	if p.NewHash != "" {
		change.PasswordHash = &p.NewHash
	}
	if p.Stolen != nil && *p.Stolen != p.User.PasswordStolen {
		change.PasswordStolen = p.Stolen
	}
	err := tx.UpdateUser(p.User.ID, change)
	if errors.Is(err, store.ErrNotFound) {
		return ErrCredentialsChanged
	}
	if err != nil {
		return fmt.Errorf("recording the sign-in: %w", err)
	}
	for _, use := range p.Uses {
		if err := use(tx, at); err != nil {
			return err
		}
	}
	if p.Notice != nil {
		return p.Notice(tx)
	}
	return nil
}
