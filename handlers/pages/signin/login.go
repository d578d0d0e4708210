package signin

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"gatehouse/handlers"
	"gatehouse/handlers/pages"
	"gatehouse/internal/account"
	"gatehouse/internal/browser"
	"gatehouse/internal/oauth"
	"gatehouse/internal/oauth/authorize"
	"gatehouse/internal/signin"
	"gatehouse/store"
	"gatehouse/web"
)

// Login is the page where people sign in.
type Login struct {
	Visitors pages.Visitors
	Requests interface {
		Pending(ctx context.Context, sealed string, b oauth.Browser) (authorize.Pending, error)
		resumer
	}
	People interface {
		CheckPassword(ctx context.Context, name, password string, method signin.Method) (signin.Proof, error)
	}
	Browsers interface {
		SignIn(ctx context.Context, proof signin.Proof, old string) (string, store.BrowserSession, error)
	}
	Known browser.Known
}

// notRight is the answer to every refused name and password, whatever the reason: a
// different one would reveal to a guesser who has an account here.
const notRight = "This username and password do not match. Check both and try again."

// Show shows the form. A person who is signed in, perhaps in another tab since, sees it
// only if an app wants the password again, or with ?another, to sign in to another
// account.
func (e Login) Show(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	data := web.LoginData{Request: query.Get("request"), UserCode: query.Get("user_code")}
	visitor, next, err := e.prepare(w, r, &data)
	another := query.Has("another")
	switch {
	case errors.Is(err, oauth.ErrMoved):
		return pages.SeeOther(w, onward(data))
	case err != nil:
		return err
	case visitor.SignedIn() && next != authorize.SignIn && !another:
		return pages.SeeOther(w, onward(data))
	case another:
		data.Username = ""
	case visitor.SignedIn():
		known := pages.AccountOf(visitor.User)
		data.Account, data.Username, data.Another = &known, known.Username, elsewhere(data)
	}
	return pages.Show(w, r, web.Login, http.StatusOK, data)
}

// prepare fills in data from the waiting request, and returns the step for which that
// waits; zero without a request.
func (e Login) prepare(w http.ResponseWriter, r *http.Request, data *web.LoginData) (oauth.Browser, authorize.StepKind, error) {
	visitor, err := e.Visitors.Read(w, r)
	if err != nil || data.Request == "" {
		return visitor, 0, err
	}
	pending, err := e.Requests.Pending(r.Context(), data.Request, visitor)
	if err != nil {
		return visitor, 0, err
	}
	data.Request, data.App, data.Username, data.UserCode = pending.Request, pending.Client.Name, pending.LoginHint, ""
	return visitor, pending.Next, nil
}

// SignIn checks the form and signs the browser in.
func (e Login) SignIn(w http.ResponseWriter, r *http.Request) error {
	form, err := handlers.Form(r)
	if err != nil {
		return err
	}
	data := web.LoginData{Request: form.Get("request"), UserCode: form.Get("user_code")}
	visitor, _, err := e.prepare(w, r, &data)
	if errors.Is(err, oauth.ErrMoved) {
		return resume(w, r, e.Requests, data.Request, visitor)
	}
	if err != nil {
		return err
	}
	data.Username = form.Get("username")
	proof, err := e.People.CheckPassword(e.Known.Context(r.Context(), r), data.Username, form.Get("password"), signin.ByPage)
	if err != nil {
		return e.again(w, r, data, err)
	}
	cookie, _, err := e.Browsers.SignIn(r.Context(), proof, e.Visitors.Cookies.Session(r))
	if err != nil {
		return e.again(w, r, data, err)
	}
	e.Visitors.Cookies.SetSession(w, cookie)
	e.Known.Remember(w, r, proof.User.Sub)
	return e.leave(w, r, data, cookie)
}

// leave goes on from a sign-in to what waits for it.
func (e Login) leave(w http.ResponseWriter, r *http.Request, data web.LoginData, cookie string) error {
	if data.Request == "" {
		return pages.GoOn(w, r, onward(data))
	}
	visitor, err := e.Visitors.After(r, cookie)
	if err != nil {
		return err
	}
	return resume(w, r, e.Requests, data.Request, visitor)
}

// again shows the form once more, if another try can help.
func (e Login) again(w http.ResponseWriter, r *http.Request, data web.LoginData, err error) error {
	if errors.Is(err, account.ErrCredentials) || errors.Is(err, signin.ErrCredentialsChanged) {
		data.Problem = notRight
		return pages.Show(w, r, web.Login, http.StatusUnprocessableEntity, data)
	}
	if status, seconds := handlers.Trouble(w.Header(), err); status == http.StatusTooManyRequests {
		data.Problem = "Too many tries. Please wait " + pages.InWords(seconds) + " before you try again."
		return pages.Show(w, r, web.Login, status, data)
	}
	return err
}

// onward returns where a sign-in leads: to the request or device that waits for it, or
// else home. The address is built here and never taken from the request.
func onward(data web.LoginData) string {
	switch {
	case data.Request != "":
		return authorize.ResumePath(data.Request)
	case data.UserCode != "":
		return DevicePath + "?user_code=" + url.QueryEscape(data.UserCode)
	}
	return "/"
}

// elsewhere returns the address of the same page for another account.
func elsewhere(data web.LoginData) string {
	query := url.Values{"another": {"1"}}
	if data.Request != "" {
		query.Set("request", data.Request)
	}
	if data.UserCode != "" {
		query.Set("user_code", data.UserCode)
	}
	return loginPath + "?" + query.Encode()
}
