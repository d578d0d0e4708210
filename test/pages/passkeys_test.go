package pages_test

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"gatehouse/internal/test/chromium"
	"gatehouse/internal/test/testkit"
)

// createKey presses the button of a passkey in place of a password.
var createKey = chromedp.Click(chromedp.CSS(`form[data-passkey="create"] button`))

// TestPasskeysAloneInABrowser looks at the pages of people who have no password: a sign-up
// and an invitation with a passkey, their accounts, and what a mailed link asks of them.
func TestPasskeysAloneInABrowser(t *testing.T) {
	testkit.Long(t)
	w := &walk{site: open(t, "GATEHOUSE_SIGNUP_PASSKEY=allow"), first: chromium.OpenFor(t, 5*time.Minute), tabs: map[string]*chromium.Tab{}}
	axe := axeCore(t)
	look := func(name string) { t.Helper(); w.examine(name, axe) }
	goOn := func(what, next string, steps ...step) {
		t.Helper()
		w.tab.Run(what, append(steps, chromedp.WaitVisible(chromedp.CSS(next)))...)
	}
	w.as("kim")
	w.tab.Authenticator()
	goOn("opening the sign-up", `form[data-passkey="create"] button`, chromedp.Navigate(w.issuer+"/signup"))
	look("signup-passkey")
	goOn("with a taken name", "#username[aria-invalid]", fill("username", "ann"), fill("email", "kim@people.example"), createKey)
	look("signup-passkey-wrong")
	goOn("with another name", "#codes", fill("username", "kim"), createKey)
	look("signup-passkey-codes")
	goOn("opening the account", "main h1", chromedp.Navigate(w.issuer+"/account"))
	look("account-passkey-alone")
	goOn("opening the passkeys", ".passkeys li", chromedp.Navigate(w.issuer+"/account/passkeys"))
	look("account-passkeys-alone")
	goOn("opening the password", "main h1", chromedp.Navigate(w.issuer+"/account/password"))
	look("account-password-none")

	var reset struct{ Link string }
	w.run("", &reset, "user", "reset-link", "kim", "--json")
	w.as("kim elsewhere")
	w.tab.Authenticator()
	goOn("opening a mailed link", "#otp", chromedp.Navigate(reset.Link))
	look("reset-passkey-alone")
	goOn("with a wrong code", "#otp[aria-invalid]", fill("otp", "AAAA-AAAA-AAAA"), createKey)
	look("reset-passkey-alone-wrong")

	w.as("ines")
	w.tab.Authenticator()
	goOn("accepting an invitation", `form[data-passkey="create"] button`, chromedp.Navigate(w.issuer+w.words["invite"]))
	look("invite-passkey")
	goOn("with a passkey", "#codes", createKey)
	look("invite-passkey-codes")
	for _, tab := range w.tabs {
		tab.Quiet("422")
	}
}

// TestAPasskeyAsTheSecondStep looks at the page that asks for one after the password.
func TestAPasskeyAsTheSecondStep(t *testing.T) {
	testkit.Long(t)
	w := &walk{site: open(t), first: chromium.OpenFor(t, 3*time.Minute), tabs: map[string]*chromium.Tab{}}
	w.as("ann")
	keys := w.tab.Authenticator()
	w.tab.Run("adding a passkey", chromedp.Navigate(w.issuer+"/account/passkeys"), chromedp.WaitVisible(chromedp.CSS(`form[data-passkey="create"] button`)), createKey, chromedp.WaitVisible(chromedp.CSS("#codes")))
	keys.Absent(true)
	w.tab.Run("signing out", chromedp.Navigate(w.issuer+"/logout"), submit, chromedp.WaitNotPresent(chromedp.CSS(`main button[type="submit"]`)))
	w.tab.Run("typing the password", chromedp.Navigate(w.issuer+"/login"), fill("username", "ann"), fill("password", password), submit, chromedp.WaitVisible(chromedp.CSS(`form[data-passkey="get"] button`)))
	w.examine("second-step-passkey", axeCore(t))
	keys.Absent(false)
	w.tab.Run("pressing the button", chromedp.Click(chromedp.CSS(`form[data-passkey="get"] button`)), chromedp.WaitVisible(chromedp.CSS(signedIn)))
	w.tab.Quiet()
}
