package pages

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"gatehouse/internal/browser"
	"gatehouse/internal/oauth"
	"gatehouse/internal/reqctx"
	"gatehouse/store"
	"gatehouse/web"
)

// Visitors finds out who is signed in with a browser.
type Visitors struct {
	Cookies  browser.Cookies
	Browsers interface {
		Of(ctx context.Context, cookie string) (store.BrowserSession, store.User, error)
	}
}

// Read returns what is known about the browser, and sets the cookie that ties an
// authorization to it if it has none.
func (v Visitors) Read(w http.ResponseWriter, r *http.Request) (oauth.Browser, error) {
	b, err := v.SignedIn(r)
	if err != nil {
		return oauth.Browser{}, err
	}
	b.Pre = v.Cookies.EnsurePre(w, r)
	return b, nil
}

// SignedIn is Read without that cookie, for pages that are not part of an authorization.
func (v Visitors) SignedIn(r *http.Request) (oauth.Browser, error) {
	return v.with(r, v.Cookies.Session(r))
}

// After is Read for the rest of a request that has just signed the browser in, and given
// it this cookie.
func (v Visitors) After(r *http.Request, cookie string) (oauth.Browser, error) {
	b, err := v.with(r, cookie)
	b.Pre = v.Cookies.Pre(r)
	return b, err
}

func (v Visitors) with(r *http.Request, cookie string) (oauth.Browser, error) {
	session, user, err := v.Browsers.Of(r.Context(), cookie)
	if errors.Is(err, browser.ErrNone) {
		return oauth.Browser{}, nil
	}
	if err != nil {
		return oauth.Browser{}, err
	}
	reqctx.From(r.Context()).Actor = "user:" + user.Sub
	return oauth.Browser{Session: session, User: user}, nil
}

// AccountOf returns the account that a page shows for a user.
func AccountOf(u store.User) web.Account {
	return web.Account{Sub: u.Sub, Username: u.Username, Email: u.Email, Name: u.FullName()}
}

// RoomOf returns what the pages of the account and of the console show around their
// content.
func RoomOf(u store.User) web.Room {
	return web.Room{Account: AccountOf(u), Console: u.Staff(), Admin: u.Role == store.RoleAdmin}
}

// ShownTo reports whether the page of a form was shown to the person who is signed in
// now. Another may have signed in since, and did not see the question. A program that
// sends the form without having seen a page does not say.
func ShownTo(form url.Values, b oauth.Browser) bool {
	return !form.Has("shown_to") || form.Get("shown_to") == b.User.Sub
}

// GoOn takes the browser to another address. A GET is answered with a redirect. A form is
// answered with a page that goes on by itself, since browsers apply the form-action of
// the form's page to every redirect that follows, and the app may redirect anywhere.
func GoOn(w http.ResponseWriter, r *http.Request, to string) error {
	if r.Method != http.MethodPost {
		return SeeOther(w, to)
	}
	if strings.HasPrefix(to, "/") {
		to = reqctx.From(r.Context()).Base + to
	}
	return Show(w, r, web.Onward, http.StatusOK, web.NewOnwardData(to))
}

// SeeOther redirects the browser to a GET, whatever its method was: with 307 it would
// send the form again, including the password (RFC 9700 §4.12).
func SeeOther(w http.ResponseWriter, to string) error {
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusSeeOther)
	return nil
}
