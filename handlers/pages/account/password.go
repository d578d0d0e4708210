package account

import (
	"context"
	"net/http"

	"gatehouse/handlers/pages"
	"gatehouse/internal/account"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/store"
	"gatehouse/web"
)

// A changer changes a person's own account.
type changer interface {
	ChangeOwn(ctx context.Context, actor authz.Actor, me store.User, in account.Input, replaceAll bool) (store.User, error)
}

// Password is the page for a new password.
type Password struct {
	Site
	People changer
}

// Show shows the form. A person without a password proves by a recent sign-in who they are.
func (e Password) Show(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	if me.User.PasswordHash == "" && !me.Fresh(e.Now()) {
		return pages.SeeOther(w, pages.SignInAgainFor(pages.PasswordPath))
	}
	return e.show(w, r, me, http.StatusOK, nil, "")
}

// Change sets the new password, which signs the person out everywhere else.
func (e Password) Change(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	in := proving(account.Input{Password: fields.Given(me.Form.Get("password"))}, me)
	_, err := e.People.ChangeOwn(r.Context(), me.Actor(), me.User, in, false)
	if err == nil {
		return e.done(w, me, overviewPath, pages.Say(r, "Your password is changed. You are signed out everywhere else."))
	}
	faults, problem, status, err := pages.Refused(w, r, err)
	if err != nil {
		return err
	}
	return e.show(w, r, me, status, faults, problem)
}

func (e Password) show(w http.ResponseWriter, r *http.Request, me pages.Visit, status int, faults *fields.Errors, problem string) error {
	data := web.AccountFormData{Frame: e.frame(w, r, me), HasPassword: me.User.PasswordHash != ""}
	data.Problem = problem
	data.Groups = []web.AccountFields{{Fields: append(proof(r, me, faults), web.AccountField{
		Name: "password", ID: "password", Label: pages.Say(r, "New password"), Type: "password", Autocomplete: "new-password", Required: true,
		Hint: pages.Say(r, "Long beats complicated: a few unrelated words do well."), Errors: said(r, faults, "password"),
	})}}
	return pages.Show(w, r, web.AccountPassword, status, data)
}

// proof are the fields in which people prove who they are: the password or a code of their
// code app; none for those without a password.
func proof(r *http.Request, me pages.Visit, faults *fields.Errors) []web.AccountField {
	all := passwordNow(r, me, faults)
	if len(all) == 0 || !me.User.Factors.Has(store.FactorTOTP) {
		return all
	}
	all[0].Required = false
	return append(all, web.AccountField{
		Name: "otp", ID: "otp", Label: pages.Say(r, "Or a code from your code app"), Type: "text", Autocomplete: "one-time-code", MaxLen: 20, Errors: said(r, faults, "otp"),
	})
}

// passwordNow is the field for the password that a person has; none for one without.
func passwordNow(r *http.Request, me pages.Visit, faults *fields.Errors) []web.AccountField {
	if me.User.PasswordHash == "" {
		return nil
	}
	return []web.AccountField{{
		Name: "current_password", ID: "current_password", Label: pages.Say(r, "Your password now"), Type: "password",
		Autocomplete: "current-password", Required: true, Errors: said(r, faults, "current_password"),
	}}
}

// proving returns in with what the form has as a proof.
func proving(in account.Input, me pages.Visit) account.Input {
	password, code := me.Form.Get("current_password"), me.Form.Get("otp")
	switch {
	case me.User.PasswordHash == "": // the sign-in is the proof
	case password == "" && code != "":
		in.OTP = fields.Given(code)
	default:
		in.CurrentPassword = fields.Given(password)
	}
	return in
}

// said returns the faults of a field in the language of the page.
func said(r *http.Request, faults *fields.Errors, name string) (messages []string) {
	if faults == nil {
		return nil
	}
	for _, message := range faults.Of(name) {
		messages = append(messages, pages.Told(r, message))
	}
	return messages
}
