package web

import "html/template"

// The pages on the way into an app and out of it.
var (
	// Login asks for a name and a password.
	Login = page[LoginData]("login")
	// Consent asks whether an app may have what it wants.
	Consent = page[ConsentData]("consent")
	// Logout asks whether to sign out.
	Logout = page[LogoutData]("logout")
	// SignedOut says that it has happened.
	SignedOut = page[SignedOutData]("signed_out")
	// Device asks for the code that a device shows.
	Device = page[DeviceData]("device")
	// DeviceConsent asks whether that device may have what it wants.
	DeviceConsent = page[DeviceConsentData]("device_consent")
	// DeviceDone says how it was decided.
	DeviceDone = page[DeviceDoneData]("device_done")
)

// LoginData fills Login.
type LoginData struct {
	// Request is the sealed authorization request that waits; UserCode the code of
	// a device that does. At most one of them is there.
	Request, UserCode string
	// App is the name of the app that asks; empty: nobody does.
	App string
	// Username is what was typed before, or what is likely.
	Username string
	// Account is who is signed in here already, and has to prove it once more.
	// Another is where to go if that is somebody else.
	Account *Account
	Another string
	// Problem is why the last try failed.
	Problem string
}

// An Account is whom a page talks to.
type Account struct{ Username, Email string }

// ConsentData fills Consent.
type ConsentData struct {
	Request string
	App     string
	// Host is where the app is; empty for one on the person's own machine.
	Host    string
	Account Account
	// Scopes is what the app asks for, in words.
	Scopes []string
	// Another is where to go with another account.
	Another string
}

// LogoutData fills Logout.
type LogoutData struct {
	Request string
	// App is the name of the app that sent the person here; empty: none.
	App     string
	Account Account
}

// SignedOutData fills SignedOut. Return is the address of the app that asked,
// where the person may go back to; empty: none.
type SignedOutData struct {
	App string
	// Return was registered by the app, so it may also be of a scheme of its own.
	Return template.URL
}

// DeviceData fills Device.
type DeviceData struct{ UserCode, Problem string }

// DeviceConsentData fills DeviceConsent.
type DeviceConsentData struct {
	UserCode, App string
	// IP is where the device called from; Since how long ago.
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
