// Package mail sends messages to people.
//
// A message is added to the outbox in the transaction of the act that it tells of, so that
// there is no act without its message and no message without its act. A Sender delivers
// what waits there, and repeats failed tries for a day. What a message says is sealed, so
// that nobody who reads the database learns an address or a link.
//
// Package link makes the links; this one only carries them.
package mail

import (
	"time"
)

// A Purpose is why a message is sent. It is on record, so its name never changes. Each has
// templates of its own.
type Purpose = string

// The purposes with a link, which Data has as "Link".
const (
	Verify  Purpose = "verify"  // to prove an address
	Reset   Purpose = "reset"   // to set a new password
	Invite  Purpose = "invite"  // to set the first password
	SignUp  Purpose = "signup"  // to go on with a sign-up
	Address Purpose = "address" // to prove the new address of an account
)

// The notices, without a link.
const (
	SignUpTaken     Purpose = "signup_taken" // somebody wanted to sign up with the address of an account
	NewSignIn       Purpose = "new_signin"   // a sign-in from a browser that the person had not used before
	PasswordChanged Purpose = "password_changed"
	AddressChanged  Purpose = "address_changed"
	FactorChanged   Purpose = "factor_changed" // a second factor was added or removed
	Guessing        Purpose = "guessing"       // somebody guessed at a second factor
)

// Purposes returns every purpose.
func Purposes() []Purpose {
	return []Purpose{
		Verify, Reset, Invite, SignUp, Address,
		SignUpTaken, NewSignIn, PasswordChanged, AddressChanged, FactorChanged, Guessing,
	}
}

// A Message is one that is to be sent.
type Message struct {
	Purpose Purpose
	// To is an address, without a name.
	To string
	// UserID is whom the message is about; 0: nobody yet. The message goes when they are
	// deleted.
	UserID int64
	// Sub names the same person in the audit log; empty: nobody.
	Sub string
	// Language is a language tag (BCP 47), such as "de-AT"; empty: the default.
	Language string
	// Data is what the template of the purpose needs. Where the recipient has not proved
	// that the address is theirs, nothing in it may be text that a stranger chose.
	Data map[string]string
	// Until is when the message is of no use any more, such as the end of its link; zero:
	// after a day.
	Until time.Time
}

// keep is how long a message is tried.
const keep = 24 * time.Hour
