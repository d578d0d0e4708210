package account

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"gatehouse/handlers/pages"
	"gatehouse/internal/apis"
	"gatehouse/internal/audit"
	"gatehouse/internal/authz"
	"gatehouse/store"
	"gatehouse/web"
)

// Overview is the page at /account: how well the account is protected, and the sections in
// brief. It costs one query for the person, and one for each of the sections that are in
// tables of their own.
type Overview struct {
	Site
	Browsers interface {
		List(ctx context.Context, u store.User) ([]store.BrowserSession, error)
	}
	Sessions interface {
		List(ctx context.Context, userID int64) ([]store.Session, error)
	}
	Consents interface {
		ListConsents(ctx context.Context, userID int64) ([]store.Consent, error)
	}
	Scopes   explainer
	Evidence evidence
	// Has reports whether a page is there: a way to sign in is shown only with its page.
	Has func(path string) bool
}

// inBrief is how many things of a section the overview shows.
const inBrief = 3

// Show shows the page.
func (e Overview) Show(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	data := web.AccountOverviewData{Frame: e.frame(w, r, me), Profile: e.profile(r, me.User)}
	for _, fill := range []func(*http.Request, pages.Visit, *web.AccountOverviewData) error{e.signingIn, e.sessions, e.apps, e.activity} {
		if err := fill(r, me, &data); err != nil {
			return err
		}
	}
	return pages.Show(w, r, web.AccountOverview, http.StatusOK, data)
}

func (e Overview) profile(r *http.Request, u store.User) []web.AccountRow {
	change := pages.Say(r, "Change")
	email := web.AccountRow{Title: pages.Say(r, "E-mail address"), Text: u.Email, Link: emailPath, Action: change, Chip: pages.Say(r, "not verified")}
	if u.EmailVerified {
		email.Chip, email.Tone = pages.Say(r, "verified"), "ok"
	}
	return []web.AccountRow{
		{Title: pages.Say(r, "Name"), Text: pages.AccountOf(u).Called(), Link: profilePath, Action: change},
		{Title: pages.Say(r, "Username"), Text: u.Username, Link: usernamePath, Action: change},
		email,
	}
}

// signingIn fills in the ways to sign in, and how well they protect the account.
func (e Overview) signingIn(r *http.Request, me pages.Visit, data *web.AccountOverviewData) error {
	password := web.AccountRow{Icon: "lock", Title: pages.Say(r, "Password"), Text: pages.Say(r, "You have none."), Link: pages.PasswordPath, Action: pages.Say(r, "Set")}
	if me.User.PasswordHash != "" {
		password.Text, password.Action = pages.Say(r, "Asked for when you sign in."), pages.Say(r, "Change")
	}
	if me.User.PasswordStolen {
		password.Text, password.Chip, password.Tone = pages.Say(r, "It appears in lists of stolen passwords. Change it here, and wherever else you use it."), pages.Say(r, "stolen"), "caution"
	}
	data.SigningIn = []web.AccountRow{password}
	var missing web.AccountRow
	for _, one := range waysOf(r) {
		has := me.User.Factors&one.factor != 0
		if !e.Has(one.path) || one.factor == store.FactorRecovery && !me.User.Factors.Second() {
			continue
		}
		row := one.row(r, has)
		data.SigningIn = append(data.SigningIn, row)
		if !has && missing.Link == "" {
			missing = row
			missing.Action = one.add
		}
	}
	data.Protection = protection(r, me.User, missing)
	return nil
}

