package console

import (
	"errors"
	"net/http"

	"gatehouse/handlers/pages"
	"gatehouse/internal/account"
	"gatehouse/internal/authz"
	"gatehouse/store"
	"gatehouse/web"
)

// endOne ends the browser session or the session in an app that the form names.
func (e Person) endOne(r *http.Request, me pages.Visit, u store.User) (done outcome, err error) {
	var ended bool
	if browser := me.Form.Get("browser"); browser != "" {
		ended, err = e.Browsers.EndFor(r.Context(), me.Actor().String(), u, browser)
	} else {
		ended, err = e.Sessions.End(r.Context(), me.Actor().String(), me.Form.Get("session"), u.ID, store.EndedByAdmin)
	}
	if ended {
		return outcome{said: pages.Say(r, "%s is signed out there.", pages.FullNameOf(u))}, err
	}
	return outcome{said: pages.Say(r, "That session had ended already.")}, err
}

func (e Person) endAll(r *http.Request, me pages.Visit, u store.User) (outcome, error) {
	_, err := e.Sessions.EndAll(r.Context(), me.Actor().String(), u.ID, "", store.EndedByAdmin)
	return outcome{said: pages.Say(r, "%s is signed out everywhere.", pages.FullNameOf(u))}, err
}

// resetFactors takes the factors away. One's own are at the pages of the account.
func (e Person) resetFactors(r *http.Request, me pages.Visit, u store.User) (outcome, error) {
	if me.User.ID == u.ID {
		return outcome{to: "/account"}, nil
	}
	err := e.Accounts.ResetFactors(r.Context(), me.Actor(), u.ID, shown(me))
	return outcome{said: pages.Say(r, "The second factors of %s are removed, and all sessions have ended.", pages.FullNameOf(u))}, err
}

// withdraw takes the scope away from an app that the form names, or all of it.
func (e Person) withdraw(r *http.Request, me pages.Visit, u store.User) (outcome, error) {
	name, err := e.nameOfApp(r.Context(), me.Form.Get("app"))
	if err != nil {
		return outcome{}, err
	}
	said := pages.Say(r, "%s may do nothing for %s any more.", name, pages.FullNameOf(u))
	if scope := authz.Scope(me.Form.Get("scope")); scope != "" {
		said = pages.Say(r, "Taken away from %s. It is gone here at once, and elsewhere within minutes.", name)
		_, err = e.Accounts.WithdrawScope(r.Context(), me.Actor(), u, me.Form.Get("app"), scope)
	} else {
		err = e.Accounts.Withdraw(r.Context(), me.Actor(), u, me.Form.Get("app"))
	}
	if errors.Is(err, store.ErrNotFound) {
		return outcome{said: pages.Say(r, "That had been taken away already.")}, nil
	}
	return outcome{said: said}, err
}

func (e Person) invite(r *http.Request, me pages.Visit, u store.User) (outcome, error) {
	made, err := e.Accounts.Invite(r.Context(), me.Actor(), u.ID)
	return linkMade(r, u, made), err
}

// resetLink makes a link for another password. One's own is changed with the current one.
func (e Person) resetLink(r *http.Request, me pages.Visit, u store.User) (outcome, error) {
	if me.User.ID == u.ID {
		return outcome{to: pages.PasswordPath}, nil
	}
	made, err := e.Accounts.ResetLink(r.Context(), me.Actor(), u.ID)
	return linkMade(r, u, made), err
}

func linkMade(r *http.Request, u store.User, made account.Invitation) outcome {
	return outcome{said: pages.Say(r, "A link is on its way to %s.", u.Email), link: &made}
}

// showLink shows a link, this once.
func (s Site) showLink(w http.ResponseWriter, r *http.Request, me pages.Visit, u store.User, made account.Invitation) error {
	return pages.Show(w, r, web.ConsoleLink, http.StatusOK, web.ConsoleLinkData{
		Frame: s.frame(w, r, me, "people"), Name: pages.FullNameOf(u), Path: pages.PersonPath(u), Link: made.URL, Invitation: u.PasswordHash == "", Until: pages.Until(r, made.ExpiresAt),
	})
}
