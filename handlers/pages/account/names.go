package account

import (
	"context"
	"errors"
	"net/http"

	"gatehouse/handlers/pages"
	"gatehouse/internal/account"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/store"
	"gatehouse/web"
)

// Username is the page for another username.
type Username struct {
	Site
	People changer
}

// Show shows the form.
func (e Username) Show(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	return e.show(w, r, me, http.StatusOK, me.User.Username, nil, "")
}

// Change gives the person another username.
func (e Username) Change(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	name := me.Form.Get("username")
	after, err := e.People.ChangeOwn(r.Context(), me.Actor(), me.User, proving(account.Input{Username: fields.Given(name)}, me), false)
	if err == nil {
		return e.done(w, me, overviewPath, pages.Say(r, "Your username is %s now.", after.Username))
	}
	faults, problem, status, err := pages.Refused(w, r, err)
	if err != nil {
		return err
	}
	return e.show(w, r, me, status, name, faults, problem)
}

func (e Username) show(w http.ResponseWriter, r *http.Request, me pages.Visit, status int, name string, faults *fields.Errors, problem string) error {
	data := web.AccountFormData{Frame: e.frame(w, r, me), HasPassword: me.User.PasswordHash != ""}
	data.Problem = problem
	data.Groups = []web.AccountFields{{Fields: append([]web.AccountField{{
		Name: "username", ID: "username", Label: pages.Say(r, "Username"), Value: name, Type: "text", Autocomplete: "username", Required: true, MaxLen: 150,
		Errors: said(r, faults, "username"),
	}}, proof(r, me, faults)...)}}
	return pages.Show(w, r, web.AccountName, status, data)
}

// Email is the page for another e-mail address.
type Email struct {
	Site
	People mover
}

// A mover changes a person's address.
type mover interface {
	changer
	MoveTo(ctx context.Context, actor authz.Actor, me store.User, in account.Input, proved bool) error
	SendVerification(ctx context.Context, person store.User) error
	Reaches() bool
}

// Show shows the form. A person without a password proves by a recent sign-in who they are.
func (e Email) Show(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	if me.User.PasswordHash == "" && !me.Fresh(e.Now()) {
		return pages.SeeOther(w, pages.SignInAgainFor(emailPath))
	}
	return e.show(w, r, me, http.StatusOK, "", nil, "")
}

// Change gives the person another address: once they have opened the link that is mailed to
// it or, where no mail is sent, at once. With "again", it mails the link that proves the
// address that they have.
func (e Email) Change(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	address := me.Form.Get("email")
	message, err := e.change(r, me, address)
	if err == nil {
		return e.done(w, me, overviewPath, message)
	}
	faults, problem, status, err := pages.Refused(w, r, err)
	if err != nil {
		return err
	}
	return e.show(w, r, me, status, address, faults, problem)
}

func (e Email) change(r *http.Request, me pages.Visit, address string) (message string, err error) {
	if me.Form.Has("again") {
		return pages.Say(r, "A link is on its way to %s.", me.User.Email), e.People.SendVerification(r.Context(), me.User)
	}
	in := proving(account.Input{Email: fields.Given(address)}, me)
	proved := me.User.PasswordHash == "" && me.Fresh(e.Now())
	err = e.People.MoveTo(r.Context(), me.Actor(), me.User, in, proved)
	if !errors.Is(err, account.ErrNoMail) {
		return pages.Say(r, "A link is on its way to %s. The address is yours when you have opened it.", address), err
	}
	after, err := e.People.ChangeOwn(r.Context(), me.Actor(), me.User, in, false)
	return pages.Say(r, "Your e-mail address is %s now.", after.Email), err
}

func (e Email) show(w http.ResponseWriter, r *http.Request, me pages.Visit, status int, address string, faults *fields.Errors, problem string) error {
	data := web.AccountFormData{Frame: e.frame(w, r, me), HasPassword: me.User.PasswordHash != "", Mails: e.People.Reaches(), Unverified: !me.User.EmailVerified}
	data.Problem = problem
	data.Groups = []web.AccountFields{{Fields: append([]web.AccountField{{
		Name: "email", ID: "email", Label: pages.Say(r, "New e-mail address"), Value: address, Type: "email", Autocomplete: "email", Required: true, MaxLen: 254,
		Errors: said(r, faults, "email"),
	}}, proof(r, me, faults)...)}}
	return pages.Show(w, r, web.AccountEmail, status, data)
}
