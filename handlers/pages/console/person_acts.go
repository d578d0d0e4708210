package console

import (
	"cmp"
	"errors"
	"net/http"

	"gatehouse/handlers"
	"gatehouse/handlers/pages"
	"gatehouse/internal/account"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/internal/version"
	"gatehouse/store"
)

// An outcome is what a form on the page of a person did: a sentence, and where it leads; by
// default to the page again. A link that was made is shown instead.
type outcome struct {
	said, to string
	link     *account.Invitation
}

// A personAct is what a form on the page of a person does.
type personAct func(e Person, r *http.Request, me pages.Visit, u store.User) (outcome, error)

// personActs are the acts by the value of their button.
var personActs = map[string]personAct{
	"role": Person.changeRole, "activate": Person.switchOn, "deactivate": Person.switchOff, "delete": Person.remove,
	"end": Person.endOne, "end-all": Person.endAll, "reset-factors": Person.resetFactors, "withdraw": Person.withdraw,
	"invite": Person.invite, "reset-link": Person.resetLink,
}

// Act does what the form says, and answers with the page and what was done, or with the page
// as it is now, the role that was chosen, and why nothing was done.
func (e Person) Act(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	u, err := e.target(r)
	if err != nil {
		return err
	}
	do := personActs[me.Form.Get("act")]
	if do == nil {
		return pages.SeeOther(w, pages.PersonPath(u))
	}
	done, err := do(e, r, me, u)
	switch {
	case err == nil && done.link != nil && done.link.URL != "":
		return e.showLink(w, r, me, u, *done.link)
	case err == nil:
		return e.done(w, me, cmp.Or(done.to, pages.PersonPath(u)), done.said)
	}
	return e.refused(w, r, me, err)
}

// refused shows the page anew, with why nothing was done.
func (e Person) refused(w http.ResponseWriter, r *http.Request, me pages.Visit, err error) error {
	problem, status, err := e.why(w, r, err)
	if err != nil {
		return err
	}
	u, err := e.target(r) // as it is now
	if err != nil {
		return err
	}
	return e.show(w, r, me, u, status, store.Role(me.Form.Get("role")), problem)
}

// why says in words why an act was refused. Any other error is returned.
func (e Person) why(w http.ResponseWriter, r *http.Request, err error) (problem string, status int, _ error) {
	switch {
	case errors.Is(err, authz.ErrLastAdmin):
		return pages.Say(r, "This is the last administrator: nobody could manage the others. Make somebody else an administrator first."), http.StatusConflict, nil
	case errors.Is(err, account.ErrHasPassword):
		return pages.Say(r, "There is a password meanwhile. Make a link for another one instead."), http.StatusConflict, nil
	case errors.Is(err, account.ErrInactive):
		return pages.Say(r, "The account is deactivated, so nobody could use a link. Activate it first."), http.StatusConflict, nil
	case errors.Is(err, authz.ErrDenied):
		return "", 0, errNotYours
	case errors.Is(err, store.ErrNotFound):
		return "", 0, handlers.ErrNotFound
	}
	faults, problem, status, err := pages.Refused(w, r, err)
	return pages.FaultOr(r, faults, problem), status, err
}

// shown is the version of the person for whom the form was shown.
func shown(me pages.Visit) version.Tag { return version.Tag(cmp.Or(me.Form.Get("version"), "none")) }

func (e Person) changeRole(r *http.Request, me pages.Visit, u store.User) (outcome, error) {
	in := account.Input{Role: fields.Given(me.Form.Get("role")), Shown: shown(me)}
	after, err := e.Accounts.Change(r.Context(), me.Actor(), u, in, false)
	if err != nil {
		return outcome{}, err
	}
	if me.Form.Has("end") {
		if _, err = e.Sessions.EndAll(r.Context(), me.Actor().String(), u.ID, "", store.EndedByAdmin); err != nil {
			return outcome{}, err
		}
	}
	done := outcome{said: pages.Say(r, "%s is %s now.", pages.FullNameOf(after), roleName(r, after.Role))}
	if me.User.ID == u.ID && !after.Staff() {
		done.to = "/account"
	}
	return done, nil
}

func (e Person) switchOn(r *http.Request, me pages.Visit, u store.User) (outcome, error) {
	_, err := e.Accounts.Change(r.Context(), me.Actor(), u, account.Input{Active: fields.On(true), Shown: shown(me)}, false)
	return outcome{said: pages.Say(r, "%s is activated.", pages.FullNameOf(u))}, err
}

func (e Person) switchOff(r *http.Request, me pages.Visit, u store.User) (outcome, error) {
	_, err := e.Accounts.Change(r.Context(), me.Actor(), u, account.Input{Active: fields.On(false), Shown: shown(me)}, false)
	return outcome{said: pages.Say(r, "%s is deactivated, and all sessions have ended.", pages.FullNameOf(u))}, err
}

// remove deletes the person. One's own account is deleted at its own page, with a proof.
func (e Person) remove(r *http.Request, me pages.Visit, u store.User) (outcome, error) {
	if me.User.ID == u.ID {
		return outcome{to: "/account/delete"}, nil
	}
	err := e.Accounts.Delete(r.Context(), me.Actor(), u.ID, shown(me))
	return outcome{said: pages.Say(r, "%s is deleted.", pages.FullNameOf(u)), to: peoplePath}, err
}
