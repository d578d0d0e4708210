package pages_test

import (
	"context"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"gatehouse/internal/test/chromium"
)

// row is the text of the row to which the keys have led.
const row = `document.querySelector("#list .here td:nth-child(3)").textContent`

// typed presses keys as a keyboard does: what a script prevents is not typed.
func typed(all string) step {
	return chromedp.KeyEvent(all, func(p *input.DispatchKeyEventParams) {
		if p.Type == kb.KeyDown {
			p.Type = input.DispatchKeyEventTypeRawKeyDown
		}
	})
}

// pasted puts text into the field that has the focus.
func pasted(text string) step {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, input.InsertText, input.InsertTextParams{Text: text})
		return err
	})
}

func (o *office) findsWhileTyping() {
	o.opens("/console/people")
	o.tab.Says("more than 10,000 people")
	o.stays()
	o.tab.Run("typing", typed("/"), chromium.Focused("search"), typed("lind0471"))
	o.until("ten are found", `document.getElementById("list-said").textContent === "10 people are found"`)
	o.is(`location.search`, "?search=lind0471")
	o.is(`document.querySelectorAll("[data-row]").length`, "10")
	o.tab.Run("going down", typed(kb.ArrowDown))
	o.is(row, "crowd04710")
	o.tab.Run("going on", typed("jj"), typed("k"), typed("x"), typed("?"))
	o.is(row, "crowd04711")
	o.is(`[...document.querySelectorAll('[name="id"]:checked')].length`, "1")
	o.is(`document.querySelector("#list .here input").checked`, "true")
	o.is(`document.getElementById("keys").open`, "true")
	o.tab.Run("typing more", typed("/"), chromium.Focused("search"), typed("Lind 4711"))
	o.until("nobody is found", `document.getElementById("list").textContent.includes("Nobody is found")`)
	o.tab.Run("typing it right", chromedp.Evaluate[chromedp.Void](`document.getElementById("search").select()`), pasted("anna líND04711"))
	o.until("one is found", `document.getElementById("list-said").textContent === "one person is found"`)
	o.is(stayed, "true")
	o.tab.Run("opening the one", typed(kb.ArrowDown), typed(kb.Enter), chromedp.WaitVisible(chromedp.ID("identity")))
	o.tab.Says("Anna Lind04711", "a04711@many.example")
	o.goesBack("[data-row]")
	o.is(`document.getElementById("search").value`, "anna líND04711")
	o.is(`document.querySelectorAll("[data-row]").length`, "1")
	o.filters()
}

// switchesKeysOff does without the keys of one character (WCAG 2.1.4), also on the next page.
func (o *office) switchesKeysOff() {
	o.opens("/console/people")
	o.tab.Run("switching off", typed("?"), chromedp.Click(chromedp.ID("keys-on")))
	for range 2 {
		o.is(`document.getElementById("keys-on").checked`, "false")
		o.tab.Run("typing", typed("j"), typed("/"))
		o.is(`document.activeElement.id === "search" || !!document.querySelector("#list .here")`, "false")
		o.opens("/console/people")
	}
	o.tab.Run("going down", typed(kb.ArrowDown))
	o.is(`!!document.querySelector("#list .here")`, "true")
	o.tab.Run("switching on", typed("?"))
	o.is(`document.getElementById("keys").open`, "false")
	o.tab.Run("opening the list", chromedp.Click(chromedp.CSS("#keys summary")), chromedp.Click(chromedp.ID("keys-on")), typed("/"), chromium.Focused("search"))
}

func (o *office) findsWithoutScripts() {
	o.opens("/console/people")
	o.goesOn(fill("search", "lind04711"), submit)
	o.tab.Says("one person is found", "a04711@many.example")
	o.goesOn(chromedp.Click(chromedp.CSS("[data-row] a")))
	o.tab.Says("Anna Lind04711")
	o.opens("/console/people?count=all")
	o.filters()
}

// filters chooses two filters, and takes them away again.
func (o *office) filters() {
	o.opens("/console/people")
	chip := func(query string) step { return chromedp.Click(chromedp.CSS(`nav.filters a[href$="` + query + `"]`)) }
	o.goesOn(chip("?role=admin"))
	o.tab.Says("2 people are found", "mara")
	o.goesOn(chip("?role=admin&state=deactivated"))
	o.tab.Says("Nobody is found")
	o.goesOn(chip("?state=deactivated"))
	o.is(`document.querySelectorAll('nav.filters [aria-current]').length`, "1")
	o.goesOn(chromedp.Click(chromedp.CSS(`nav.filters [aria-current]`)))
	o.is(`location.search`, "")
}
