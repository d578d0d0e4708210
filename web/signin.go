package web

import "html/template"

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
	// App is the name of the app that asks; empty without one.
	App string
	// Username is the value that was typed before, or a likely one.
	Username string
	// Account is the person who is already signed in and has to prove it again; nil if
	// nobody is. Another is the address of the page for another account.
	Account *Account
	Another string
	// Problem is why the last try failed.
	Problem string
}

// An Account is the person that a page addresses. A form carries Sub, and whoever answers
// it must be that person.
type Account struct{ Sub, Username, Email string }

// ConsentData fills Consent.
type ConsentData struct {
	Request string
	App     string
	// Host is the app's host; empty for an app on the person's own machine.
	Host    string
	Account Account
	// Scopes is what the app asks for, in words.
	Scopes []string
	// Another is the address of the page for another account.
	Another string
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
	// IP is the network address of the device; Since is how long ago it asked.
	IP, Since string
	Account   Account
	Scopes    []string
	Another   string
}

// DeviceDoneData fills DeviceDone.
type DeviceDoneData struct {
	Allowed bool
	App     string
}
