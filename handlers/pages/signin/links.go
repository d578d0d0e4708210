package signin

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"gatehouse/handlers"
	"gatehouse/handlers/pages"
	"gatehouse/internal/account"
	"gatehouse/internal/fields"
	"gatehouse/internal/link"
	"gatehouse/store"
	"gatehouse/web"
)

// ForgotPath is where people ask for a link who forgot their password.
const ForgotPath = "/forgot"

// Links are the pages to which one-time links lead, and those where people ask for one.
// Opening a link uses nothing up, because programs that look for harmful mails open
// links too; sending the form does.
type Links struct {
	Login  Login
	People interface {
		Reaches() bool
		Forgot(ctx context.Context, address fields.Text) error
		PersonOfLink(ctx context.Context, token string) (store.User, error)
		Reset(ctx context.Context, in account.NewPassword) (store.User, error)
		AddressOfLink(ctx context.Context, token string) (string, error)
		Verify(ctx context.Context, token fields.Text) (store.User, error)
		OfferSignUp(ctx context.Context, address fields.Text) error
		OfferedAddress(ctx context.Context, token string) (string, error)
		SignUp(ctx context.Context, in account.Input) (store.User, error)
		SignUpByLink(ctx context.Context, token string, in account.Input) (store.User, error)
		Newcomer(ctx context.Context, token string, in account.Input) (store.User, error)
		SignUpByPasskey(ctx context.Context, token string, in account.Input, key account.FirstKey) (account.FactorChange, error)
		ResetByPasskey(ctx context.Context, in account.NewPassword, p store.Passkey) (account.FactorChange, error)
	}
	// Passkeys are made in place of a password; Limits bounds how often they are begun.
	Passkeys interface {
		CreateFirst(ctx context.Context, newcomer store.User) (json.RawMessage, error)
		CreatedFirst(ctx context.Context, answer []byte) (sub string, p store.Passkey, err error)
		Create(ctx context.Context, user store.User) (json.RawMessage, error)
		Created(ctx context.Context, user store.User, answer []byte) (store.Passkey, error)
	}
	Limits interface {
		Ceremony(ctx context.Context) error
	}
	// SignUpPasskey says that a passkey is enough to sign up.
	SignUpPasskey bool
	// SignUp is "open", "verified" or "closed", as in package config.
	SignUp string
	// MinLength is of passwords, in characters.
	MinLength int
	Now       func() time.Time
}

func (e Links) routes() []handlers.Route {
	return []handlers.Route{
		{Method: http.MethodGet, Path: ForgotPath, Serve: e.ShowForgot},
		{Method: http.MethodPost, Path: ForgotPath, Serve: e.Forgot},
		{Method: http.MethodGet, Path: link.ResetPath, Serve: e.ShowReset},
		{Method: http.MethodPost, Path: link.ResetPath, Serve: e.Reset},
		{Method: http.MethodGet, Path: link.InvitePath, Serve: e.ShowReset},
		{Method: http.MethodPost, Path: link.InvitePath, Serve: e.Reset},
		{Method: http.MethodGet, Path: link.VerifyPath, Serve: e.ShowVerify},
		{Method: http.MethodPost, Path: link.VerifyPath, Serve: e.Verify},
		{Method: http.MethodGet, Path: link.SignUpPath, Serve: e.ShowSignUp},
		{Method: http.MethodPost, Path: link.SignUpPath, Serve: e.CreateAccount},
		{Method: http.MethodPost, Path: signUpOptionsPath, Serve: e.SignUpOptions},
		{Method: http.MethodPost, Path: resetOptionsPath, Serve: e.ResetOptions},
	}
}

// withRequest returns a path of ours that carries the sealed request, if one waits.
func withRequest(path, request string) string {
	if request == "" {
		return path
	}
	return path + "?request=" + url.QueryEscape(request)
}

// ShowForgot shows the form for an address.
func (e Links) ShowForgot(w http.ResponseWriter, r *http.Request) error {
	return e.forgotForm(w, r, http.StatusOK, web.ForgotData{Request: r.URL.Query().Get("request")})
}

func (e Links) forgotForm(w http.ResponseWriter, r *http.Request, status int, data web.ForgotData) error {
	data.Reaches, data.Login = e.People.Reaches(), withRequest(loginPath, data.Request)
	return pages.Show(w, r, web.Forgot, status, data)
}

// Forgot mails a link, if somebody has the address. The answer is the same for every
// address.
func (e Links) Forgot(w http.ResponseWriter, r *http.Request) error {
	form, err := handlers.Form(r)
	if err != nil {
		return err
	}
	data := web.ForgotData{Request: form.Get("request"), Email: form.Get("email")}
	if err := e.People.Forgot(r.Context(), fields.Given(data.Email)); err != nil {
		status, faults, problem := explained(w, r, err)
		if status == 0 {
			return err
		}
		data.Errors, data.Problem = faults, problem
		return e.forgotForm(w, r, status, data)
	}
	return pages.Show(w, r, web.Sent, http.StatusOK, web.SentData{
		Email: data.Email, Again: withRequest(ForgotPath, data.Request), Login: withRequest(loginPath, data.Request),
	})
}

// explained returns what a form says about an error that another try can mend, with the
// status of the page: messages by field, or a problem of the whole. The status is 0 for
// any other error.
func explained(w http.ResponseWriter, r *http.Request, err error) (status int, faults map[string][]string, problem string) {
	if bad, ok := errors.AsType[*fields.Errors](err); ok {
		faults = bad.Map()
		for _, messages := range faults {
			for i, message := range messages {
				messages[i] = pages.Told(r, message)
			}
		}
		return http.StatusUnprocessableEntity, faults, ""
	}
	if status, seconds := handlers.Trouble(w.Header(), err); status == http.StatusTooManyRequests {
		return status, nil, pages.Say(r, "Too many tries. Please wait %s before you try again.", pages.InWords(r, seconds))
	}
	return 0, nil, ""
}

// spent shows what to do about a link that does not work any more.
func spent(w http.ResponseWriter, r *http.Request, data web.LinkSpentData) error {
	return pages.Show(w, r, web.LinkSpent, http.StatusGone, data)
}
