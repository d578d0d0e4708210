package console_test

import (
	"testing"

	"github.com/chromedp/chromedp"

	"gatehouse/internal/test/chromium"
)

type step = chromedp.Action[chromedp.Void]

// TestAPersonInARealBrowser: an administrator finds another, sees what a change of the role
// touches, makes it, and the other's console is gone. Then the sessions end.
func TestAPersonInARealBrowser(t *testing.T) {
	first := chromium.Open(t)
	for name, scripts := range map[string]bool{"with scripts": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			s, root, mara := openPeople(t, nil), first.Stranger(t), first.Stranger(t)
			if !scripts {
				root.WithoutScripts()
			}
			s.begin(s.mara, s.shop())
			root.Run("signing in", chromedp.Navigate(s.door.URL+"/console/people?search=mara"), entered("root"))
			mara.Run("signing in", chromedp.Navigate(s.door.URL+"/console/people"), entered("mara"))
			demote(s, root)
			mara.Run("clicking on", chromedp.Navigate(s.door.URL+at(s.ann)), chromedp.WaitVisible(chromedp.CSS("h1")))
			mara.Says("This page is for others")
			root.Run("ending all sessions", old(), chromedp.Click(chromedp.CSS(`summary`)), chromedp.Click(chromedp.CSS(`button[value="end-all"]`)), told())
			root.Says("mara is signed out everywhere.", "Signed in nowhere.")
			mara.Run("clicking again", chromedp.Navigate(s.door.URL+"/console"), chromedp.WaitVisible(chromedp.ID("username")))
			root.Quiet()
		})
	}
}

// demote finds mara and makes her a person without a role, after the effect was seen.
func demote(s *personSite, root *chromium.Tab) {
	root.Run("opening the person", chromedp.Navigate(s.door.URL+"/console/people?search=mara"), chromedp.Click(chromedp.CSS(`a[href^="`+at(s.mara)+`?in="]`)), chromedp.WaitVisible(chromedp.ID("identity")))
	if visible := chromium.Value(root, chromedp.Evaluate[bool](`[...document.querySelectorAll(".effect")].some(e => e.checkVisibility())`)); visible {
		s.Error("an effect shows before another role is chosen, want none")
	}
	root.Run("choosing", chromedp.Click(chromedp.CSS(`input[name="role"][value="user"]`)), chromedp.WaitVisible(chromedp.CSS(".to-user")))
	root.Says("1 live session loses administrator within a second.", "1 in Photo Shop")
	root.Run("changing the role", chromedp.Click(chromedp.CSS(`.to-user button[value="role"]`)), told())
	root.Says("mara is person now.")
}

// old marks the page, so that told waits for the next one.
func old() step { return chromedp.Evaluate[chromedp.Void](`document.querySelector("main").id = "old"`) }

// told waits for the message that says what was done.
func told() step { return chromedp.WaitVisible(chromedp.CSS(`main#main p.note.ok[role="status"]`)) }

// entered fills in the sign-in page.
func entered(name string) step {
	return chromedp.Steps(chromedp.WaitVisible(chromedp.ID("username")), chromedp.SendKeys(chromedp.ID("username"), name),
		chromedp.SendKeys(chromedp.ID("password"), everybodysPassword), chromedp.KeyEvent("\r"), chromedp.WaitVisible(chromedp.CSS("main.sheet")))
}
