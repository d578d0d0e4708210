package pages

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"gatehouse/handlers"
	"gatehouse/internal/account"
	"gatehouse/internal/apis"
	"gatehouse/internal/authz"
	"gatehouse/internal/browser"
	"gatehouse/internal/fields"
	"gatehouse/internal/reqctx"
	"gatehouse/internal/session"
	"gatehouse/internal/signin"
	"gatehouse/store"
	"gatehouse/web"
)

// Setup lets the holder of the one-time link create the first administrator, and signs
// them in.
type Setup struct {
	Visitors Visitors
	People   interface {
		Redeem(ctx context.Context, token string, in account.Input) (signin.Proof, error)
	}
	Browsers interface {
		SignIn(ctx context.Context, proof signin.Proof, old string) (string, store.BrowserSession, error)
	}
	Known browser.Known
	// Sessions begins the session of the first token, in Client.
	Sessions interface {
		Begin(ctx context.Context, proof signin.Proof, client store.Client, granted apis.Grant, asked apis.Asked) (session.Set, error)
	}
	Client store.Client
	Issuer string
}

// Show shows the form. It does not check the token; only sending the form uses up the
// link.
func (e Setup) Show(w http.ResponseWriter, r *http.Request) error {
	return Show(w, r, web.Setup, http.StatusOK, web.SetupData{Token: r.URL.Query().Get("token")})
}

// Create uses up the link and creates the administrator.
func (e Setup) Create(w http.ResponseWriter, r *http.Request) error {
	form, err := handlers.Form(r)
	if err != nil {
		return err
	}
	proof, err := e.People.Redeem(r.Context(), form.Get("token"), account.Input{
		Username: fields.Given(form.Get("username")), Email: fields.Given(form.Get("email")), Password: fields.Given(form.Get("password")),
	})
	var bad *fields.Errors
	switch {
	case errors.As(err, &bad):
		return Show(w, r, web.Setup, http.StatusUnprocessableEntity, web.SetupData{
			Token: form.Get("token"), Username: form.Get("username"), Email: form.Get("email"), Errors: faults(r, bad),
		})
	case errors.Is(err, account.ErrLink):
		return errLinkUsed
	case err != nil:
		return err
	}
	return Show(w, r, web.SetupDone, http.StatusCreated, e.welcome(w, r, proof))
}

// welcome signs the new administrator in, and makes their first token. The link is used
// up, so a failure leads to a page with less on it.
func (e Setup) welcome(w http.ResponseWriter, r *http.Request, proof signin.Proof) web.SetupDoneData {
	data := web.SetupDoneData{Username: proof.User.Username, Issuer: e.Issuer, Host: hostOf(e.Issuer)}
	cookie, _, err := e.Browsers.SignIn(r.Context(), proof, e.Visitors.Cookies.Session(r))
	if err != nil {
		reqctx.From(r.Context()).Err = err
		return data
	}
	e.Visitors.Cookies.SetSession(w, cookie)
	e.Known.Remember(w, r, proof.User.Sub)
	data.SignedIn = true
	client := e.Client
	client.AccessTokenLifetime, client.RefreshTokenIdle, client.RefreshTokenLifetime = firstTokenLife, firstTokenLife, firstTokenLife
	set, err := e.Sessions.Begin(r.Context(), proof, client, apis.Grant{Scope: authz.ForRole(proof.User.Role)}, apis.Asked{})
	if err != nil {
		reqctx.From(r.Context()).Err = err
	}
	data.Token = set.AccessToken
	return data
}

// firstTokenLife is how long the first token works, and its session lives. Its refresh
// token is shown to nobody.
const firstTokenLife = 5 * time.Minute

func hostOf(issuer string) string {
	u, err := url.Parse(issuer)
	if err != nil {
		return issuer
	}
	return u.Host
}

// faults returns the messages by field, in the language of the page.
func faults(r *http.Request, e *fields.Errors) map[string][]string {
	all := e.Map()
	for field, messages := range all {
		all[field] = make([]string, len(messages))
		for i, m := range messages {
			all[field][i] = Told(r, m)
		}
	}
	return all
}

var errLinkUsed = &Problem{
	Status: http.StatusGone, Reason: "bootstrap link unknown, used or expired",
	Heading: "This link no longer works",
	Text:    "It has been used, or an hour has passed. If there is no administrator yet, restart the server for a new link, or run: gatehouse user create --role admin",
}
