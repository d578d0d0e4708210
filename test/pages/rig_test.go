package pages_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"gatehouse/internal/test/chromium"
	"gatehouse/internal/test/mailbox"
	"gatehouse/internal/test/testkit"
)

// pictures names a folder in which TestEveryPage leaves pictures of all pages.
const pictures = "GATEHOUSE_TEST_PICTURES"

var schemes = []string{"light", "dark"}

// TestEveryPage: see the package's comment.
func TestEveryPage(t *testing.T) {
	axe := axeCore(t)
	w := begin(t, "GATEHOUSE_SMTP="+mailbox.Open(t).URL, "GATEHOUSE_MAIL_FROM=no-reply@people.example")
	for _, page := range table {
		page.reach(w)
		w.examine(page.name, axe)
	}
	for _, tab := range w.tabs {
		tab.Quiet("404 (Not Found)", "403 (Forbidden)", "410 (Gone)", "400 (Bad Request)")
	}
}

// examine looks at the page in the tab, or leaves pictures of it.
func (w *walk) examine(name, axe string) {
	w.t.Helper()
	if folder := os.Getenv(pictures); folder != "" {
		w.picture(folder, name)
		return
	}
	w.light(name)
	w.legible(name, axe)
	w.narrow(name)
	w.byKeyboard(name)
}

// axeCore returns axe-core from npm, at the version of the lock file.
func axeCore(t *testing.T) string {
	t.Helper()
	folder := testkit.NPM(t, "axe")
	source, err := os.ReadFile(filepath.Join(folder, "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatalf("reading axe-core: %v", err)
	}
	return string(source)
}

// most is how many bytes a page may have with its style sheets and scripts, as they are sent.
const most = 60 << 10

// weigh adds up what the page had loaded, from the server or the cache.
const weigh = `[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")].reduce((sum, e) => sum + e.encodedBodySize, 0)`

func (w *walk) light(name string) {
	w.t.Helper()
	if bytes := chromium.Value(w.tab, chromedp.Evaluate[int](weigh)); bytes > most || bytes == 0 {
		w.t.Errorf("%s has %d bytes with its style sheets and scripts, want some and at most %d", name, bytes, most)
	} else {
		w.t.Logf("%s: %d bytes", name, bytes)
	}
}

// inspect has axe-core look at the page by some of its rules, and tells what it finds that is
// serious: each fault with the elements.
const inspect = `axe.run(document, {resultTypes: ["violations"]%s}).then(r => r.violations
	.filter(v => v.impact === "serious" || v.impact === "critical")
	.map(v => v.id + ": " + v.help + "\n" + v.nodes.map(n => "  " + n.html + "\n  " + n.failureSummary).join("\n")))`

// coloursOnly: between the schemes nothing else differs.
const coloursOnly = `, runOnly: ["color-contrast"]`

func (w *walk) legible(name, axe string) {
	w.t.Helper()
	w.tab.Width(820, 1000)
	chromium.Value(w.tab, chromedp.Evaluate[any](axe+";0"))
	for i, scheme := range schemes {
		w.tab.Scheme(scheme)
		for _, fault := range chromium.Awaited[[]string](w.tab, fmt.Sprintf(inspect, []string{"", coloursOnly}[i])) {
			w.t.Errorf("%s, %s: axe-core finds %s; want nothing serious", name, scheme, fault)
		}
	}
}

// wide tells how wide the page is, and which elements are wider than the window, other
// than what scrolls by itself.
const wide = `(() => {
	const scrolls = e => e && (getComputedStyle(e).overflowX !== "visible" || scrolls(e.parentElement))
	const { clientWidth, scrollWidth } = document.documentElement
	return {Width: scrollWidth, Elements: [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > clientWidth + 0.5 && !scrolls(e.parentElement)).map(e => e.outerHTML.slice(0, 120))}
})()`

func (w *walk) narrow(name string) {
	w.t.Helper()
	w.tab.Width(320, 640)
	page := chromium.Value(w.tab, chromedp.Evaluate[struct {
		Width    int
		Elements []string
	}](wide))
	if page.Width > 320 {
		w.t.Errorf("%s is %d px wide in a window of 320, want it to fit; too wide are:\n%s", name, page.Width, strings.Join(page.Elements, "\n"))
	}
}

// unreachable tells which links, buttons and fields the Tab key passes over.
const unreachable = `(() => {
	const all = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")]
	return all.filter(e => e.checkVisibility() && !e.closest("[aria-hidden=true]") && (e.tabIndex < 0 || e.disabled)).map(e => e.outerHTML.slice(0, 120))
})()`

// byKeyboard: what can be used is in the order of the Tab key, the first of it is the skip
// link, and where the focus is can be seen.
func (w *walk) byKeyboard(name string) {
	w.t.Helper()
	if missed := chromium.Value(w.tab, chromedp.Evaluate[[]string](unreachable)); len(missed) > 0 {
		w.t.Errorf("%s: the Tab key passes over %q, want it to reach everything", name, missed)
	}
	chromium.Value(w.tab, chromedp.Evaluate[any](`document.activeElement && document.activeElement.blur(), window.getSelection().removeAllRanges(), document.body.setAttribute("tabindex", "-1"), document.body.focus(), 0`))
	w.tab.Run("pressing Tab", chromedp.KeyEvent("\t"))
	got := chromium.Value(w.tab, chromedp.Evaluate[string](`document.activeElement.className + " " + getComputedStyle(document.activeElement).outlineStyle`))
	if got != "skip solid" {
		w.t.Errorf("%s: the first Tab leads to %q, want the skip link with a ring", name, got)
	}
}

// picture leaves a picture for each width and scheme.
func (w *walk) picture(folder, name string) {
	w.t.Helper()
	for _, width := range []int64{390, 820, 1440} {
		w.tab.Width(width, 900)
		for _, scheme := range schemes {
			w.tab.Scheme(scheme)
			file := filepath.Join(folder, fmt.Sprintf("%s-%d-%s.png", name, width, scheme))
			if err := os.WriteFile(file, w.tab.Picture(), 0o644); err != nil {
				w.t.Fatalf("keeping a picture: %v", err)
			}
		}
	}
}
