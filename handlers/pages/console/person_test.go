package console_test

import (
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"gatehouse/internal/account"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/store"
)

func TestThePageOfOnePerson(t *testing.T) {
	s := openPeople(t, nil)
	shop := s.shop()
	s.begin(s.stan, shop)
	s.begin(s.stan, shop)
	s.in(s.stan)
	root := s.in(s.root)
	page := root.do(at(s.stan), nil).shows(http.StatusOK, "stan@people.example", s.stan.Sub, "Sessions 3", "2 live sessions lose staff within a second.",
		"2 in Photo Shop", "2 live sessions become administrator within a second.", "Change staff to person", "3 sessions end within a second.", "Make a reset link", "Second factor", "None")
	if strings.Contains(page.body, "$argon2id$") || strings.Contains(page.body, s.read(s.stan).PasswordHash) {
		t.Errorf("the page has the hash of the password, want no secret\n%s", page.body)
	}
	root.do("/console/people", nil).shows(http.StatusOK, `href="`+at(s.stan)+`?in="`, "Add person")
	for _, path := range []string{"/console/people/999", "/console/people/0", "/console/people/x", "/console/people/+4", at(s.stan) + "/nothing", "/console/people/999/edit"} {
		root.do(path, nil).shows(http.StatusNotFound)
	}
}

// Without a script and without :has(), the page comes back with the choice and its effect.
func TestAReviewedRoleStaysChosen(t *testing.T) {
	s := openPeople(t, nil)
	page := s.in(s.root).do(at(s.stan)+"?role=admin", nil).shows(http.StatusOK, `value="admin" checked`, "to-admin chosen", "No session in an app is live")
	page.hides(`value="staff" checked`, "to-user asked")
	s.in(s.root).do(at(s.stan)+"?role=king", nil).shows(http.StatusOK, `value="staff" checked`).hides("asked")
}

func TestARoleIsChangedWithTheSessionsOrWithout(t *testing.T) {
	s := openPeople(t, nil)
	shop := s.shop()
	s.begin(s.stan, shop)
	root := s.in(s.root)
	page := root.do(at(s.stan), nil)
	root.send(page, "act", "role", "role", "user").shows(http.StatusOK, "stan is person now.")
	if got := s.read(s.stan); got.Role != store.RoleUser || s.living(s.stan) != 1 {
		t.Errorf("stan is %s with %d sessions, want user with 1", got.Role, s.living(s.stan))
	}
	root.do(at(s.stan), nil).shows(http.StatusOK, "What happened last", "root changed the role of stan")
	root.send(root.do(at(s.stan), nil), "act", "role", "role", "admin", "end", "1").shows(http.StatusOK, "stan is administrator now.", "Signed in nowhere.")
	if got := s.read(s.stan); got.Role != store.RoleAdmin || s.living(s.stan) != 0 {
		t.Errorf("stan is %s with %d sessions, want admin with none", got.Role, s.living(s.stan))
	}
	root.send(root.do(at(s.stan), nil), "act", "role", "role", "king").shows(http.StatusUnprocessableEntity)
}

func TestADemotedAdministratorIsOutAtTheNextClick(t *testing.T) {
	s := openPeople(t, nil)
	root, mara := s.in(s.root), s.in(s.mara)
	open := mara.do(at(s.ann), nil).shows(http.StatusOK, "Deactivate account")
	root.send(root.do(at(s.mara), nil), "act", "role", "role", "user").shows(http.StatusOK, "mara is person now.")
	mara.do(at(s.ann), nil).shows(http.StatusForbidden).hides("ann@people.example")
	mara.do(at(s.ann), open.form("act", "deactivate")).shows(http.StatusForbidden)
	if !s.read(s.ann).Active {
		t.Error("ann is deactivated by somebody who is an administrator no more, want her active")
	}
}

// The second of two administrators learns that somebody was first, and keeps the choice.
func TestTwoAdministratorsAtOnePerson(t *testing.T) {
	s := openPeople(t, nil)
	root, mara := s.in(s.root), s.in(s.mara)
	one, other := root.do(at(s.ann), nil), mara.do(at(s.ann), nil)
	root.send(one, "act", "role", "role", "staff").shows(http.StatusOK, "ann is staff now.")
	for _, act := range []string{"role", "deactivate", "delete", "reset-factors"} {
		mara.send(other, "act", act, "role", "admin").shows(http.StatusPreconditionFailed, "changed meanwhile", `value="admin" checked`, "Change staff to administrator")
	}
	if got := s.read(s.ann); got.Role != store.RoleStaff || !got.Active {
		t.Errorf("ann is %s, active %t; want staff by the first, and nothing by the second", got.Role, got.Active)
	}
	again := mara.send(other, "act", "role", "role", "admin")
	mara.send(again, "act", "role", "role", "admin").shows(http.StatusOK, "ann is administrator now.")
	without := one.form("act", "role", "role", "user")
	without.Del("version")
	root.do(at(s.ann), without).shows(http.StatusPreconditionFailed)
}

