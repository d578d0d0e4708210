package console

import (
	"errors"
	"net/http"
	"net/url"

	"gatehouse/handlers/pages"
	"gatehouse/internal/account"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/store"
	"gatehouse/web"
)

// PersonEdit is the page with the names and addresses of a person.
type PersonEdit struct {
	Site
	PersonServices
}

// edited are the fields of the form; email_verified is a box.
var edited = []string{"first_name", "last_name", "username", "email", "phone_number"}

// Show shows the form. Administrators change their own names in their account, with a proof.
func (e PersonEdit) Show(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	u, err := e.target(r)
	if err != nil {
		return err
	}
	if u.ID == me.User.ID {
		return pages.SeeOther(w, "/account")
	}
	values, err := namesNow(u)
	if err != nil {
		return err
	}
	return e.show(w, r, me, u, http.StatusOK, web.ConsolePersonFormData{Values: values})
}

// Change saves what the form says. It is shown again with all that is wrong, or with what
// somebody else wrote meanwhile, and with what was typed.
func (e PersonEdit) Change(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	u, err := e.target(r)
	if err != nil {
		return err
	}
	if u.ID == me.User.ID {
		return pages.SeeOther(w, "/account")
	}
	after, err := e.Accounts.Change(r.Context(), me.Actor(), u, editOf(me), false)
	if err == nil {
		return e.done(w, me, pages.PersonPath(u), pages.Say(r, "%s is saved.", pages.FullNameOf(after)))
	}
	problem, status, err := reasonOf(w, r, err)
	if err != nil {
		return err
	}
	data := web.ConsolePersonFormData{Values: typedIn(me.Form, append(edited, "email_verified")...), Errors: problem.faults}
	data.Problem = problem.text
	if u, err = e.target(r); err == nil && status == http.StatusPreconditionFailed {
		data.Meanwhile, err = meanwhile(r, u, data.Values)
	}
	if err != nil {
		return err
	}
	return e.show(w, r, me, u, status, data)
}

// editOf returns what the form says.
func editOf(me pages.Visit) account.Input {
	given := func(name string) fields.Text { return fields.Given(me.Form.Get(name)) }
	return account.Input{
		FirstName: given("first_name"), LastName: given("last_name"), Username: given("username"), Email: given("email"),
		EmailVerified: fields.On(me.Form.Has("email_verified")), Attributes: account.Attributes{"phone_number": given("phone_number")}, Shown: shown(me),
	}
}

func (e PersonEdit) show(w http.ResponseWriter, r *http.Request, me pages.Visit, u store.User, status int, data web.ConsolePersonFormData) error {
	tag, err := account.Version(u)
	if err != nil {
		return err
	}
	problem := data.Problem
	data.Frame, data.Name, data.Path, data.Version = e.frame(w, r, me, "people"), pages.FullNameOf(u), pages.PersonPath(u), string(tag)
	data.Problem = problem
	return pages.Show(w, r, web.ConsolePersonEdit, status, data)
}

// namesNow returns what the fields of a person have.
func namesNow(u store.User) (map[string]string, error) {
	p, err := store.ProfileOf(u)
	values := map[string]string{"first_name": u.FirstName, "last_name": u.LastName, "username": u.Username, "email": u.Email, "phone_number": p.PhoneNumber}
	if u.EmailVerified {
		values["email_verified"] = "on"
	}
	return values, err
}

// typedIn returns the fields of a form as they were sent.
func typedIn(form url.Values, names ...string) map[string]string {
	values := map[string]string{}
	for _, name := range names {
		values[name] = form.Get(name)
	}
	return values
}

// meanwhile returns the fields that now have something else than what was typed.
func meanwhile(r *http.Request, u store.User, typed map[string]string) (all []web.ConsoleFact, err error) {
	is, err := namesNow(u)
	labels := pages.Labels(r)
	for _, name := range edited {
		if is[name] != typed[name] {
			all = append(all, web.ConsoleFact{Label: labels[name], Text: is[name], Chip: typed[name]})
		}
	}
	return all, err
}

// A reason says why a form was refused: its text as a whole, and the faults of its fields.
type reason struct {
	text   string
	faults map[string][]string
}

// reasonOf returns why a form was refused, in words. Any other error is returned.
func reasonOf(w http.ResponseWriter, r *http.Request, err error) (why reason, status int, _ error) {
	if errors.Is(err, authz.ErrDenied) {
		return why, 0, errNotYours
	}
	faults, problem, status, err := pages.Refused(w, r, err)
	why.text = problem
	if faults != nil {
		why.faults = map[string][]string{}
		for name, messages := range faults.Map() {
			for _, message := range messages {
				why.faults[name] = append(why.faults[name], pages.Told(r, message))
			}
		}
	}
	return why, status, err
}
