package web

import "html/template"

// The pages to which one-time links lead, and those where people ask for one.
var (
	// SignUp asks for a new account or, where addresses must be proved, for the address.
	SignUp = page[SignUpData]("signup").withToken()
	// Forgot asks for the address of somebody who forgot their password.
	Forgot = page[ForgotData]("forgot")
	// Sent says that a link is on its way, if there is anybody to get it.
	Sent = page[SentData]("sent")
	// Reset asks for a new password.
	Reset = page[ResetData]("reset").withToken()
	// Verify asks whether an address is to be confirmed. Opening the page does not confirm
	// it, because programs that look for harmful links open them too.
	Verify = page[VerifyData]("verify").withToken()
	// LinkDone says what a link has done.
	LinkDone = page[LinkDoneData]("link_done")
	// LinkSpent says that a link does not work any more, and what to do.
	LinkSpent = page[LinkSpentData]("link_spent")
)

// SignUpData fills SignUp.
type SignUpData struct {
	// Request is the sealed authorization request that waits, and App the name of its app.
	Request, App string
	// AddressOnly says that the address must be proved first; Token is of the link that
	// proved Email.
	AddressOnly bool
	Token       string
	// Username and Email are as typed.
	Username, Email string
	// MinLength is of passwords, in characters.
	MinLength int
	// Options is where the script asks for the options of a passkey in place of the
	// password; empty if there must be one.
	Options string
	// Errors are messages by field; Problem concerns the form as a whole.
	Errors  map[string][]string
	Problem string
	// Login is the path for those who have an account.
	Login string
}

// Focus returns the field that gets the focus: the first with an error, or else the first.
func (d SignUpData) Focus() string {
	first := "username"
	if d.AddressOnly {
		first = "email"
	}
	return firstFault(d.Errors, first, "username", "email", "password")
}

// ForgotData fills Forgot.
type ForgotData struct {
	Request string
	// Reaches says that mail is set up. Without it, the page says whom to ask.
	Reaches bool
	Email   string
	Errors  map[string][]string
	Problem string
	Login   string
}

// SentData fills Sent.
type SentData struct {
	Email string
	// SignUp says that the link is for a new account.
	SignUp bool
	// Again is the path at which to ask for another link.
	Again, Login string
}

// ResetData fills Reset.
type ResetData struct {
	// Path is where the form leads.
	Path, Token string
	Username    string
	// First says that the person has no password yet, and Invited that they have no other
	// way to sign in either.
	First, Invited bool
	// Second says that a code is needed, too.
	Second    bool
	MinLength int
	// Options is as in SignUpData.
	Options string
	Errors  map[string][]string
	Problem string
}

// Focus returns the field that gets the focus.
func (d ResetData) Focus() string { return firstFault(d.Errors, "password", "password", "otp") }

// VerifyData fills Verify.
type VerifyData struct{ Token, Email, Problem string }

// LinkDoneData fills LinkDone. Action is what its button says, and Path where it leads.
type LinkDoneData struct {
	Heading, Text string
	Action, Path  string
}

// LinkSpentData fills LinkSpent. Action is empty if there is nobody to ask but an
// administrator.
type LinkSpentData struct {
	Text         string
	Action, Path string
}

// A firstKey is the form of a passkey in place of a password: the ID of the form beside it,
// its path, and where its script asks for the options.
type firstKey struct{ Beside, Action, Options string }

// firstFault returns the first of the fields that has an error, or else otherwise.
func firstFault(errors map[string][]string, otherwise string, fields ...string) string {
	for _, field := range fields {
		if len(errors[field]) > 0 {
			return field
		}
	}
	return otherwise
}

// passwordHint says what a good password is like.
func passwordHint(l Language, least int) template.HTML {
	return l.markup("At least %d characters. Long beats complicated: a few unrelated words do well.", least)
}