func TestStaffReadAPersonAndChangeNothing(t *testing.T) {
	s := openPeople(t, nil)
	s.begin(s.ann, s.shop())
	stan := s.in(s.stan)
	page := stan.do(at(s.ann), nil).shows(http.StatusOK, "ann@people.example").hides("Photo Shop", "Ways to sign in", `name="act"`, "/edit", "Add person")
	root := s.in(s.root)
	form := root.do(at(s.ann), nil).form()
	form.Set("shown_to", s.stan.Sub)
	for _, act := range []string{"role", "activate", "deactivate", "delete", "end", "end-all", "reset-factors", "withdraw", "invite", "reset-link", ""} {
		form.Set("act", act)
		form.Set("role", "admin")
		stan.do(at(s.ann), form).shows(http.StatusForbidden)
	}
	for _, path := range []string{at(s.ann) + "/edit", "/console/people/new"} {
		stan.do(path, nil).shows(http.StatusForbidden)
		stan.do(path, page.form("username", "anna", "email", "anna@people.example", "way", "invite")).shows(http.StatusForbidden)
	}
	if got := s.read(s.ann); got.Role != store.RoleUser || !got.Active || got.Username != "ann" || s.living(s.ann) != 1 {
		t.Errorf("ann is %+v with %d sessions, want her as she was", got, s.living(s.ann))
	}
}

func TestTheLastAdministratorStays(t *testing.T) {
	s := openPeople(t, nil)
	root := s.in(s.root)
	root.send(root.do(at(s.mara), nil), "act", "role", "role", "staff").shows(http.StatusOK)
	page := root.do(at(s.root), nil).shows(http.StatusOK, "The last administrator stays one", "can be neither deactivated nor deleted").hides(`value="deactivate"`, `value="delete"`)
	for _, act := range []string{"role", "deactivate"} {
		root.send(page, "act", act, "role", "user").shows(http.StatusConflict, "This is the last administrator")
	}
	if got := s.read(s.root); got.Role != store.RoleAdmin || !got.Active {
		t.Errorf("root is %s, active %t; want an active administrator", got.Role, got.Active)
	}
}

// What needs a proof for oneself is at one's own account.
func TestOnesOwnPageLeadsToTheAccount(t *testing.T) {
	s := openPeople(t, nil)
	root := s.in(s.root)
	page := root.do(at(s.root), nil).shows(http.StatusOK, `href="/account"`, `href="/account/delete"`).hides(at(s.root)+"/edit", `value="reset-link"`)
	for act, to := range map[string]string{"delete": "/account/delete", "reset-link": "/account/password", "reset-factors": "/account"} {
		if got := root.do(at(s.root), page.form("act", act)); got.header.Get("Location") != to {
			t.Errorf("%s of oneself leads to %q with status %d, want %s", act, got.header.Get("Location"), got.status, to)
		}
	}
	if got := root.do(at(s.root)+"/edit", nil).header.Get("Location"); got != "/account" {
		t.Errorf("editing oneself leads to %q, want /account", got)
	}
	s.must("being there still", func() error { _, err := s.people.Get(t.Context(), s.root.ID); return err }())
}

var endable = regexp.MustCompile(`name="(session|browser)" value="([^"]+)"`)

