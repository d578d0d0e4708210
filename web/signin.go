package web

import (
	"cmp"
	"html/template"
)

// The pages on the way into an app and out of it.
var (
	// Login asks for a name and a password.
	Login = page[LoginData]("login")
	// Consent asks whether an app may have what it asks for.
	Consent = page[ConsentData]("consent")
	// Logout asks whether to sign out.
	Logout = page[LogoutData]("logout")
	// SignedOut says that the person is signed out.
	SignedOut = page[SignedOutData]("signed_out")
	// Device asks for the code that a device shows.
	Device = page[DeviceData]("device")
	// DeviceConsent asks whether that device may have what it asks for.
	DeviceConsent = page[DeviceConsentData]("device_consent")
	// DeviceDone confirms the person's decision.
	DeviceDone = page[DeviceDoneData]("device_done")
)

// LoginData fills Login.
type LoginData struct {
	// Request is the sealed authorization request that waits; UserCode is the code of
	// the device that waits. At most one of them is set.
	Request, UserCode string
	// To is the path of our own page to which the sign-in leads; empty without one.
	To string
	// App is the name of the app that asks; empty without one.
	App string
	// Username is the value that was typed before, or a likely one.
	Username string
	// Account is the person who is already signed in and has to prove it again; nil if
	// nobody is. Another is the address of the page for another account.
	Account *Account
	Another string
	// Second says that the name was typed on the page before, and shows the password alone.
	Second bool
	// Stay is whether the choice to stay signed in is ticked.
	Stay bool
	// Forgot is the path for those who forgot their password, and SignUp the one for those
	// without an account; empty: there is none.
	Forgot, SignUp string
	// Problem is why the last try failed.
	Problem string
	// Passkeys says that there are passkeys here, and Forget tells the browser of one that
	// nobody has any more.
	Passkeys bool
	Forget   Signal
}

// An Account is the person that a page addresses. A form carries Sub, and whoever answers
// it must be that person.
type Account struct {
	Sub, Username, Email string
	// Name is the person's own name; empty: unknown.
	Name string
}

// Called returns what the person is called.
func (a Account) Called() string { return cmp.Or(a.Name, a.Username) }

// ConsentData fills Consent.
type ConsentData struct {
	Request string
	// App is the app's name or, if Claim is set, the host of its address.
	App string
	// Host is the app's host; empty for an app on the person's own machine.
	Host    string
	Claim   *Claim
	Account Account
	// Asked is what the app asks for, and Granted what the person has allowed it before.
	Asked, Granted []Scope
	// Another is the address of the page for another account.
	Another string
}

// A Scope is what a scope lets an app do, in words, and the name of the API where it does;
// empty: none.
type Scope struct {
	Text, API string
	Sensitive bool
}

// A Claim is what an app says of itself that nobody here registered.
type Claim struct {
	Name string
	// ID is the address that identifies the app.
	ID string
	// Back is where the person is led back to, in words; empty if they are not.
	Back string
	// Here says that the app is always on the person's own machine, as any program there
	// could be.
	Here bool
}

// LogoutData fills Logout.
type LogoutData struct {
	Request string
	// App is the name of the app that sent the person here; empty without one.
	App     string
	Account Account
}

// SignedOutData fills SignedOut.
type SignedOutData struct {
	App string
	// Return is the registered address at which the person may go back to the app;
	// empty without one. Its scheme may be a private one.
	Return template.URL
}

// DeviceData fills Device.
type DeviceData struct{ UserCode, Problem string }

// DeviceConsentData fills DeviceConsent.
type DeviceConsentData struct {
	UserCode, App string
	Claim         *Claim
	// IP is the network address of the device; Since is how long ago it asked.
	IP, Since string
	Account   Account
	Asked     []Scope
	Another   string
}

// DeviceDoneData fills DeviceDone.
type DeviceDoneData struct {
	Allowed bool
	App     string
}
