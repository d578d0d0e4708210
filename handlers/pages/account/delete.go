package account

import (
	"context"
	"errors"
	"net/http"

	"gatehouse/handlers/pages"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/store"
	"gatehouse/web"
)

// Delete is the page on which people delete their account.
type Delete struct {
	Site
	People interface {
		DeleteOwn(ctx context.Context, actor authz.Actor, me store.User, password fields.Text) error
	}
	Browsers interface {
		List(ctx context.Context, u store.User) ([]store.BrowserSession, error)
	}
	Sessions interface {
		List(ctx context.Context, userID int64) ([]store.Session, error)
	}
	Consents interface {
		ListConsents(ctx context.Context, userID int64) ([]store.Consent, error)
	}
}

// Show says what a deletion does, and asks for the password. People without one prove by a
// recent sign-in who they are.
func (e Delete) Show(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	if me.User.PasswordHash == "" && !me.Fresh(e.Now()) {
		return pages.SeeOther(w, pages.SignInAgainFor(deletePath))
	}
	return e.show(w, r, me, http.StatusOK, nil, "")
}

// Delete deletes the account, and with it the sign-in of this browser.
func (e Delete) Delete(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	password := fields.Text{}
	if me.User.PasswordHash != "" {
		password = fields.Given(me.Form.Get("current_password"))
	}
	err := e.People.DeleteOwn(r.Context(), me.Actor(), me.User, password)
	if err == nil {
		e.Visitors.Cookies.ClearSession(w)
		return pages.SeeOther(w, deletedPath)
	}
	if errors.Is(err, authz.ErrLastAdmin) {
		return e.show(w, r, me, http.StatusConflict, nil, "")
	}
	faults, problem, status, err := pages.Refused(w, r, err)
	if err != nil {
		return err
	}
	return e.show(w, r, me, status, faults, problem)
}

func (e Delete) show(w http.ResponseWriter, r *http.Request, me pages.Visit, status int, faults *fields.Errors, problem string) error {
	data := web.AccountDeleteData{
		Frame: e.frame(w, r, me), Last: status == http.StatusConflict, Fields: passwordNow(r, me, faults),
	}
	data.Problem = problem
	var err error
	if data.Effects, err = e.effects(r, me); err != nil {
		return err
	}
	return pages.Show(w, r, web.AccountDelete, status, data)
}

// effects counts what ends.
func (e Delete) effects(r *http.Request, me pages.Visit) ([]string, error) {
	browsers, err := e.Browsers.List(r.Context(), me.User)
	if err != nil {
		return nil, err
	}
	sessions, err := e.Sessions.List(r.Context(), me.User.ID)
	if err != nil {
		return nil, err
	}
	consents, err := e.Consents.ListConsents(r.Context(), me.User.ID)
	if err != nil {
		return nil, err
	}
	return []string{
		pages.Say(r, "These end: %s and %s.", browsersIn(r, len(browsers)), sessionsIn(r, len(sessions))),
		pages.Say(r, "What you allowed is taken away from %s.", appsIn(r, len(consents))),
		pages.Say(r, "Your profile, your ways to sign in and your name here are gone. Apps keep what they hold of you themselves: ask them."),
		pages.Say(r, "The record of what happened stays until its time is over, as the operator's rules say."),
	}, nil
}

// Deleted is the page after it, for everybody.
func (e Delete) Deleted(w http.ResponseWriter, r *http.Request) error {
	return pages.Show(w, r, web.AccountDeleted, http.StatusOK, struct{}{})
}
