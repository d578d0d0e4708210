package signin

import (
	"errors"
	"net/http"

	"gatehouse/handlers"
	"gatehouse/handlers/pages"
	"gatehouse/internal/account"
	"gatehouse/internal/factor"
	"gatehouse/internal/fields"
	"gatehouse/internal/link"
	"gatehouse/internal/signin"
	"gatehouse/store"
	"gatehouse/web"
)

// ShowReset shows the form for a password to the holder of a link.
func (e Links) ShowReset(w http.ResponseWriter, r *http.Request) error {
	token := r.URL.Query().Get("token")
	person, err := e.People.PersonOfLink(r.Context(), token)
	if errors.Is(err, link.ErrSpent) {
		return e.resetSpent(w, r)
	}
	if err != nil {
		return err
	}
	return pages.Show(w, r, web.Reset, http.StatusOK, e.resetData(token, person))
}

// invited reports whether the person has had no way to sign in yet.
func invited(person store.User) bool { return person.PasswordHash == "" && !person.Factors.Second() }

func (e Links) resetData(token string, person store.User) web.ResetData {
	path := link.ResetPath
	if invited(person) {
		path = link.InvitePath
	}
	return web.ResetData{
		Path: path, Token: token, Username: person.Username, First: person.PasswordHash == "", Invited: invited(person), Second: person.Factors.Second(), MinLength: e.MinLength,
		Options: optionsOf(e.Login.Passkeys && person.PasswordHash == "", resetOptionsPath),
	}
}

// resetSpent says how to get another link. People who were invited have to ask for it.
func (e Links) resetSpent(w http.ResponseWriter, r *http.Request) error {
	if r.URL.Path == link.InvitePath || !e.People.Reaches() {
		return spent(w, r, web.LinkSpentData{Text: pages.Say(r, "Ask an administrator for another one.")})
	}
	return spent(w, r, web.LinkSpentData{Action: pages.Say(r, "Send a new link"), Path: ForgotPath})
}

// Reset sets the password.
func (e Links) Reset(w http.ResponseWriter, r *http.Request) error {
	form, err := handlers.Form(r)
	if err != nil {
		return err
	}
	in := account.NewPassword{Token: fields.Given(form.Get("token")), Password: fields.Given(form.Get("password"))}
	in.OTP, in.RecoveryCode = codeIn(form.Get("otp"))
	if form.Has("passkey") {
		return e.resetByPasskey(w, r, in, form.Get("passkey"))
	}
	_, err = e.People.Reset(r.Context(), in)
	switch {
	case err == nil:
		return pages.Show(w, r, web.LinkDone, http.StatusOK, web.LinkDoneData{
			Heading: pages.Say(r, "Your password is set"), Text: pages.Say(r, "Sign in with it now."),
			Action: pages.Say(r, "Sign in"), Path: loginPath,
		})
	case errors.Is(err, link.ErrSpent):
		return e.resetSpent(w, r)
	}
	return e.resetAgain(w, r, in.Token.Value, err)
}

// resetAgain shows the form once more, if another try can help.
func (e Links) resetAgain(w http.ResponseWriter, r *http.Request, token string, err error) error {
	status, faults, problem := explained(w, r, err)
	if message := lacking(err); message != "" {
		status, faults = http.StatusUnprocessableEntity, map[string][]string{"otp": {pages.Say(r, message)}}
	}
	if refused := refusedKey(err); refused != "" {
		status, problem = http.StatusUnprocessableEntity, pages.Say(r, refused)
	}
	if status == 0 {
		return err
	}
	person, err := e.People.PersonOfLink(r.Context(), token)
	if errors.Is(err, link.ErrSpent) {
		return e.resetSpent(w, r)
	}
	if err != nil {
		return err
	}
	data := e.resetData(token, person)
	data.Errors, data.Problem = faults, problem
	return pages.Show(w, r, web.Reset, status, data)
}

// lacking returns what a reset says for want of a second factor, or "" for any other error.
func lacking(err error) string {
	required, is := errors.AsType[*factor.Required](err)
	switch {
	case is && len(required.Factors) == 0:
		return "You have no codes to type here. Ask an administrator for help."
	case is && !required.Wrong:
		return "Type a code, too: your account has a second factor."
	case is, errors.Is(err, signin.ErrFactorUsed):
		return "This code is not right, or was used before."
	}
	return ""
}

// codeIn tells a code of six digits, which an authenticator app shows, from a recovery
// code.
func codeIn(typed string) (otp, recovery fields.Text) {
	digits := 0
	for _, c := range typed {
		switch {
		case c == ' ':
		case c >= '0' && c <= '9':
			digits++
		default:
			return fields.Text{}, fields.Given(typed)
		}
	}
	if digits == 0 {
		return fields.Text{}, fields.Text{}
	}
	return fields.Given(typed), fields.Text{}
}
