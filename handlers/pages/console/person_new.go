package console

import (
	"net/http"

	"gatehouse/handlers/pages"
	"gatehouse/internal/account"
	"gatehouse/internal/fields"
	"gatehouse/web"
)

// PersonNew is the page on which somebody new is added.
type PersonNew struct {
	Site
	PersonServices
}

// Show shows the form.
func (e PersonNew) Show(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	return e.show(w, r, me, http.StatusOK, web.ConsolePersonFormData{Values: map[string]string{"role": "user", "way": "invite"}})
}

// Create adds the person, and ends at their page or, where no mail is sent, with the link
// that they are to be given.
func (e PersonNew) Create(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	u, invited, err := e.Accounts.CreateOrInvite(r.Context(), me.Actor(), newcomer(me))
	switch {
	case err == nil && invited.URL != "":
		return e.showLink(w, r, me, u, invited)
	case err == nil && !invited.ExpiresAt.IsZero():
		return e.done(w, me, pages.PersonPath(u), pages.Say(r, "%s is added. An invitation is on its way to %s.", pages.FullNameOf(u), u.Email))
	case err == nil:
		return e.done(w, me, pages.PersonPath(u), pages.Say(r, "%s is added.", pages.FullNameOf(u)))
	}
	why, status, err := reasonOf(w, r, err)
	if err != nil {
		return err
	}
	data := web.ConsolePersonFormData{Values: typedIn(me.Form, "first_name", "last_name", "username", "email", "role", "way", "email_verified"), Errors: why.faults}
	data.Problem = why.text
	return e.show(w, r, me, status, data)
}

// newcomer returns what the form says. Without a password, the person is invited.
func newcomer(me pages.Visit) account.Input {
	given := func(name string) fields.Text { return fields.Given(me.Form.Get(name)) }
	in := account.Input{
		FirstName: given("first_name"), LastName: given("last_name"), Username: given("username"), Email: given("email"), Role: given("role"),
		EmailVerified: fields.On(me.Form.Has("email_verified")),
	}
	if me.Form.Get("way") == "password" {
		in.Password = given("password")
	} else {
		in.Invite = fields.On(true)
	}
	return in
}

func (e PersonNew) show(w http.ResponseWriter, r *http.Request, me pages.Visit, status int, data web.ConsolePersonFormData) error {
	problem := data.Problem
	data.Frame, data.Mails, data.MinLength = e.frame(w, r, me, "people"), e.Mails, e.MinLength
	data.Problem = problem
	return pages.Show(w, r, web.ConsolePersonNew, status, data)
}