// protection says how well the account is protected, and leads to a way that is missing.
func protection(r *http.Request, u store.User, missing web.AccountRow) web.AccountProtection {
	switch {
	case u.PasswordStolen:
		return web.AccountProtection{
			Title: pages.Say(r, "Your password is known to others"), Text: pages.Say(r, "It appears in lists of stolen passwords. Change it here, and wherever else you use it."),
			Link: pages.PasswordPath, Action: pages.Say(r, "Change the password"),
		}
	case u.Factors.Second() && u.PasswordHash == "":
		return web.AccountProtection{Good: true, Title: pages.Say(r, "Your account is well protected"), Text: pages.Say(r, "You have no password that somebody could steal.")}
	case u.Factors.Second():
		return web.AccountProtection{Good: true, Title: pages.Say(r, "Your account is well protected"), Text: pages.Say(r, "Your password alone opens nothing.")}
	case missing.Link == "":
		return web.AccountProtection{Title: pages.Say(r, "Your password is all that protects your account"), Text: pages.Say(r, "Use it nowhere else, and change it when somebody may know it.")}
	}
	return web.AccountProtection{
		Title: pages.Say(r, "Your password is all that protects your account"),
		Text:  pages.Say(r, "With a second way to prove who you are, a stolen password opens nothing."),
		Link:  missing.Link, Action: missing.Action,
	}
}

// sessions fills in where the person is signed in: this browser first.
func (e Overview) sessions(r *http.Request, me pages.Visit, data *web.AccountOverviewData) error {
	browsers, err := e.Browsers.List(r.Context(), me.User)
	if err != nil {
		return err
	}
	sessions, err := e.Sessions.List(r.Context(), me.User.ID)
	if err != nil {
		return err
	}
	this := func(b store.BrowserSession) bool { return b.ID == me.Session.ID }
	slices.SortStableFunc(browsers, func(a, b store.BrowserSession) int { return rank(this(a)) - rank(this(b)) })
	for _, b := range browsers[:min(len(browsers), inBrief)] {
		device, icon := pages.Device(r, b.UserAgent)
		row := web.AccountRow{Icon: icon, Title: device, Text: b.IP, When: e.when(r, b.LastSeenAt)}
		if this(b) {
			row.Chip, row.Tone = pages.Say(r, "this browser"), "ok"
		}
		data.Sessions = append(data.Sessions, row)
	}
	data.SessionsMore = pages.Say(r, "%s and %s", browsersIn(r, len(browsers)), sessionsIn(r, len(sessions)))
	return nil
}

func rank(first bool) int {
	if first {
		return 0
	}
	return 1
}

// apps fills in what apps may do, those that may do something sensitive first. The first of
// them is the thing to look at, unless a second factor is missing.
func (e Overview) apps(r *http.Request, me pages.Visit, data *web.AccountOverviewData) error {
	consents, err := e.Consents.ListConsents(r.Context(), me.User.ID)
	if err != nil {
		return fmt.Errorf("listing consents: %w", err)
	}
	var plain []web.AccountRow
	for _, c := range consents {
		name, err := e.nameOf(r.Context(), c.ClientID)
		if err != nil {
			return err
		}
		sections, err := e.Scopes.Explain(r.Context(), authz.Consented(c))
		if err != nil {
			return err
		}
		row := web.AccountRow{Icon: "apps", Title: name, Text: permissionsIn(r, len(authz.Consented(c).Tokens()))}
		if !apis.Sensitive(sections) {
			plain = append(plain, row)
			continue
		}
		row.Text, row.Chip, row.Tone = pages.Told(r, sections[0].Scopes[0].Text), pages.Say(r, "sensitive"), "caution"
		data.Apps = append(data.Apps, row)
		if p := &data.Protection; p.Good && p.Link == "" {
			p.Text, p.Link, p.Action = pages.Say(r, "One thing to look at: what you allowed %s.", name), appsPath, pages.Say(r, "Look at it")
		}
	}
	data.Apps = append(data.Apps, plain...)
	data.AppsMore = appsIn(r, len(consents))
	data.Apps = data.Apps[:min(len(data.Apps), inBrief)]
	return nil
}

// activity fills in what happened last.
func (e Overview) activity(r *http.Request, me pages.Visit, data *web.AccountOverviewData) error {
	events, err := e.Evidence.ListAudit(r.Context(), store.AuditQuery{Subject: audit.UserSubject(me.User.Sub), Limit: inBrief})
	if err != nil {
		return fmt.Errorf("reading the activity: %w", err)
	}
	told, err := e.told(r, me, events)
	for _, event := range told {
		data.Activity = append(data.Activity, web.AccountRow{Icon: "clock", Title: event.Sentence, Text: event.App, When: event.At})
	}
	return err
}
