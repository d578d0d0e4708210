package main

import (
	"fmt"
	"net/http"
	"time"
)

// A view is a page that a browser opens.
type view struct {
	name, path, cookie string
	want               int
	// limit is the aim for its median; 0: none.
	limit time.Duration
}

const (
	pageLimit   = 10 * time.Millisecond
	searchLimit = 50 * time.Millisecond
)

// views are the pages in the order in which they are opened.
func (f *fixture) views(far links) (all []view) {
	admin, person := f.crowd.browser(f.crowd.browsers), f.crowd.browser(0)
	open := func(cookie string, want int, limit time.Duration, paths ...string) {
		for i := 0; i < len(paths); i += 2 {
			all = append(all, view{name: paths[i], path: paths[i+1], cookie: cookie, want: want, limit: limit})
		}
	}
	open("", http.StatusOK, pageLimit, "home", "/", "login", "/login", "sign-up", "/signup", "forgot", "/forgot")
	open("", http.StatusBadRequest, pageLimit, "an app's mistake", "/oauth/authorize?response_type=code&client_id="+publicApp.id)
	open("", http.StatusNotFound, pageLimit, "an unknown refusal", "/e/UNKNOWN")
	open("", http.StatusGone, pageLimit, "a spent link", "/reset?token=SPENT")
	open(person, http.StatusOK, pageLimit, "consent", far.consent, "logout", "/logout", "device", "/device",
		"account", "/account", "account: profile", "/account/profile", "account: username", "/account/username", "account: e-mail", "/account/email",
		"account: password", "/account/password", "account: passkeys", "/account/passkeys", "account: sessions", "/account/sessions", "account: apps", "/account/apps",
		"account: activity", "/account/activity", "account: data", "/account/data", "account: delete", "/account/delete")
	open(admin, http.StatusOK, pageLimit, "account: authenticator", "/account/totp") // after a fresh sign-in
	one := fmt.Sprint(firstID + f.crowd.size/2)
	subject := subject(f.crowd.salt, f.crowd.size/2)
	open(admin, http.StatusOK, pageLimit,
		"console", "/console", "people", "/console/people", "people: a far page", far.people,
		"people: staff", "/console/people?role=staff", "people: deactivated", "/console/people?state=deactivated", "people: unverified", "/console/people?unverified=1",
		"people: with a factor", "/console/people?factor=has", "people: without", "/console/people?factor=none", "people: idle", "/console/people?idle=1",
		"person", "/console/people/"+one, "person: edit", "/console/people/"+one+"/edit", "person: change of role", "/console/people/"+one+"?role=staff", "person: new", "/console/people/new",
		"bulk", "/console/bulk",
		"apps", "/console/apps", "app", "/console/apps/"+publicApp.id, "app: edit", "/console/apps/"+publicApp.id+"/edit", "app: delete", "/console/apps/"+publicApp.id+"/delete", "app: new", "/console/apps/new",
		"apis", "/console/apis", "api", "/console/apis/orders", "api: delete", "/console/apis/orders/delete",
		"sessions", "/console/sessions", "sessions: browsers", "/console/sessions?of=browsers", "sessions: ended", "/console/sessions?of=ended",
		"keys", "/console/keys", "refusals", "/console/refusals", "inspector", "/console/inspector", "settings", "/console/settings",
		"audit", "/console/audit", "audit: a far page", far.audit, "audit: one event", far.event,
		"audit: by kind", "/console/audit?kind=signin.refused", "audit: by a rare kind", "/console/audit?kind=key.created", "audit: by kinds", "/console/audit?kind=user.*",
		"audit: a person", "/console/audit?who="+username(f.crowd.size/2), "audit: the administrator", "/console/audit?who="+adminName,
		"audit: the administrator, a rare kind", "/console/audit?side=by&kind=key.created&who="+adminName,
		"audit: an app", "/console/audit?who="+publicApp.id, "audit: one request", "/console/audit?request=1-"+subject,
		"audit: one day", "/console/audit?from="+far.day+"&to="+far.day, "audit: one day, a kind", "/console/audit?kind=signin.refused&from="+far.day+"&to="+far.day)
	const rows = "/console/people?part=1&search="
	open(admin, http.StatusOK, searchLimit,
		"search: one person", rows+username(f.crowd.size/2), "search: a surname", rows+"lindt", "search: one letter", rows+"l", "search: everybody's letter", rows+"p",
		"search: two words", rows+"ada+lindt", "search: two words with none in common", rows+"ada+bela", "search: nobody", rows+"qqqq",
		"search: a word, staff", rows+"lindt&role=staff", "search: a word, deactivated", rows+"lindt&state=deactivated", "search: a word, unverified", rows+"lindt&unverified=1",
		"search: a word, with a factor", rows+"lindt&factor=has", "search: a word, idle", rows+"lindt&idle=1", "search: a mail domain", rows+"mail7.example.com")
	open(admin, http.StatusOK, 0,
		"count of a surname", "/console/people?search=lindt&count=all", "count of everybody active", "/console/people?state=active&count=all",
		"bulk: what it would change", "/console/bulk?act=deactivate&all=1&role=user")
	return all
}