func TestSessionsOfAPersonEnd(t *testing.T) {
	s := openPeople(t, nil)
	shop := s.shop()
	s.begin(s.ann, shop)
	s.begin(s.ann, shop)
	ann, root := s.in(s.ann), s.in(s.root)
	page := root.do(at(s.ann), nil).shows(http.StatusOK, "Sessions 3")
	found := endable.FindAllStringSubmatch(page.body, -1)
	if len(found) != 3 {
		t.Fatalf("the page has %d sessions to end, want 3\n%s", len(found), page.body)
	}
	root.send(page, "act", "end", found[0][1], found[0][2]).shows(http.StatusOK, "ann is signed out there.", "Sessions 2")
	root.send(page, "act", "end", found[0][1], found[0][2]).shows(http.StatusOK, "That session had ended already.")
	root.do(at(s.stan), page.form("act", "end", found[1][1], found[1][2])).shows(http.StatusSeeOther)
	root.do(at(s.ann), nil).shows(http.StatusOK, "Sessions 2") // another's session is not ended by a wrong path
	root.send(page, "act", "end-all").shows(http.StatusOK, "ann is signed out everywhere.", "Signed in nowhere.")
	if got := ann.do("/console", nil); got.status != http.StatusSeeOther {
		t.Errorf("ann's browser after the end of all: status %d, want the way to the sign-in", got.status)
	}
	events, err := s.db.ListAudit(t.Context(), store.AuditQuery{Kind: "browser.ended", Limit: 10})
	s.must("reading the audit log", err)
	if len(events) != 1 || events[0].Actor != "user:"+s.root.Sub || !strings.Contains(string(events[0].Detail), string(store.EndedByAdmin)) {
		t.Errorf("the audit log has %+v, want one browser ended by the administrator", events)
	}
}

func TestAPersonIsDeactivatedActivatedAndDeleted(t *testing.T) {
	s := openPeople(t, nil)
	root := s.in(s.root)
	do := func(act string) reading { return root.send(root.do(at(s.ann), nil), "act", act) }
	do("deactivate").shows(http.StatusOK, "ann is deactivated", "Activate account").hides("Make a reset link")
	do("reset-link").shows(http.StatusConflict, "The account is deactivated")
	do("activate").shows(http.StatusOK, "ann is activated.")
	do("reset-factors").shows(http.StatusOK)
	do("nothing-that-exists").shows(http.StatusOK)
	do("delete").shows(http.StatusOK, "ann is deleted.", "people")
	root.do(at(s.ann), nil).shows(http.StatusNotFound)
}

func TestALinkIsShownOnceWhereThereIsNoMail(t *testing.T) {
	s := openPeople(t, nil)
	root := s.in(s.root)
	page := root.send(root.do(at(s.ann), nil), "act", "reset-link").shows(http.StatusOK, s.door.URL+"/reset?token=", "It is shown this once")
	if got := page.header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("the page with the link has Cache-Control %q, want no-store", got)
	}
	root.do(at(s.ann), nil).shows(http.StatusOK).hides("token=")
	root.send(root.do(at(s.ann), nil), "act", "invite").shows(http.StatusConflict, "There is a password meanwhile")
}

func TestAPermissionIsTakenAway(t *testing.T) {
	s := openPeople(t, nil)
	shop := s.shop()
	s.must("allowing the app", s.db.Write(t.Context(), func(tx store.Tx) error {
		return tx.PutConsent(store.Consent{UserID: s.ann.ID, ClientID: shop.ID, Scope: "openid profile", GrantedAt: s.now()})
	}))
	root := s.in(s.root)
	page := root.do(at(s.ann), nil).shows(http.StatusOK, "Photo Shop", "Take all away")
	root.send(page, "act", "withdraw", "app", shop.ID).shows(http.StatusOK, "Photo Shop may do nothing for ann any more.", "No app or agent has been allowed anything")
	root.send(page, "act", "withdraw", "app", shop.ID).shows(http.StatusOK, "That had been taken away already.")
}

func TestOnePermissionIsTakenAway(t *testing.T) {
	s := openPeople(t, nil)
	shop := s.shop()
	s.must("allowing the app", s.db.Write(t.Context(), func(tx store.Tx) error {
		return tx.PutConsent(store.Consent{UserID: s.ann.ID, ClientID: shop.ID, Scope: "openid profile", GrantedAt: s.now()})
	}))
	root := s.in(s.root)
	page := root.do(at(s.ann), nil).shows(http.StatusOK, `name="scope" value="profile"`, `name="scope" value="openid"`)
	root.send(page, "act", "withdraw", "app", shop.ID, "scope", "profile").shows(http.StatusOK, "Taken away from Photo Shop.").hides(`name="scope" value="profile"`)
	consents, err := s.db.ListConsents(t.Context(), s.ann.ID)
	if s.must("reading the consents", err); len(consents) != 1 || consents[0].Scope != "openid" {
		t.Errorf("ann allows %+v, want openid alone", consents)
	}
}

