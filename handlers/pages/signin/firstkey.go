package signin

import (
	"errors"
	"net/http"

	"gatehouse/handlers"
	"gatehouse/handlers/pages"
	"gatehouse/internal/account"
	"gatehouse/internal/fields"
	"gatehouse/internal/link"
	"gatehouse/internal/passkey"
	"gatehouse/internal/signin"
	"gatehouse/store"
	"gatehouse/web"
)

// Where the script of a form asks for the options of a passkey in place of a password.
const (
	signUpOptionsPath = link.SignUpPath + "/passkey/options"
	resetOptionsPath  = link.ResetPath + "/passkey/options"
)

// optionsOf returns the path if a passkey may take the place of the password, or "".
func optionsOf(may bool, path string) string {
	if !may {
		return ""
	}
	return path
}

// refusedKey returns the sentence for a passkey that was refused, or "".
func refusedKey(err error) string {
	switch {
	case errors.Is(err, passkey.ErrRefused):
		return "The passkey was not accepted. Please try again."
	case errors.Is(err, account.ErrPasskeyTaken):
		return "This passkey is on record already."
	case errors.Is(err, account.ErrPasskeysFull):
		return "You have as many passkeys as you may have. Remove one that you do not use."
	}
	return ""
}

// SignUpOptions answers with the options of the passkey of somebody who signs up, or with
// 422 if the form would be refused. The form then says why.
func (e Links) SignUpOptions(w http.ResponseWriter, r *http.Request) error {
	form, err := handlers.Form(r)
	if err == nil {
		err = e.Limits.Ceremony(r.Context())
	}
	if err != nil {
		return err
	}
	newcomer, err := e.People.Newcomer(r.Context(), form.Get("token"), signUpInput(form.Get("username"), form.Get("email")))
	if err != nil {
		return again(w, err)
	}
	options, err := e.Passkeys.CreateFirst(r.Context(), newcomer)
	return offered(w, options, err)
}

// ResetOptions answers with the options of a passkey for the holder of a link.
func (e Links) ResetOptions(w http.ResponseWriter, r *http.Request) error {
	form, err := handlers.Form(r)
	if err == nil {
		err = e.Limits.Ceremony(r.Context())
	}
	if err != nil {
		return err
	}
	person, err := e.People.PersonOfLink(r.Context(), form.Get("token"))
	if err == nil && person.PasswordHash != "" {
		err = account.ErrHasPassword
	}
	if err != nil {
		return again(w, err)
	}
	options, err := e.Passkeys.Create(r.Context(), person)
	return offered(w, options, err)
}

// again has the script send the form, which shows what is wrong with it. A fault of ours
// stays one.
func again(w http.ResponseWriter, err error) error {
	_, bad := errors.AsType[*fields.Errors](err)
	for _, refusal := range []error{link.ErrSpent, account.ErrClosed, account.ErrNeedsPassword, account.ErrHasPassword} {
		bad = bad || errors.Is(err, refusal)
	}
	if !bad {
		return err
	}
	return pages.JSON(w, http.StatusUnprocessableEntity, struct{}{})
}

func offered(w http.ResponseWriter, options any, err error) error {
	if errors.Is(err, passkey.ErrOff) {
		return handlers.ErrNotFound
	}
	if err != nil {
		return err
	}
	return pages.JSON(w, http.StatusOK, options)
}

func signUpInput(username, email string) account.Input {
	return account.Input{Username: fields.Given(username), Email: fields.Given(email)}
}

// signUpByPasskey creates the account with the passkey alone, signs in, and shows the
// recovery codes.
func (e Links) signUpByPasskey(w http.ResponseWriter, r *http.Request, data web.SignUpData, answer string) error {
	in := signUpInput(data.Username, data.Email)
	done, err := e.firstKey(r, data.Token, in, answer)
	if err != nil {
		return e.signUpAgain(w, r, data, err)
	}
	onto := web.LoginData{Request: data.Request}
	if _, err := e.Login.admit(w, r, onto, signin.Passkey(done.User, signin.ByPasskey, e.Now())); err != nil {
		return e.Login.again(w, r, onto, err)
	}
	return showCodes(w, r, done, onward(onto))
}

func (e Links) firstKey(r *http.Request, token string, in account.Input, answer string) (account.FactorChange, error) {
	if answer == "" { // the script got no options
		_, err := e.People.Newcomer(r.Context(), token, in)
		if err == nil {
			err = passkey.ErrRefused
		}
		return account.FactorChange{}, err
	}
	sub, p, err := e.Passkeys.CreatedFirst(r.Context(), []byte(answer))
	if err != nil {
		return account.FactorChange{}, err
	}
	return e.People.SignUpByPasskey(r.Context(), token, in, account.FirstKey{Sub: sub, Passkey: p})
}

// resetByPasskey gives the holder of a link a passkey.
func (e Links) resetByPasskey(w http.ResponseWriter, r *http.Request, in account.NewPassword, answer string) error {
	done, err := e.keyByLink(r, in, answer)
	switch {
	case errors.Is(err, link.ErrSpent), errors.Is(err, account.ErrHasPassword):
		return e.resetSpent(w, r)
	case err != nil:
		return e.resetAgain(w, r, in.Token.Value, err)
	case len(done.Codes) > 0:
		return showCodes(w, r, done, loginPath)
	}
	return pages.Show(w, r, web.LinkDone, http.StatusOK, web.LinkDoneData{
		Heading: pages.Say(r, "Your passkey is set"), Text: pages.Say(r, "Sign in with it now."), Action: pages.Say(r, "Sign in"), Path: loginPath,
	})
}

func (e Links) keyByLink(r *http.Request, in account.NewPassword, answer string) (account.FactorChange, error) {
	person, err := e.People.PersonOfLink(r.Context(), in.Token.Value)
	if err != nil {
		return account.FactorChange{}, err
	}
	p, err := e.Passkeys.Created(r.Context(), person, []byte(answer))
	if err != nil {
		return account.FactorChange{}, err
	}
	return e.People.ResetByPasskey(r.Context(), in, p)
}

// showCodes shows recovery codes, which are shown once.
func showCodes(w http.ResponseWriter, r *http.Request, done account.FactorChange, next string) error {
	return pages.Show(w, r, web.RecoveryCodes, http.StatusOK, web.RecoveryCodesData{Codes: done.Codes, Next: next, KeyOnly: keyOnly(done.User)})
}

func keyOnly(u store.User) bool {
	return u.PasswordHash == "" && !u.Factors.Has(store.FactorTOTP)
}
