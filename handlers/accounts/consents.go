package accounts

import (
	"net/http"

	"gatehouse/handlers/api"
	"gatehouse/store"
)

// A consentView is a person's consent for an app, as in answers.
type consentView struct {
	ClientID  string `json:"client_id"`
	Name      string `json:"name"`
	Scope     string `json:"scope"`
	GrantedAt string `json:"granted_at"`
}

func (h *Handlers) ownConsents(w http.ResponseWriter, r *http.Request) error {
	return h.showConsents(w, r, api.CallerOf(r).Person)
}

func (h *Handlers) consents(w http.ResponseWriter, r *http.Request) error {
	return h.withTarget(r, func(u store.User) error { return h.showConsents(w, r, u) })
}

func (h *Handlers) showConsents(w http.ResponseWriter, r *http.Request, of store.User) error {
	granted, err := h.Accounts.Consents(r.Context(), of.ID)
	if err != nil {
		return err
	}
	views := make([]consentView, len(granted))
	for i, g := range granted {
		views[i] = consentView{g.Client.ID, g.Client.Name, g.Consent.Scope, api.Time(g.Consent.GrantedAt)}
	}
	return api.JSON(w, http.StatusOK, views)
}

// withdraw withdraws the caller's consent for an app, and signs them out of it.
func (h *Handlers) withdraw(w http.ResponseWriter, r *http.Request) error {
	caller := api.CallerOf(r)
	if err := h.Accounts.Withdraw(r.Context(), caller.Actor, caller.Person, r.PathValue("client_id")); err != nil {
		return err
	}
	return api.Done(w)
}
