package account

import (
	"net/http"
	"net/url"
	"strings"

	"gatehouse/handlers/pages"
	"gatehouse/internal/account"
	"gatehouse/internal/fields"
	"gatehouse/internal/profile"
	"gatehouse/store"
	"gatehouse/web"
)

// Profile is the page for all that people say of themselves: what internal/profile lists,
// and their names.
type Profile struct {
	Site
	People changer
}

// Show shows the form.
func (e Profile) Show(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	is, err := valuesOf(me.User)
	if err != nil {
		return err
	}
	return e.show(w, r, me, http.StatusOK, is, nil, "")
}

// Change saves what differs. An emptied field removes the value.
func (e Profile) Change(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	_, err := e.People.ChangeOwn(r.Context(), me.Actor(), me.User, inputOf(me.Form), false)
	if err == nil {
		return e.done(w, me, overviewPath, pages.Say(r, "Your profile is saved."))
	}
	faults, problem, status, err := pages.Refused(w, r, err)
	if err != nil {
		return err
	}
	return e.show(w, r, me, status, me.Form, faults, problem)
}

// inputOf returns what a form says. A field that is not in the form at all stays as it is;
// browsers send the empty ones too, which handlers.Form leaves out, so the form names its
// fields.
func inputOf(form url.Values) account.Input {
	in := account.Input{Attributes: account.Attributes{}}
	for _, name := range strings.Fields(form.Get("fields")) {
		switch value := fields.Given(form.Get(name)); name {
		case "first_name":
			in.FirstName = value
		case "last_name":
			in.LastName = value
		default:
			in.Attributes[name] = value
		}
	}
	return in
}

// valuesOf returns a person's values as the form would send them.
func valuesOf(u store.User) (url.Values, error) {
	p, err := store.ProfileOf(u)
	if err != nil {
		return nil, err
	}
	values := url.Values{"first_name": {u.FirstName}, "last_name": {u.LastName}}
	for _, a := range profile.Texts {
		values.Set(a.Name, *a.Text(&p))
	}
	return values, nil
}

func (e Profile) show(w http.ResponseWriter, r *http.Request, me pages.Visit, status int, values url.Values, faults *fields.Errors, problem string) error {
	data := web.AccountFormData{Frame: e.frame(w, r, me), Groups: groups(r, values, faults)}
	data.Problem = problem
	return pages.Show(w, r, web.AccountProfile, status, data)
}

// groups returns the fields under their headings. Every attribute of the list is in one of
// them; those without a place of their own are in the last.
func groups(r *http.Request, values url.Values, faults *fields.Errors) []web.AccountFields {
	all := []struct {
		legend string
		names  []string
	}{
		{pages.Say(r, "Your name"), []string{"first_name", "middle_name", "last_name", "nickname"}},
		{pages.Say(r, "How to reach you"), []string{"phone_number", "address.street_address", "address.postal_code", "address.locality", "address.region", "address.country", "address.formatted"}},
		{pages.Say(r, "Language and time"), []string{"locale", "zoneinfo"}},
		{pages.Say(r, "More about you"), nil},
	}
	placed := map[string]bool{}
	for _, group := range all {
		for _, name := range group.names {
			placed[name] = true
		}
	}
	last := &all[len(all)-1]
	for _, a := range profile.Texts {
		if !placed[a.Name] {
			last.names = append(last.names, a.Name)
		}
	}
	labels, hints := pages.Labels(r), hints(r)
	found := make([]web.AccountFields, len(all))
	for i, group := range all {
		found[i].Legend = group.legend
		for _, name := range group.names {
			found[i].Fields = append(found[i].Fields, web.AccountField{
				Name: name, ID: strings.ReplaceAll(name, ".", "_"), Label: labels[name], Hint: hints[name], Value: values.Get(name),
				Type: kindOf(name), Autocomplete: completes[name], Lines: manyLines(name), Errors: said(r, faults, name),
			})
		}
	}
	return found
}

func kindOf(name string) string {
	if kind := kinds[name]; kind != "" {
		return kind
	}
	return "text"
}

func manyLines(name string) bool {
	return name == "address.formatted" || name == "address.street_address"
}
