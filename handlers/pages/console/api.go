package console

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"gatehouse/handlers"
	"gatehouse/handlers/pages"
	"gatehouse/internal/apis"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/internal/token"
	"gatehouse/store"
	"gatehouse/web"
)

// API is the page of one API, and that of a new one.
type API struct {
	Site
	APIs     apiService
	Previews previewer
}

// A previewer makes the claims of an example of a token.
type previewer interface {
	Preview(api store.API, user store.User, clientID string, scope authz.Scope) (typ string, claims token.Access, err error)
}

// An asked is a form about an API: who asks, the API as it is now, and what was typed.
type asked struct {
	me    pages.Visit
	is    store.API
	isNew bool
	typed url.Values
}

// New shows an empty form.
func (e API) New(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	return e.show(w, r, asked{me, store.API{}, true, apiValues(apis.Fresh())}, http.StatusOK, nil, "")
}

// Create registers an API.
func (e API) Create(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	form := asked{me, store.API{}, true, me.Form}
	if me.Form.Get("act") == "preview" {
		return e.show(w, r, form, http.StatusOK, nil, "")
	}
	made, err := e.APIs.Create(r.Context(), me.Actor(), newInputOf(me.Form))
	if err != nil {
		return e.refused(w, r, form, err)
	}
	return e.done(w, me, pages.APIPath(made.ID), pages.Say(r, "%s is registered. Apps need a scope of it before they get its tokens.", made.Name))
}

// Show shows an API.
func (e API) Show(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	a, err := e.found(r)
	if err != nil {
		return err
	}
	return e.show(w, r, asked{me, a, false, apiValues(a)}, http.StatusOK, nil, "")
}

// Save changes an API. A change that takes scopes away is asked for once more, with its effect.
func (e API) Save(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	a, err := e.found(r)
	if err != nil {
		return err
	}
	form := asked{me, a, false, me.Form}
	if gone := strings.Join(form.taken(), " "); me.Form.Get("act") == "preview" || gone != me.Form.Get("confirmed") {
		return e.show(w, r, form, http.StatusOK, nil, "")
	}
	saved, err := e.APIs.Update(r.Context(), me.Actor(), a.ID, form.input(), false)
	if err != nil {
		return e.refused(w, r, form, err)
	}
	return e.done(w, me, pages.APIPath(a.ID), pages.Say(r, "%s is saved. %s", saved.Name, live(r, saved)))
}

// found returns the API that the path names.
func (e API) found(r *http.Request) (store.API, error) {
	a, err := e.APIs.Get(r.Context(), r.PathValue("id"))
	if errors.Is(err, store.ErrNotFound) {
		err = handlers.ErrNotFound
	}
	return a, err
}

func (e API) refused(w http.ResponseWriter, r *http.Request, form asked, err error) error {
	if errors.Is(err, store.ErrNotFound) { // deleted meanwhile
		return handlers.ErrNotFound
	}
	faults, problem, status, err := pages.Refused(w, r, err)
	if err != nil {
		return err
	}
	if faults != nil && problem == "" {
		for _, message := range faults.Of("non_field_errors") {
			problem = pages.Told(r, message)
		}
	}
	return e.show(w, r, form, status, faults, problem)
}

func (e API) show(w http.ResponseWriter, r *http.Request, form asked, status int, faults *fields.Errors, problem string) error {
	data, err := e.data(r, form)
	if err != nil {
		return err
	}
	data.Frame = e.frame(w, r, form.me, "apis")
	data.Problem = problem
	if faults != nil {
		data.Faults = map[string][]string{}
		for name, messages := range faults.Map() {
			for _, m := range messages {
				data.Faults[name] = append(data.Faults[name], pages.Told(r, m))
			}
		}
	}
	return pages.Show(w, r, web.ConsoleAPI, status, data)
}
