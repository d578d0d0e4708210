package web

import (
	"html/template"
	"net/url"
	"strings"
)

// The pages about second factors.
var (
	// LoginFactor asks for the second factor of a sign-in.
	LoginFactor = page[LoginFactorData]("login_factor")
	// AccountTOTP sets up an authenticator app.
	AccountTOTP = page[AccountTOTPData]("account_totp")
	// RecoveryCodes shows new recovery codes, once.
	RecoveryCodes = page[RecoveryCodesData]("recovery_codes")
	// AccountCodes offers new recovery codes.
	AccountCodes = page[AccountCodesData]("account_codes")
)

// LoginFactorData fills LoginFactor.
type LoginFactorData struct {
	// Action is the path of the form, and Other that of the page for the other way; empty
	// if the person has no other.
	Action, Other string
	// App is the name of the app that asks; empty without one.
	App     string
	Account Account
	// Recovery says that the page asks for a recovery code.
	Recovery bool
	// Passkey says that the person has a passkey, and Codes that there is something to type.
	Passkey, Codes bool
	// Request, UserCode, To and Stay are as in LoginData: a passkey begins the sign-in anew.
	Request, UserCode, To string
	Stay                  bool
	// TrustDays is for how many days people may trust a browser; 0: not at all.
	TrustDays int
	// Problem is why the last try failed.
	Problem string
}

// AccountTOTPData fills AccountTOTP.
type AccountTOTPData struct {
	Account Account
	// Action is the path of the form.
	Action string
	// Required says that the person has to set the app up to sign in.
	Required bool
	// There says that the person has an app already, and sees no secret.
	There bool
	// Secret is in groups of four letters, and URI is what an app reads.
	Secret string
	URI    template.URL
	// Size is the width of the QR code in modules, and Path its dark ones.
	Size    int
	Path    string
	Problem string
}

// RecoveryCodesData fills RecoveryCodes.
type RecoveryCodesData struct {
	Codes []string
	// Next is the path to go on.
	Next string
	// Added says that an authenticator app was just added, and KeyOnly that a passkey is the
	// only way in.
	Added, KeyOnly bool
}

// File returns the codes as a file to download. A link with the attribute download does not
// lead there.
func (d RecoveryCodesData) File() template.URL {
	return template.URL("data:text/plain;charset=utf-8," + url.PathEscape(strings.Join(d.Codes, "\n")+"\n")) //nolint:gosec // G203: escaped
}

// AccountCodesData fills AccountCodes.
type AccountCodesData struct {
	Account Account
	Left    int
	Problem string
}
