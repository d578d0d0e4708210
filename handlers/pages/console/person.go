package console

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strconv"

	"gatehouse/handlers"
	"gatehouse/handlers/pages"
	"gatehouse/handlers/pages/events"
	"gatehouse/internal/account"
	"gatehouse/internal/apis"
	"gatehouse/internal/authz"
	"gatehouse/internal/version"
	"gatehouse/store"
	"gatehouse/web"
)

// Person is the page of one person. Staff see who they are, as at the API; administrators also
// see where they are signed in, how, what they allowed and what happened, and change it.
type Person struct {
	Site
	PersonServices
	// List has the people before and after.
	List browsing
}

// PersonServices are what the pages of a person ask.
type PersonServices struct {
	Accounts interface {
		Get(ctx context.Context, id int64) (store.User, error)
		CreateOrInvite(ctx context.Context, actor authz.Actor, in account.Input) (store.User, account.Invitation, error)
		Change(ctx context.Context, actor authz.Actor, target store.User, in account.Input, replaceAll bool) (store.User, error)
		Delete(ctx context.Context, actor authz.Actor, id int64, shown version.Tag) error
		ResetFactors(ctx context.Context, actor authz.Actor, id int64, shown version.Tag) error
		Invite(ctx context.Context, actor authz.Actor, id int64) (account.Invitation, error)
		ResetLink(ctx context.Context, actor authz.Actor, id int64) (account.Invitation, error)
		Touched(ctx context.Context, userID int64) (account.Effect, error)
		LastAdmin(ctx context.Context, u store.User) (bool, error)
		FactorsOf(ctx context.Context, u store.User) (account.FactorsHad, error)
		Consents(ctx context.Context, userID int64) ([]account.Granted, error)
		Withdraw(ctx context.Context, actor authz.Actor, person store.User, clientID string) error
		WithdrawScope(ctx context.Context, actor authz.Actor, person store.User, clientID string, taken authz.Scope) (store.Consent, error)
	}
	Browsers interface {
		List(ctx context.Context, u store.User) ([]store.BrowserSession, error)
		EndFor(ctx context.Context, actor string, u store.User, id string) (bool, error)
	}
	Sessions interface {
		List(ctx context.Context, userID int64) ([]store.Session, error)
		End(ctx context.Context, actor, sid string, userID int64, reason store.EndReason) (bool, error)
		EndAll(ctx context.Context, actor string, userID int64, except string, reason store.EndReason) (store.EndResult, error)
	}
	Passkeys interface {
		ListPasskeys(ctx context.Context, userID int64) ([]store.Passkey, error)
	}
	Scopes interface {
		Explain(ctx context.Context, scope authz.Scope) ([]apis.Section, error)
	}
	Clients interface {
		ClientByID(ctx context.Context, id string) (store.Client, error)
	}
	Evidence interface {
		ListAudit(ctx context.Context, q store.AuditQuery) ([]store.AuditEvent, error)
	}
	// Directory finds the names in the evidence.
	Directory events.Directory
	// Mails says that links are mailed, and MinLength is that of passwords.
	Mails     bool
	MinLength int
}

// Show shows the page. The parameter role asks what a change to that role would touch.
func (e Person) Show(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	u, err := e.target(r)
	if err != nil {
		return err
	}
	return e.show(w, r, me, u, http.StatusOK, store.Role(r.URL.Query().Get("role")), "")
}

// target returns the person whom the path names.
func (s PersonServices) target(r *http.Request) (store.User, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || strconv.FormatInt(id, 10) != r.PathValue("id") {
		return store.User{}, handlers.ErrNotFound
	}
	u, err := s.Accounts.Get(r.Context(), id)
	if errors.Is(err, store.ErrNotFound) {
		return store.User{}, handlers.ErrNotFound
	}
	return u, err
}

// personRoutes are the routes of the pages of one person.
func (e Endpoints) personRoutes() []handlers.Route {
	person, edit, newcomer := Person{e.Site, e.Person, e.Browsing}, PersonEdit{e.Site, e.Person}, PersonNew{e.Site, e.Person}
	return []handlers.Route{
		e.shown(peoplePath+"/new", authz.ChangePeople, newcomer.Show), e.sent(peoplePath+"/new", authz.ChangePeople, newcomer.Create),
		e.shown(peoplePath+"/{id}", authz.ReadPeople, person.Show), e.sent(peoplePath+"/{id}", authz.ChangePeople, person.Act),
		e.shown(peoplePath+"/{id}/edit", authz.ChangePeople, edit.Show), e.sent(peoplePath+"/{id}/edit", authz.ChangePeople, edit.Change),
	}
}

// show shows a person with the role that was chosen, which may be empty.
func (e Person) show(w http.ResponseWriter, r *http.Request, me pages.Visit, u store.User, status int, chosen store.Role, problem string) error {
	data := web.ConsolePersonData{
		Frame: e.frame(w, r, me, "people"), PersonRow: e.rowOf(r, u), Sub: u.Sub, Self: me.User.ID == u.ID,
		HasPassword: u.PasswordHash != "", HasFactors: u.Factors != 0, Mails: e.Mails,
	}
	data.Problem = problem
	tag, err := account.Version(u)
	data.Version = string(tag)
	fills := []func(*http.Request, store.User, *web.ConsolePersonData) error{e.neighbours, e.identity}
	if authz.InspectPeople.Allow(me.Actor()) == nil {
		fills = append(fills, e.sessions, e.ways, e.granted, e.timeline, e.effects(chosen))
	}
	for _, fill := range fills {
		err = cmp.Or(err, fill(r, u, &data))
	}
	if err != nil {
		return err
	}
	return pages.Show(w, r, web.ConsolePerson, status, data)
}

// nameOfApp returns what the pages call an app. An app that is gone is called by its ID.
func (s PersonServices) nameOfApp(ctx context.Context, id string) (string, error) {
	c, err := s.Clients.ClientByID(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return id, nil
	}
	return pages.NameOf(c), err
}

// rowOf returns what the list of people shows of a person as well.
func (s Site) rowOf(r *http.Request, u store.User) web.PersonRow {
	return web.PersonRow{
		Address: pages.PersonPath(u), Name: pages.FullNameOf(u), Username: u.Username, Email: u.Email, Role: string(u.Role), Active: u.Active, Verified: u.EmailVerified,
		Seen: s.when(r, u.LastLoginAt), Joined: s.when(r, u.JoinedAt),
	}
}
