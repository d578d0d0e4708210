package pages_test

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"gorm.io/gorm"

	"gatehouse/internal/test/chromium"
	"gatehouse/keys"
	"gatehouse/store/sqlstore"
)

// crowd is how many people there are beside those of the site.
const crowd = 10_000

// An office is a site with a crowd, where the administrators root and mara work in the
// console.
type office struct {
	*walk
	whole   *testing.T // of which the walks are parts
	db      *sqlstore.DB
	masters keys.MasterKeys
}

// TestTheConsoleIsWalked: what administrators do there, on one server, one walk after the
// other.
func TestTheConsoleIsWalked(t *testing.T) {
	o := openOffice(t)
	for _, part := range []struct {
		name    string
		scripts bool
		walk    func(*office)
		logs    []string // what the browser may say
	}{
		{"people are found while one types", true, (*office).findsWhileTyping, nil},
		{"keys of one character are switched off", true, (*office).switchesKeysOff, nil},
		{"people are found without scripts", false, (*office).findsWithoutScripts, nil},
		{"many are deactivated", true, (*office).deactivatesMany, nil},
		{"some are signed out without scripts", false, (*office).signsSomeOut, nil},
		{"another administrator is quicker", true, (*office).meetsAnother, []string{"412 (Precondition Failed)"}},
		{"another is quicker without scripts", false, (*office).meetsAnother, []string{"412 (Precondition Failed)"}},
		{"the audit log is followed", true, (*office).follows, nil},
		{"events are found without scripts", false, (*office).findsEvents, nil},
		{"an API is made", true, (*office).makesAnAPI, nil},
		{"tokens are inspected", true, (*office).inspects, nil},
		{"tokens are inspected without scripts", false, (*office).inspects, nil},
		{"tokens are forgotten", true, (*office).forgets, nil},
		{"refusals are explained", true, (*office).explains, []string{"400 (Bad Request)"}},
		{"keys rotate", true, (*office).rotates, nil},
		{"keys rotate without scripts", false, (*office).rotates, nil},
	} {
		t.Run(part.name, func(t *testing.T) {
			o.t = t
			defer func() { o.t = o.whole }()
			if o.enter("root"); !part.scripts {
				o.tab.WithoutScripts()
			}
			part.walk(o)
			o.tab.Quiet(part.logs...)
		})
	}
}

func openOffice(t *testing.T) *office {
	t.Helper()
	var key [32]byte
	_, _ = rand.Read(key[:]) // it never fails
	text := base64.StdEncoding.EncodeToString(key[:])
	master, err := keys.ParseMasterKey(text)
	if err != nil {
		t.Fatalf("reading the master key: %v", err)
	}
	o := &office{walk: begin(t, "GATEHOUSE_MASTER_KEY="+text, "GATEHOUSE_KEY_PUBLISH_LEAD=2s"), whole: t, masters: keys.MasterKeys{master}}
	for _, name := range []string{"root", "mara"} {
		o.run(password+"\n", nil, "user", "create", "--username", name, "--email", name+"@people.example", "--role", "admin", "--password-stdin", "--json")
	}
	o.db, err = sqlstore.Open(t.Context(), sqlstore.Options{DSN: "sqlite:" + filepath.Join(o.folder, "gatehouse.db"), Now: time.Now, Timeout: time.Minute})
	if err != nil {
		t.Fatalf("opening the database: %v", err)
	}
	t.Cleanup(func() { _ = o.db.Close() })
	o.gather()
	return o
}

// gather puts the crowd straight into the tables.
func (o *office) gather() {
	o.t.Helper()
	err := o.db.Change(o.t.Context(), func(tx *gorm.DB) error {
		return errors.Join(
			tx.Exec(`WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ? - 1)
				INSERT INTO users (sub, username, username_key, email, email_key, email_domain, email_verified, first_name, first_key, last_name, last_key, role, active, password_hash, factors, joined_at, last_login_at, updated_at, profile)
				SELECT printf('s%05d', i), printf('crowd%05d', i), printf('crowd%05d', i), printf('a%05d@many.example', i), printf('a%05d@many.example', i), 'many.example', 1,
				'Anna', 'anna', printf('Lind%05d', i), printf('lind%05d', i), 'user', 1, 'x', 0, 1000, 0, 0, '' FROM n`, crowd).Error,
			tx.Exec("UPDATE user_counts SET n = n + ? WHERE role = 'user' AND active = 1 AND shard = 0", crowd).Error,
		)
	})
	if err != nil {
		o.t.Fatalf("adding the crowd: %v", err)
	}
}

// enter has a person sign in with a browser of their own, and goes on there.
func (o *office) enter(name string) *chromium.Tab {
	o.t.Helper()
	o.tab = o.first.Stranger(o.t)
	o.tab.Run("signing in as "+name, chromedp.Navigate(o.issuer+"/login"), fill("username", name), fill("password", password), submit, chromedp.WaitVisible(chromedp.CSS(`a[href="/logout"]`)))
	return o.tab
}

// opens goes to a page.
func (o *office) opens(path string) {
	o.t.Helper()
	o.tab.Run("opening "+path, chromedp.Navigate(o.issuer+path), chromedp.WaitVisible(chromedp.CSS("main h1")))
}

// goesBack goes to the page before, which has the element.
func (o *office) goesBack(element string) {
	o.t.Helper()
	o.tab.Run("going back", chromedp.Evaluate[chromedp.Void](`history.back()`), chromedp.WaitVisible(chromedp.CSS(element)))
}

// isForgotten goes to the page before, which loads itself anew if the browser has kept it.
func (o *office) isForgotten(element string) {
	o.t.Helper()
	o.tab.Run("going back", chromedp.Evaluate[chromedp.Void](`history.back()`))
	o.until("the page before is there, and new", `performance.getEntriesByType("navigation")[0].type !== "navigate" && document.readyState === "complete"`)
	o.tab.Run("looking at it", chromedp.WaitVisible(chromedp.CSS(element)))
}

// goesOn takes steps that lead to another page.
func (o *office) goesOn(steps ...step) { o.t.Helper(); then(steps...)(o.walk) }

// until waits until an expression is true in the page.
func (o *office) until(what, expression string) { o.t.Helper(); o.tab.Comes(what, expression) }

// is fails unless an expression has that value in the page.
func (o *office) is(expression, want string) {
	o.t.Helper()
	if got := chromium.Value(o.tab, chromedp.Evaluate[string](`String(`+expression+`)`)); got != want {
		o.t.Errorf("%s is %q, want %q", expression, got, want)
	}
}

// stays marks the page; until it is loaded again, "stayed" is true.
func (o *office) stays() {
	o.t.Helper()
	chromium.Value(o.tab, chromedp.Evaluate[bool](`window.stayed = true`))
}

const stayed = `(window.stayed === true)`
