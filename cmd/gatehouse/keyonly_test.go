package main

import (
	"testing"

	"github.com/chromedp/chromedp"

	"gatehouse/config"
	"gatehouse/internal/account"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/internal/test/chromium"
	"gatehouse/internal/test/mailbox"
	"gatehouse/store"
)

// keyOnly opens a gate where people may sign up with a passkey alone, and which has mail.
func keyOnly(t *testing.T, changes ...func(*config.Config)) (*gate, *mailbox.Server) {
	t.Helper()
	box := mailbox.Open(t)
	changes = append(changes, withMail(box), func(cfg *config.Config) { cfg.SignUpPasskey = true })
	return openLocally(t, changes...), box
}

// createKey presses the button of a passkey in place of a password, and waits for a part of
// the page that follows.
func createKey(tab *chromium.Tab, what, then string) {
	tab.Run(what, chromedp.WaitVisible(chromedp.CSS(`form[data-passkey="create"] button`)), chromedp.Click(chromedp.CSS(`form[data-passkey="create"] button`)),
		chromedp.WaitVisible(chromedp.CSS(then)))
}

// typed types into a field.
func typed(id, text string) chromedp.Action[chromedp.Void] {
	return chromedp.SendKeys(chromedp.ID(id), text)
}

func firstCode(tab *chromium.Tab) string {
	return chromium.Value(tab, chromedp.Evaluate[string](`document.querySelector("#codes code").textContent`))
}

// wantKeyOnly checks that the person has no password, and a passkey that is in the browser.
func (g *gate) wantKeyOnly(keys *chromium.Authenticator, name string) store.User {
	g.t.Helper()
	u, err := g.db.UserByName(g.t.Context(), name)
	if err != nil || u.PasswordHash != "" || u.Factors != store.FactorPasskey|store.FactorRecovery {
		g.t.Fatalf("%s is %+v, %v; want a person with a passkey and recovery codes, and no password", name, u, err)
	}
	made := keys.Passkeys()
	if last := made[len(made)-1]; string(last.UserHandle) != u.Sub {
		g.t.Errorf("the passkey is for %q, want %q", last.UserHandle, u.Sub)
	}
	return u
}

// signsIn opens the sign-in page, where the virtual authenticator answers by itself.
func (g *gate) signsIn(tab *chromium.Tab) {
	tab.Run("the browser offers the passkey", chromedp.Navigate(g.door.URL+"/login?to=%2Faccount%2Fpasskeys"), chromedp.WaitVisible(chromedp.CSS(".passkeys li")))
}

// TestAPersonWithAPasskeyAlone signs up in Chromium without a password, signs in, loses the
// device, and comes back by mail and recovery code on another one.
func TestAPersonWithAPasskeyAlone(t *testing.T) {
	first := chromium.Open(t)
	g, box := keyOnly(t)
	keys := first.Authenticator()
	first.Run("signing up", chromedp.Navigate(g.door.URL+"/signup"), chromedp.WaitVisible(chromedp.ID("username")), typed("username", "ann"), typed("email", "kim@example.com"))
	createKey(first, "with a taken name", "#username[aria-invalid]")
	first.Says("A user with that username already exists.")
	if n := len(keys.Passkeys()); n != 0 {
		t.Errorf("the authenticator has %d passkeys after a refused form, want none", n)
	}
	first.Run("with another name", chromedp.Clear(chromedp.ID("username")), typed("username", "kim"))
	createKey(first, "with another name", "#codes")
	first.Says("Keep these recovery codes", "You sign in with your passkey alone.")
	code := firstCode(first)
	kim := g.wantKeyOnly(keys, "kim")
	first.Run("signed in already", chromedp.Navigate(g.door.URL+"/account/passkeys"), chromedp.WaitVisible(chromedp.CSS(".passkeys li")))
	first.Says("only way into your account")
	g.signOut(first)
	g.signsIn(first)
	first.Quiet("422")

	second := first.Stranger(t)
	others := second.Authenticator()
	box.Next(t, "kim@example.com") // to prove the address
	second.Run("having lost it", chromedp.Navigate(g.door.URL+"/forgot"), chromedp.WaitVisible(chromedp.ID("email")), typed("email", "kim@example.com\r"), chromedp.WaitNotPresent(chromedp.ID("email")))
	second.Run("opening the mail", chromedp.Navigate(g.linkIn(box, "kim@example.com")), chromedp.WaitVisible(chromedp.ID("otp")))
	second.Says("Choose a password", "kim")
	second.Run("with a wrong code", typed("otp", "AAAA-AAAA-AAAA-AAAA"))
	createKey(second, "with a wrong code", "#otp[aria-invalid]")
	second.Says("This code is not right, or was used before.")
	second.Run("with a right one", typed("otp", code))
	createKey(second, "with a right one", `main a[href="/login"]`)
	second.Says("Your passkey is set")
	g.wantKeyOnly(others, "kim")
	g.signsIn(second)
	second.Quiet("422")
	if left, err := g.db.ListRecoveryCodes(t.Context(), kim.ID); err != nil || len(left) != 9 {
		t.Errorf("%d recovery codes are left, %v; want 9", len(left), err)
	}
	keys.Absent(true)
	first.Run("the first browser is signed out", chromedp.Navigate(g.door.URL+"/account/passkeys"), chromedp.WaitVisible(chromedp.ID("login")))
}

// linkIn returns the link of the next mail that has one.
func (g *gate) linkIn(box *mailbox.Server, to string) string {
	g.t.Helper()
	for {
		if got := box.Next(g.t, to); got.Link != "" {
			return got.Link
		}
	}
}

func TestASignUpWithAProvedAddressAndAPasskeyAlone(t *testing.T) {
	tab := chromium.Open(t)
	g, box := keyOnly(t, func(cfg *config.Config) { cfg.SignUp = "verified" })
	keys := tab.Authenticator()
	tab.Run("asking for the link", chromedp.Navigate(g.door.URL+"/signup"), chromedp.WaitVisible(chromedp.ID("email")), typed("email", "lou@example.com\r"), chromedp.WaitNotPresent(chromedp.ID("email")))
	tab.Run("opening the mail", chromedp.Navigate(g.linkIn(box, "lou@example.com")), chromedp.WaitVisible(chromedp.ID("username")), typed("username", "lou"))
	createKey(tab, "signing up", "#codes")
	if lou := g.wantKeyOnly(keys, "lou"); !lou.EmailVerified || lou.Email != "lou@example.com" {
		t.Errorf("the address %s, verified: %t; want lou's, verified", lou.Email, lou.EmailVerified)
	}
	tab.Quiet()
}

func TestAnInvitationIsAcceptedWithAPasskeyAlone(t *testing.T) {
	tab := chromium.Open(t)
	g := openLocally(t)
	keys := tab.Authenticator()
	_, invited, err := g.people.CreateOrInvite(t.Context(), authz.Operator, account.Input{
		Username: fields.Given("mia"), Email: fields.Given("mia@example.com"), Invite: fields.Flag{Sent: true, Value: true},
	})
	if err != nil {
		t.Fatalf("inviting mia: %v", err)
	}
	tab.Run("opening the link", chromedp.Navigate(invited.URL), chromedp.WaitVisible(chromedp.ID("password")))
	tab.Says("Choose a password", "mia")
	createKey(tab, "accepting", "#codes")
	g.wantKeyOnly(keys, "mia")
	g.signsIn(tab)
	tab.Run("the link again", chromedp.Navigate(invited.URL), chromedp.WaitVisible(chromedp.CSS("main h1")))
	tab.Says("This link has been used or is too old")
	tab.Quiet("410")
}
