package signin

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"gatehouse/handlers"
	"gatehouse/handlers/pages"
	"gatehouse/internal/account"
	"gatehouse/internal/browser"
	"gatehouse/internal/link"
	"gatehouse/internal/oauth"
	"gatehouse/internal/oauth/authorize"
	"gatehouse/internal/refusal"
	"gatehouse/internal/reqctx"
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
		Unfamiliar(ctx context.Context, user store.User, method signin.Method) func(store.Tx) error
	}
	Browsers interface {
		SignIn(ctx context.Context, proof signin.Proof, old string) (string, store.BrowserSession, error)
	}
	Known browser.Known
	// Lifetime is how long a browser session lives at most.
	Lifetime time.Duration
	// Passkeys says that there are passkeys here.
	Passkeys bool
	// SignUp says that anybody may create an account.
	SignUp bool
	// Factors keeps sign-ins that lack a second factor, and Trusted knows in which browsers
	// it is not asked for.
	Factors waitingRoom
	Trusted browser.Trusted
}

// notRight is the answer to every refused name and password, whatever the reason: a
// different one would reveal to a guesser who has an account here.
const notRight = "This username and password do not match. Check both and try again."

// Show shows the form. A person who is signed in, perhaps in another tab since, sees it
// only if an app wants the password again, with ?again, to allow a device something
// sensitive, or with ?another, to sign in to another account.
func (e Login) Show(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	data := web.LoginData{Request: query.Get("request"), UserCode: query.Get("user_code"), To: pages.ReturnPath(query.Get(pages.ToParam))}
	visitor, pending, err := e.prepare(w, r, &data)
	another := query.Has("another")
	switch {
	case errors.Is(err, oauth.ErrMoved):
		return pages.SeeOther(w, onward(data))
	case err != nil:
		return err
	case visitor.SignedIn() && pending.Next != authorize.SignIn && !another && !query.Has("again"):
		return pages.SeeOther(w, onward(data))
	case another:
		data.Username = ""
	case visitor.SignedIn():
		known := pages.AccountOf(visitor.User)
		data.Account, data.Username, data.Another = &known, known.Username, elsewhere(data)
	}
	return e.form(w, r, http.StatusOK, data)
}

// form shows the form, with the ways for those who have no password at hand or no account.
func (e Login) form(w http.ResponseWriter, r *http.Request, status int, data web.LoginData) error {
	data.Forgot = withRequest(ForgotPath, data.Request)
	if e.SignUp {
		data.SignUp = withRequest(link.SignUpPath, data.Request)
	}
	return pages.Show(w, r, web.Login, status, data)
}

// prepare fills in data from the waiting request, and returns that; zero without one.
func (e Login) prepare(w http.ResponseWriter, r *http.Request, data *web.LoginData) (oauth.Browser, authorize.Pending, error) {
	data.Passkeys = e.Passkeys
	visitor, err := e.Visitors.Read(w, r)
	if err != nil || data.Request == "" {
		return visitor, authorize.Pending{}, err
	}
	pending, err := e.Requests.Pending(r.Context(), data.Request, visitor)
	if err != nil {
		return visitor, pending, err
	}
	pages.Prefer(r, pending.UILocales)
	data.Request, data.App, data.Username, data.UserCode = pending.Request, nameOf(pending.Client), pending.LoginHint, ""
	return visitor, pending, nil
}

// SignIn checks the form and signs the browser in.
func (e Login) SignIn(w http.ResponseWriter, r *http.Request) error {
	form, err := handlers.Form(r)
	if err != nil {
		return err
	}
	data := web.LoginData{Request: form.Get("request"), UserCode: form.Get("user_code"), To: pages.ReturnPath(form.Get(pages.ToParam))}
	visitor, pending, err := e.prepare(w, r, &data)
	if errors.Is(err, oauth.ErrMoved) {
		return resume(w, r, e.Requests, data.Request, visitor)
	}
	if err != nil {
		return err
	}
	data.Username, data.Stay = form.Get("username"), form.Get("stay") != ""
	if data.Second = form.Get("step") == "password"; data.Second {
		data.Another = elsewhere(data)
	}
	if form.Get("password") == "" && data.Username != "" {
		return e.second(w, r, data)
	}
	proof, err := e.People.CheckPassword(e.Known.Context(r.Context(), r), data.Username, form.Get("password"), signin.ByPage)
	if err != nil {
		return e.again(w, r, data, err)
	}
	return e.proceed(w, r, data, proof, strictly(pending.NeedsFactor, visitor, proof))
}

// second shows the second step, which is the same for every name. The name was typed
// alone, and nothing is known of it yet.
func (e Login) second(w http.ResponseWriter, r *http.Request, data web.LoginData) error {
	data.Second, data.Another = true, elsewhere(data)
	return e.form(w, r, http.StatusOK, data)
}

// keep sets the cookie of the session: for as long as the session lives at most if the
// person chose to stay signed in, and otherwise until the browser is closed.
func (e Login) keep(w http.ResponseWriter, cookie string, stay bool) {
	if stay {
		e.Visitors.Cookies.KeepSession(w, cookie, e.Lifetime)
		return
	}
	e.Visitors.Cookies.SetSession(w, cookie)
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
	explain(r, err)
	if errors.Is(err, account.ErrUnverified) {
		data.Problem = pages.Say(r, "Please confirm your e-mail address first. We have sent you a link.")
		return e.form(w, r, http.StatusUnprocessableEntity, data)
	}
	if errors.Is(err, account.ErrCredentials) || errors.Is(err, signin.ErrCredentialsChanged) {
		data.Problem = pages.Say(r, notRight)
		return e.form(w, r, http.StatusUnprocessableEntity, data)
	}
	if status, seconds := handlers.Trouble(w.Header(), err); status == http.StatusTooManyRequests {
		data.Problem = pages.Say(r, "Too many tries. Please wait %s before you try again.", pages.InWords(r, seconds))
		return e.form(w, r, status, data)
	}
	return err
}

// explain keeps why a sign-in was refused. Nothing that was typed is kept.
func explain(r *http.Request, err error) {
	if refusal.Kept(err) {
		reqctx.From(r.Context()).Explain(refusal.SignIn, err, nil)
	}
}

// onward returns where a sign-in leads: to the request or device that waits for it, to the
// page of ours that asked for it (pages.ReturnPath), or else home.
func onward(data web.LoginData) string {
	switch {
	case data.Request != "":
		return authorize.ResumePath(data.Request)
	case data.UserCode != "":
		return DevicePath + "?user_code=" + url.QueryEscape(data.UserCode)
	case data.To != "":
		return data.To
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
	if data.To != "" {
		query.Set(pages.ToParam, data.To)
	}
	return loginPath + "?" + query.Encode()
}
