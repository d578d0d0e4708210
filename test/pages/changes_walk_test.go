package pages_test

import (
	"strings"

	"github.com/chromedp/chromedp"

	"gatehouse/internal/test/chromium"
)

// meetsAnother: root and mara have the same person open, and mara is quicker. Root is told,
// and finds what they typed.
func (o *office) meetsAnother() {
	root := o.tab
	o.opens("/console/people?search=rita")
	o.goesOn(chromedp.Click(chromedp.CSS(".who a")))
	person := chromium.Value(root, chromedp.Evaluate[string](`location.pathname`))
	o.opens(person + "/edit")
	o.enter("mara")
	o.opens(person + "/edit")
	o.goesOn(fill("last_name", "Meanwhile"), submit)
	o.tab.Says("Meanwhile")
	o.tab.Quiet()
	o.tab = root
	o.goesOn(fill("first_name", "Marguerita"), fill("last_name", "Late"), submit)
	o.tab.Says("This was changed meanwhile.", "now Meanwhile, you typed Late")
	o.is(`document.getElementById("first_name").value`, "Marguerita")
	o.is(`document.getElementById("last_name").value`, "Late")
	o.goesOn(submit)
	o.tab.Says("Marguerita Late")
}

// follows sees an event arrive, finds it again, and exports what is found.
func (o *office) follows() {
	o.opens("/console/audit")
	o.stays()
	o.tab.Run("following", chromedp.Click(chromedp.CSS("button[data-fresh]")))
	o.run(password+"\n", nil, "user", "create", "--username", "novak", "--email", "novak@people.example", "--password-stdin", "--json")
	o.until("the event arrives", `document.querySelector("[data-rows] tr[data-event]").textContent.includes("novak") && `+stayed)
	o.findsEvents()
	lines := strings.Split(strings.TrimSpace(chromium.Awaited[string](o.tab, `fetch(document.querySelector("a[download]").href).then(answer => answer.text())`)), "\n")
	if len(lines) != 1 || !strings.Contains(lines[0], `"kind":"user.created"`) {
		o.t.Errorf("the export is %q, want one line, of the account that was created", lines)
	}
}

// findsEvents filters by a name and a kind.
func (o *office) findsEvents() {
	o.opens("/console/audit")
	o.goesOn(fill("who", "novak"), chromedp.SetValue(chromedp.ID("kind"), "user.*"), submit)
	o.tab.Says("novak", "created the account of")
	o.is(`document.querySelectorAll("tr[data-event]").length`, "1")
	o.is(`new URLSearchParams(location.search).get("who")`, "novak")
}
