package pages_test

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"gatehouse/internal/test/chromium"
)

type step = chromedp.Action[chromedp.Void]

// A walk has a browser for each person, and the tab in which the page of the moment is.
type walk struct {
	*site
	first *chromium.Tab
	tabs  map[string]*chromium.Tab
	tab   *chromium.Tab
}

func begin(t *testing.T, settings ...string) *walk {
	t.Helper()
	return &walk{site: open(t, settings...), first: chromium.OpenFor(t, 8*time.Minute), tabs: map[string]*chromium.Tab{}}
}

// as goes on as a person, who is signed in from the first time on. The administrator is
// there once the page of the link has made them.
func (w *walk) as(name string) {
	w.t.Helper()
	w.tab = w.tabs[name]
	if w.tab == nil {
		w.tab = w.first.Stranger(w.t)
		w.tabs[name] = w.tab
		if name == "ann" || name == "stan" {
			w.tab.Run("signing in as "+name, chromedp.Navigate(w.issuer+"/login"), fill("username", name), fill("password", password), submit, chromedp.WaitVisible(chromedp.CSS(`a[href="/logout"]`)))
		}
	}
}

// at opens an address as a person. "Nobody" is a new browser each time.
func at(name, path string) func(*walk) {
	return func(w *walk) {
		w.t.Helper()
		if name == "nobody" {
			delete(w.tabs, name)
		}
		w.as(name)
		w.tab.Run("opening "+path, chromedp.Navigate(w.address(path)), chromedp.WaitVisible(chromedp.CSS("main h1")))
	}
}

// then takes steps from the page before.
func then(steps ...step) func(*walk) {
	return func(w *walk) {
		w.t.Helper()
		w.tab.Run("going on", chromedp.Evaluate[chromedp.Void](`document.querySelector("main").id = "old"`))
		w.tab.Run("going on", append(steps, chromedp.WaitVisible(chromedp.CSS("main#main h1")))...)
	}
}

// fill types a value into a field.
func fill(id, value string) step {
	return chromedp.SetValue(chromedp.CSS("#"+id), value)
}

// submit sends the form of the page by its first button that does.
var submit = chromedp.Click(chromedp.CSS(`main button[type="submit"]`))
