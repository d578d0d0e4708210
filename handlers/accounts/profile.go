package accounts

import (
	"net/http"

	"gatehouse/handlers/api"
	"gatehouse/internal/fields"
)

// profile shows the caller, whom the guard has just read.
func (h *Handlers) profile(w http.ResponseWriter, r *http.Request) error {
	return show(w, api.CallerOf(r).Person)
}

// replaceProfile requires the fields that a sign-up requires.
func (h *Handlers) replaceProfile(w http.ResponseWriter, r *http.Request) error {
	return h.saveProfile(w, r, true)
}

// changeProfile accepts any of the fields.
func (h *Handlers) changeProfile(w http.ResponseWriter, r *http.Request) error {
	return h.saveProfile(w, r, false)
}

func (h *Handlers) saveProfile(w http.ResponseWriter, r *http.Request, replaceAll bool) error {
	caller := api.CallerOf(r)
	body, err := api.ReadBody(w, r)
	if err != nil {
		return err
	}
	shown, err := ProfileOf(caller.Person)
	if err != nil {
		return err
	}
	if err := fixed(body, &shown, adminOnly...); err != nil {
		return err
	}
	user, err := h.Accounts.ChangeOwn(r.Context(), caller.Actor, caller.Person, inputOf(body), replaceAll)
	if err != nil {
		return err
	}
	return tell(w, http.StatusOK, "Profile updated", user)
}

// deleteProfile erases the caller's account. It needs a recent sign-in.
func (h *Handlers) deleteProfile(w http.ResponseWriter, r *http.Request) error {
	caller := api.CallerOf(r)
	if err := h.Accounts.DeleteOwn(r.Context(), caller.Actor, caller.Person, fields.Text{}); err != nil {
		return err
	}
	return api.Done(w)
}