// TestAPersonLeadsToTheNext: through the list that they were opened from, and back to it.
func TestAPersonLeadsToTheNext(t *testing.T) {
	s := openPeople(t, nil)
	root := s.in(s.root)
	query := "?factor=none&state=active"
	page := root.do("/console/people"+query, nil)
	links := regexp.MustCompile(`href="(/console/people/\d+\?in=[^"]*)"`).FindAllStringSubmatch(page.body, -1)
	if len(links) < 2 {
		t.Fatalf("the list has %d people, want two at least:\n%s", len(links), page.body)
	}
	first, second := html.UnescapeString(links[0][1]), html.UnescapeString(links[1][1])
	root.do(first, nil).shows(http.StatusOK, `rel="next"`, links[1][1], `href="/console/people?factor=none&amp;state=active"`).hides(`rel="prev"`)
	root.do(second, nil).shows(http.StatusOK, `rel="prev"`, links[0][1])
	root.do(at(s.ann), nil).shows(http.StatusOK, `href="/console/people"`).hides(`rel="next"`, `rel="prev"`)
	root.do(at(s.ann)+"?in=cursor%3Dforged", nil).shows(http.StatusOK).hides(`rel="next"`)
}

func TestNamesOfAPersonAreEdited(t *testing.T) {
	s := openPeople(t, nil)
	root, mara := s.in(s.root), s.in(s.mara)
	form := root.do(at(s.ann)+"/edit", nil).shows(http.StatusOK, `value="ann@people.example"`)
	wrong := root.send(form, "first_name", "Ann <b>", "username", "stan", "email", "nothing", "phone_number", "12")
	wrong.shows(http.StatusUnprocessableEntity, "A user with that username already exists.", "Enter a valid email address.", `value="Ann &lt;b&gt;"`, `value="nothing"`, `value="12"`)
	root.send(form, "first_name", "Ann", "last_name", "Fairweather", "username", "ann", "email", "ann@people.example", "email_verified", "on", "phone_number", "+49301234567").
		shows(http.StatusOK, "Ann Fairweather is saved.", "+49301234567")
	if got := s.read(s.ann); got.FirstName != "Ann" || !got.EmailVerified {
		t.Errorf("ann is %+v, want her name and the verified address", got)
	}
	late := mara.send(form, "shown_to", s.mara.Sub, "first_name", "Anna", "last_name", "Fair", "username", "ann", "email", "ann@people.example", "phone_number", "")
	late.shows(http.StatusPreconditionFailed, "changed meanwhile", `value="Anna"`, "you typed", "Fairweather")
	mara.send(late, "first_name", "Anna", "last_name", "Fair", "username", "ann", "email", "ann@people.example", "phone_number", "").shows(http.StatusOK, "Anna Fair is saved.")
}

func TestAPersonIsAdded(t *testing.T) {
	s := openPeople(t, nil)
	root := s.in(s.root)
	form := root.do("/console/people/new", nil).shows(http.StatusOK, "You get a link to pass on")
	all := root.send(form, "username", "ann", "email", "a@b", "role", "staff", "way", "password", "password", "short", "first_name", "Ines")
	all.shows(http.StatusUnprocessableEntity, "A user with that username already exists.", "Enter a valid email address.", "at least 8", `value="Ines"`, `value="staff" checked`, `value="password" checked`).hides("short\"")
	root.send(form, "username", "ines", "email", "ines@people.example", "role", "staff", "way", "invite").
		shows(http.StatusOK, "An invitation for ines", s.door.URL+"/invite?token=")
	root.send(form, "username", "otto", "email", "otto@people.example", "role", "user", "way", "password", "password", "eleven blue kites").
		shows(http.StatusOK, "otto is added.", "otto@people.example")
	if _, err := s.people.CheckPassword(t.Context(), "otto", "eleven blue kites", "login"); err != nil {
		t.Errorf("signing in as otto: %v, want no error", err)
	}
}

// A form that was shown to somebody else changes nothing.
func TestAFormOfSomebodyElseChangesNothing(t *testing.T) {
	s := openPeople(t, nil)
	form := s.in(s.root).do(at(s.ann), nil)
	if got := s.in(s.mara).do(at(s.ann), form.form("act", "delete")); got.status != http.StatusSeeOther || got.header.Get("Location") != at(s.ann) {
		t.Errorf("status %d to %q, want the page anew", got.status, got.header.Get("Location"))
	}
	if _, err := s.people.Change(t.Context(), authz.Operator, s.ann, account.Input{FirstName: fields.Given("Ann")}, false); err != nil {
		t.Errorf("changing ann afterwards: %v, want her there", err)
	}
}
