package signin

import (
	"errors"
	"net/http"
	"net/url"

	"gatehouse/handlers"
	"gatehouse/handlers/pages"
	"gatehouse/internal/account"
	"gatehouse/internal/fields"
	"gatehouse/internal/link"
	"gatehouse/internal/signin"
	"gatehouse/store"
	"gatehouse/web"
)

var errSignUpClosed = &pages.Problem{
	Status: http.StatusForbidden, Reason: "sign-up is closed",
	Heading: "Sign-up is closed", Text: "An administrator can create an account for you.",
}

// ShowSignUp shows the form for a new account: for the address alone if that must be
// proved first, and for the rest to the holder of the link that proved it.
func (e Links) ShowSignUp(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	return e.signUpForm(w, r, http.StatusOK, web.SignUpData{Request: query.Get("request"), Token: query.Get("token")})
}

func (e Links) signUpForm(w http.ResponseWriter, r *http.Request, status int, data web.SignUpData) (err error) {
	if e.SignUp == "closed" {
		return errSignUpClosed
	}
	if data.Token != "" {
		data.Email, err = e.People.OfferedAddress(r.Context(), data.Token)
		if errors.Is(err, link.ErrSpent) {
			return e.signUpSpent(w, r)
		}
		if err != nil {
			return err
		}
	}
	data.AddressOnly = data.Token == "" && e.SignUp == "verified"
	data.Options = optionsOf(e.Login.Passkeys && e.SignUpPasskey && !data.AddressOnly, signUpOptionsPath)
	data.MinLength, data.Login = e.MinLength, withRequest(loginPath, data.Request)
	if data.App, err = e.appOf(w, r, data.Request); err != nil {
		return err
	}
	return pages.Show(w, r, web.SignUp, status, data)
}

func (e Links) signUpSpent(w http.ResponseWriter, r *http.Request) error {
	return spent(w, r, web.LinkSpentData{
		Text:   pages.Say(r, "If your account is there already, sign in."),
		Action: pages.Say(r, "Send a new link"), Path: link.SignUpPath,
	})
}

// CreateAccount creates the account, and signs in; or mails a link, if the address must
// be proved first.
func (e Links) CreateAccount(w http.ResponseWriter, r *http.Request) error {
	form, err := handlers.Form(r)
	if err != nil {
		return err
	}
	data := web.SignUpData{Request: form.Get("request"), Token: form.Get("token"), Username: form.Get("username"), Email: form.Get("email")}
	if data.Token == "" && e.SignUp == "verified" {
		if err = e.People.OfferSignUp(r.Context(), fields.Given(data.Email)); err == nil {
			return pages.Show(w, r, web.Sent, http.StatusOK, web.SentData{
				SignUp: true, Email: data.Email, Again: withRequest(link.SignUpPath, data.Request), Login: withRequest(loginPath, data.Request),
			})
		}
		return e.signUpAgain(w, r, data, err)
	}
	if form.Has("passkey") {
		return e.signUpByPasskey(w, r, data, form.Get("passkey"))
	}
	person, err := e.create(r, form, data)
	if err != nil {
		return e.signUpAgain(w, r, data, err)
	}
	return e.signIn(w, r, data.Request, person)
}

// signIn signs the browser in with a new account, whose password was chosen just now, and
// goes on to what waits for that.
func (e Links) signIn(w http.ResponseWriter, r *http.Request, request string, person store.User) error {
	return e.Login.enter(w, r, web.LoginData{Request: request}, signin.Password(person, signin.ByPage, e.Now()))
}

// appOf returns the name of the app whose request waits; empty without one that can be
// read, which the sign-in will say.
func (e Links) appOf(w http.ResponseWriter, r *http.Request, request string) (string, error) {
	if request == "" {
		return "", nil
	}
	visitor, err := e.Login.Visitors.Read(w, r)
	if err != nil {
		return "", err
	}
	pending, err := e.Login.Requests.Pending(r.Context(), request, visitor)
	if err != nil {
		return "", nil //nolint:nilerr // see above
	}
	return nameOf(pending.Client), nil
}

// create creates the account, with the address of the link if there is one.
func (e Links) create(r *http.Request, form url.Values, data web.SignUpData) (store.User, error) {
	in := account.Input{Username: fields.Given(data.Username), Email: fields.Given(data.Email), Password: fields.Given(form.Get("password"))}
	if data.Token != "" {
		return e.People.SignUpByLink(r.Context(), data.Token, in)
	}
	return e.People.SignUp(r.Context(), in)
}

// signUpAgain shows the form once more, if another try can help.
func (e Links) signUpAgain(w http.ResponseWriter, r *http.Request, data web.SignUpData, err error) error {
	switch {
	case errors.Is(err, account.ErrClosed):
		return errSignUpClosed
	case errors.Is(err, link.ErrSpent):
		return e.signUpSpent(w, r)
	}
	status, faults, problem := explained(w, r, err)
	if refused := refusedKey(err); refused != "" {
		status, problem = http.StatusUnprocessableEntity, pages.Say(r, refused)
	}
	if status == 0 {
		return err
	}
	data.Errors, data.Problem = faults, problem
	return e.signUpForm(w, r, status, data)
}
