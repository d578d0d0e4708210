package account

import (
	"context"
	"net/http"

	"gatehouse/handlers/pages"
	"gatehouse/store"
	"gatehouse/web"
)

// Sessions is the page with the places where a person is signed in.
type Sessions struct {
	Site
	Browsers interface {
		List(ctx context.Context, u store.User) ([]store.BrowserSession, error)
		EndOne(ctx context.Context, u store.User, id string) (bool, error)
	}
	Sessions interface {
		List(ctx context.Context, userID int64) ([]store.Session, error)
		End(ctx context.Context, actor, sid string, userID int64, reason store.EndReason) (bool, error)
		EndAll(ctx context.Context, actor string, userID int64, except string, reason store.EndReason) (store.EndResult, error)
	}
}

// Show lists the browsers, this one first, with the apps that were signed in to from each,
// and then the apps that were not.
func (e Sessions) Show(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	browsers, err := e.Browsers.List(r.Context(), me.User)
	if err != nil {
		return err
	}
	sessions, err := e.Sessions.List(r.Context(), me.User.ID)
	if err != nil {
		return err
	}
	data := web.AccountSessionsData{Frame: e.frame(w, r, me), Others: len(sessions) > 0 || len(browsers) > 1}
	data.Browsers = e.browsers(r, browsers, me.Session.ID)
	for _, s := range sessions {
		if err := e.place(r, &data, s); err != nil {
			return err
		}
	}
	return pages.Show(w, r, web.AccountSessions, http.StatusOK, data)
}

func (e Sessions) browsers(r *http.Request, browsers []store.BrowserSession, this string) []web.AccountBrowser {
	var first, others []web.AccountBrowser
	for _, b := range browsers {
		device, icon := pages.Device(r, b.UserAgent)
		one := web.AccountBrowser{
			ID: b.ID, Device: device, Icon: icon, IP: b.IP, Seen: e.when(r, b.LastSeenAt), Since: e.when(r, b.SignIn.At), This: b.ID == this,
		}
		if one.This {
			first = append(first, one)
		} else {
			others = append(others, one)
		}
	}
	return append(first, others...)
}

// place adds a session to its browser or, if that is not in the list, to the others.
func (e Sessions) place(r *http.Request, data *web.AccountSessionsData, s store.Session) error {
	name, err := e.nameOf(r.Context(), s.ClientID)
	if err != nil {
		return err
	}
	device, icon := pages.Device(r, s.UserAgent)
	one := web.AccountSession{Sub: data.Account.Sub, ID: s.ID, App: name, Device: device, Icon: icon, IP: s.IP, Used: e.when(r, s.LastUsedAt), Since: e.when(r, s.CreatedAt)}
	for i := range data.Browsers {
		if data.Browsers[i].ID == s.BrowserID {
			data.Browsers[i].Apps = append(data.Browsers[i].Apps, one)
			return nil
		}
	}
	data.Apps = append(data.Apps, one)
	return nil
}

// End ends what the form names: a browser, a session in an app, or all but this browser.
func (e Sessions) End(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	message, err := e.end(r, me)
	if err != nil {
		return err
	}
	return e.done(w, me, sessionsPath, message)
}

func (e Sessions) end(r *http.Request, me pages.Visit) (message string, err error) {
	ctx, ended := r.Context(), false
	switch browser, session := me.Form.Get("browser"), me.Form.Get("session"); {
	case me.Form.Has("others"):
		_, err = e.Sessions.EndAll(ctx, me.Actor().String(), me.User.ID, me.Session.ID, store.EndedByOwner)
		return pages.Say(r, "You are signed out everywhere else."), err
	case browser == me.Session.ID: // signing out here is a page of its own
	case browser != "":
		ended, err = e.Browsers.EndOne(ctx, me.User, browser)
	case session != "":
		ended, err = e.Sessions.End(ctx, me.Actor().String(), session, me.User.ID, store.EndedByOwner)
	}
	if ended {
		return pages.Say(r, "You are signed out there."), err
	}
	return pages.Say(r, "You were not signed in there any more."), err
}
