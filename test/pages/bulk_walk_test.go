package pages_test

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/chromedp/chromedp"
	"gorm.io/gorm"

	"gatehouse/internal/test/chromium"
	"gatehouse/internal/test/testkit"
	"gatehouse/store"
)

const (
	had     = `document.querySelector("progress").value`
	outcome = `document.querySelector("#progress strong").textContent`
)

// deactivatesMany deactivates the crowd: it is stopped, goes on, and survives a restart.
func (o *office) deactivatesMany() {
	o.opens("/console/people?search=crowd")
	o.tab.Says("10,000 people are found")
	o.goesOn(chromedp.Click(chromedp.CSS(`input[name="all"]`)), chromedp.Click(chromedp.CSS(`button[value="deactivate"]`)))
	o.tab.Says("Deactivate 10,000 people?")
	o.goesOn(fill("typed", "100"), submit)
	o.tab.Says("Type the number of people to go on.")
	o.goesOn(fill("typed", "10,000"), submit)
	o.stays()
	o.until("some have had their turn", had+" > 0 && "+stayed)
	o.goesOn(chromedp.Focus(chromedp.CSS("#progress button")), chromedp.KeyEvent("\r"))
	o.until("it stops", outcome+` === "stopped"`)
	first := o.changed()
	o.goesOn(chromedp.Click(chromedp.CSS("#progress a.button")))
	o.is(`document.querySelector('[name="expected"]').value`, strconv.Itoa(crowd-first))
	o.goesOn(fill("typed", strconv.Itoa(crowd-first)), submit)
	o.until("some more have had their turn", had+" > 0")
	job := chromium.Value(o.tab, chromedp.Location())
	o.tab.Run("leaving the page", chromedp.Navigate("about:blank"))
	o.stop()
	o.serve()
	o.opens(strings.TrimPrefix(job, o.issuer))
	o.until("it is done", outcome+` === "done"`)
	if second := o.changed(); first == 0 || first+second != crowd {
		o.t.Errorf("%d people were changed before the stop and %d after it, want %d in all", first, second, crowd)
	}
	o.opens("/console/people?search=crowd&state=deactivated")
	o.tab.Says("10,000 people are found")
	o.onRecord(first)
}

// changed returns how many people a job has changed.
func (o *office) changed() int {
	o.t.Helper()
	n, err := strconv.Atoi(chromium.Value(o.tab, chromedp.Text(chromedp.CSS("#progress dd"))))
	if err != nil {
		o.t.Fatalf("reading the page: %v", err)
	}
	return n
}

// onRecord looks for one event for each person, and one for each of the two jobs.
func (o *office) onRecord(first int) {
	o.t.Helper()
	var people int
	err := o.db.Change(o.t.Context(), func(tx *gorm.DB) error {
		return tx.Raw("SELECT COUNT(DISTINCT subject) FROM audit_log WHERE kind = 'user.updated'").Scan(&people).Error
	})
	if err != nil || people != crowd {
		o.t.Errorf("%d people have an event of their own, %v; want %d", people, err, crowd)
	}
	events, err := o.db.ListAudit(o.t.Context(), store.AuditQuery{Kind: "people.bulk_ended", Limit: 9})
	if err != nil || len(events) != 2 {
		o.t.Fatalf("%d jobs are on record, %v; want 2", len(events), err)
	}
	for i, want := range []string{`"changed":` + strconv.Itoa(crowd-first), `"changed":` + strconv.Itoa(first)} {
		if got := string(events[i].Detail); !strings.Contains(got, want) {
			o.t.Errorf("the record says %s, want %s", got, want)
		}
	}
}

// signsSomeOut ends the sessions of two people who are ticked.
func (o *office) signsSomeOut() {
	o.opens("/console/people?search=lind0471")
	first, second := `tr[data-row]:nth-child(1) input`, `tr[data-row]:nth-child(3) input`
	o.goesOn(chromedp.Click(chromedp.CSS(first)), chromedp.Click(chromedp.CSS(second)), chromedp.Click(chromedp.CSS(`button[value="end_sessions"]`)))
	o.tab.Says("End the sessions of 2 people?", "Anna Lind04710, Anna Lind04712")
	o.goesOn(submit)
	again := chromium.Value(o.tab, chromedp.Evaluate[string](`location.pathname`))
	testkit.Within(o.t, time.Minute, "it is over", func() error {
		if o.opens(again); chromium.Value(o.tab, chromedp.Evaluate[bool](`document.querySelector("[data-going]") !== null`)) {
			return errors.New("it goes on")
		}
		return nil
	})
	o.tab.Says("done", "2 of 2 people")
	o.opens("/console/bulk")
	o.tab.Says("Ending sessions", "2 of 2 people")
}
