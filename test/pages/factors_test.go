package pages_test

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/pquerna/otp/totp"

	"gatehouse/internal/test/chromium"
	"gatehouse/internal/test/testkit"
)

// A secondStep is a person in a browser who sets up an authenticator app, and signs in with
// it and with a recovery code.
type secondStep struct {
	*site
	tab   *chromium.Tab
	name  string
	key   string
	codes []string
	axe   string // empty: pages are not examined
}

// TestASecondStepInABrowser goes the way of people with scripts and without.
func TestASecondStepInABrowser(t *testing.T) {
	testkit.Long(t)
	axe := axeCore(t)
	s := open(t, "GATEHOUSE_REQUIRE_FACTOR=staff", "GATEHOUSE_TRUSTED_BROWSERS=720h")
	first := chromium.OpenFor(t, 5*time.Minute)
	for _, way := range []struct {
		what, user, staff string
		without           bool
	}{{"with scripts", "una", "sid", false}, {"without scripts", "uwe", "sue", true}} {
		s.run(password+"\n", nil, "user", "create", "--username", way.user, "--email", way.user+"@people.example", "--password-stdin", "--json")
		s.run(password+"\n", nil, "user", "create", "--username", way.staff, "--email", way.staff+"@people.example", "--role", "staff", "--password-stdin", "--json")
		for _, name := range []string{way.user, way.staff} {
			p := &secondStep{site: s, tab: first.Stranger(t), name: name, axe: axe}
			if way.without {
				p.tab.WithoutScripts()
				p.axe = "" // it needs scripts
			}
			t.Run(way.what+" "+name, func(t *testing.T) {
				p.t = t
				if name == way.user {
					p.byChoice()
				} else {
					p.required()
				}
				p.tab.Quiet()
			})
		}
	}
}

const (
	signedIn = `a[href="/logout"]`
	otpField = `#otp`
)

// password types the name and the password, and waits for what comes.
func (p *secondStep) password(next string) {
	p.t.Helper()
	p.tab.Run("typing the password", chromedp.Navigate(p.issuer+"/login"), fill("username", p.name), fill("password", password), submit, chromedp.WaitVisible(chromedp.CSS(next)))
}

func (p *secondStep) signOut() {
	p.t.Helper()
	p.tab.Run("signing out", chromedp.Navigate(p.issuer+"/logout"), submit, chromedp.WaitNotPresent(chromedp.CSS(`main button[type="submit"]`)))
}

// enrol types a code of the key that the page shows, and keeps the recovery codes.
func (p *secondStep) enrol() {
	p.t.Helper()
	p.tab.Run("looking at the key", chromedp.WaitVisible(chromedp.CSS("svg.qr")))
	p.key = strings.ReplaceAll(chromium.Value(p.tab, chromedp.Text(chromedp.CSS("#secret"))), " ", "")
	p.tab.Run("switching it on", fill("otp", p.code(0)), submit, chromedp.WaitVisible(chromedp.CSS("#codes")))
	p.codes = strings.Fields(chromium.Value(p.tab, chromedp.Text(chromedp.CSS("#codes"))))
	if len(p.codes) != 10 {
		p.t.Fatalf("the page shows the codes %q, want ten", p.codes)
	}
	p.look("recovery-codes")
	p.tab.Run("keeping the codes", chromedp.Click(chromedp.CSS("main a.button:not(.quiet)")), chromedp.WaitNotPresent(chromedp.CSS("#codes")))
}

// look examines a page as TestEveryPage does.
func (p *secondStep) look(name string) {
	p.t.Helper()
	if p.axe != "" {
		(&walk{site: p.site, tab: p.tab}).examine(name, p.axe)
	}
}

// code returns the code that the app shows after a while.
func (p *secondStep) code(ahead time.Duration) string {
	p.t.Helper()
	code, err := totp.GenerateCode(p.key, time.Now().Add(ahead))
	if err != nil {
		p.t.Fatalf("making a code of the key %q: %v", p.key, err)
	}
	return code
}

func (p *secondStep) byChoice() {
	p.password(signedIn)
	p.tab.Run("opening the set-up", chromedp.Navigate(p.issuer+"/account/totp"))
	p.enrol()
	p.signOut()
	p.password(otpField)
	p.look("second-step")
	p.tab.Run("typing a wrong code", fill("otp", "000 000"), submit, chromedp.WaitVisible(chromedp.CSS("#problem")))
	p.look("second-step-wrong")
	p.tab.Run("typing the next code", fill("otp", p.code(30*time.Second)), submit, chromedp.WaitVisible(chromedp.CSS(signedIn)))
	p.signOut()
	p.password(otpField)
	p.tab.Run("choosing a recovery code", chromedp.Click(chromedp.CSS("a.way")), chromedp.WaitVisible(chromedp.CSS("#recovery_code")))
	p.look("second-step-recovery")
	p.tab.Run("typing it", fill("recovery_code", strings.ToUpper(p.codes[2])), chromedp.Click(chromedp.CSS(`input[name="trust"]`)), submit, chromedp.WaitVisible(chromedp.CSS(signedIn)))
	p.signOut()
	p.password(signedIn) // the browser is trusted
}

// required: staff must have a second step, and set it up on their way in.
func (p *secondStep) required() {
	p.password(otpField)
	p.look("second-step-required")
	p.enrol()
	p.tab.Run("being signed in", chromedp.Navigate(p.issuer+"/account"), chromedp.WaitVisible(chromedp.CSS("main h1")))
	p.tab.Says(p.name)
	p.signOut()
	p.password(otpField)
	p.tab.Run("typing the next code", fill("otp", p.code(30*time.Second)), submit, chromedp.WaitVisible(chromedp.CSS(signedIn)))
}
