package console

import (
	"errors"
	"net/http"

	"gatehouse/handlers"
	"gatehouse/handlers/pages"
	"gatehouse/internal/apis"
	"gatehouse/internal/version"
	"gatehouse/store"
	"gatehouse/web"
)

// Ask says what a deletion does. Our own API cannot be deleted.
func (e API) Ask(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	return e.ask(w, r, me, http.StatusOK, "")
}

func (e API) ask(w http.ResponseWriter, r *http.Request, me pages.Visit, status int, problem string) error {
	a, err := e.found(r)
	if err != nil {
		return err
	}
	if a.ID == store.OwnAPI {
		return handlers.ErrNotFound
	}
	tag, err := apis.Version(a)
	if err != nil {
		return err
	}
	reach, err := e.APIs.Reach(r.Context(), a)
	if err != nil {
		return err
	}
	data := web.ConsoleAPIDeleteData{Frame: e.frame(w, r, me, "apis"), ID: a.ID, Name: a.Name, Identifier: a.Identifier, Version: string(tag), Effects: []string{
		pages.Say(r, "It has %s. They can be granted no longer, and what people allowed of them counts for nothing.", pages.Count(r, "one scope", "%d scopes", len(a.Scopes))),
		pages.Say(r, "A scope of it is in the registration of %s, where it then leads nowhere.", countedApps(r, reach.Holders, reach.More)),
		live(r, a),
	}}
	data.Problem = problem
	return pages.Show(w, r, web.ConsoleAPIDelete, status, data)
}

// Delete deletes the API.
func (e API) Delete(w http.ResponseWriter, r *http.Request, me pages.Visit) error {
	a, err := e.found(r)
	if err != nil {
		return err
	}
	err = e.APIs.Delete(r.Context(), me.Actor(), a.ID, version.Tag(me.Form.Get("version")))
	if errors.Is(err, apis.ErrOwn) || errors.Is(err, store.ErrNotFound) {
		return handlers.ErrNotFound
	}
	if err == nil {
		return e.done(w, me, apisPath, pages.Say(r, "%s is deleted.", a.Name))
	}
	_, problem, status, err := pages.Refused(w, r, err)
	if err != nil {
		return err
	}
	return e.ask(w, r, me, status, problem)
}
