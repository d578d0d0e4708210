package account_test

import (
	"testing"

	"github.com/chromedp/chromedp"

	"gatehouse/internal/test/chromium"
	"gatehouse/store"
)

type step = chromedp.Action[chromedp.Void]

// everyPage are the pages of the account, and words that each has.
var everyPage = []struct{ path, says string }{
	{"/account", "Where you are signed in"},
	{"/account/profile", "First name"},
	{"/account/username", "Change your username"},
	{"/account/email", "Change your e-mail address"},
	{"/account/password", "Change your password"},
	{"/account/sessions", "this browser"},
	{"/account/apps", "Place orders that you pay for"},
	{"/account/activity", "You signed in with a browser."},
	{"/account/data", "Download my data"},
	{"/account/delete", "Delete your account?"},
}

// TestTheAccountInARealBrowser has Chromium walk through every page, with and without
// scripts, and do on each what people do there.
func TestTheAccountInARealBrowser(t *testing.T) {
	first := chromium.Open(t)
	for name, scripts := range map[string]bool{"with scripts": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			s, b := open(t), first.Stranger(t)
			s.furnish()
			if !scripts {
				b.WithoutScripts()
			}
			walk(s, b)
			b.Quiet("409 (Conflict)")
		})
	}
}

// furnish gives ann something on every page.
func (s *site) furnish() {
	s.t.Helper()
	s.orders()
	s.app("shop", func(*store.Client) {})
	s.app("https://agent.tidewater.example/client", func(c *store.Client) { c.Origin, c.Name = store.OriginDocument, "Tidewater" })
	s.allow(s.ann, "shop", "openid profile email")
	s.allow(s.ann, "https://agent.tidewater.example/client", "openid offline_access https://orders.example#read https://orders.example#pay")
	s.begin(s.ann, s.app("mobile", func(c *store.Client) { c.Name = "Acme Mobile" }), "openid")
	s.in("ann")
}

func walk(s *site, b *chromium.Tab) {
	b.Run("being led to the sign-in", chromedp.Navigate(s.door.URL+"/account/password"), typed("ann"), chromedp.WaitVisible(chromedp.ID("current_password")))
	for _, page := range everyPage {
		b.Run("opening "+page.path, chromedp.Navigate(s.door.URL+page.path), chromedp.WaitVisible(chromedp.CSS("h1")))
		b.Says(page.says)
	}
	b.Run("saving a name", chromedp.Navigate(s.door.URL+"/account/profile"), chromedp.SendKeys(chromedp.ID("first_name"), "Ann"), submit("/account/profile"), said())
	b.Says("Your profile is saved.")
	b.Run("ending a browser", chromedp.Navigate(s.door.URL+"/account/sessions"), submit("/account/sessions"), said())
	b.Run("taking away", chromedp.Navigate(s.door.URL+"/account/apps"), submit("/account/apps"), said())
	b.Run("changing the password", chromedp.Navigate(s.door.URL+"/account/password"), chromedp.SendKeys(chromedp.ID("current_password"), annsPassword),
		chromedp.SendKeys(chromedp.ID("password"), "eleven blue kites"), submit("/account/password"), said())
	b.Run("deleting the account", chromedp.Navigate(s.door.URL+"/account/delete"), chromedp.SendKeys(chromedp.ID("current_password"), "eleven blue kites"),
		submit("/account/delete"), chromedp.WaitVisible(chromedp.CSS("svg.sign")))
	b.Says("Your account is deleted")
}

// submit sends the first form of that path.
func submit(path string) step {
	return chromedp.Click(chromedp.CSS(`form[action="` + path + `"] button[type="submit"]`))
}

// said waits for the message that says what was done.
func said() step { return chromedp.WaitVisible(chromedp.CSS(`[role="status"]`)) }

// typed fills in the sign-in page.
func typed(name string) step {
	return chromedp.Steps(chromedp.WaitVisible(chromedp.ID("username")), chromedp.SendKeys(chromedp.ID("username"), name),
		chromedp.SendKeys(chromedp.ID("password"), annsPassword), chromedp.KeyEvent("\r"))
}
