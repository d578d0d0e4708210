package accounts

import (
	"net/http"

	"gatehouse/handlers/api"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/store"
)

// A consentView is a person's consent for an app, as in answers.
type consentView struct {
	ClientID  string `json:"client_id"`
	Name      string `json:"name"`
	Scope     string `json:"scope"`
	GrantedAt string `json:"granted_at"`
	// FirstGrantedAt is when the person first allowed the app something.
	FirstGrantedAt string `json:"first_granted_at"`
	// LastUsedAt is up to a minute late.
	LastUsedAt string `json:"last_used_at"`
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
		views[i] = consentView{
			ClientID: g.Client.ID, Name: g.Client.Name, Scope: string(authz.Consented(g.Consent)),
			GrantedAt: api.Time(g.Consent.GrantedAt), FirstGrantedAt: api.Time(g.Consent.FirstGrantedAt), LastUsedAt: api.Time(g.LastUsedAt),
		}
	}
	return api.JSON(w, http.StatusOK, views)
}

// withdraw withdraws the caller's consent for an app, and signs them out of it; with the
// parameter scope, it takes only those scopes away.
func (h *Handlers) withdraw(w http.ResponseWriter, r *http.Request) error {
	query, err := api.Query(r)
	if err != nil {
		return err
	}
	caller := api.CallerOf(r)
	if query.Has("scope") {
		return h.withdrawScope(w, r, caller, query["scope"])
	}
	if err := h.Accounts.Withdraw(r.Context(), caller.Actor, caller.Person, r.PathValue("client_id")); err != nil {
		return err
	}
	return api.Done(w)
}

func (h *Handlers) withdrawScope(w http.ResponseWriter, r *http.Request, caller api.Caller, given []string) error {
	taken := authz.Scope("").With(authz.Scope(given[0]))
	if len(given) > 1 || taken == "" {
		return fields.New("scope", "Name the scopes to take away in one parameter, separated by blanks.")
	}
	left, err := h.Accounts.WithdrawScope(r.Context(), caller.Actor, caller.Person, r.PathValue("client_id"), taken)
	if err != nil {
		return err
	}
	if left.Scope == "" { // all is withdrawn
		return api.Done(w)
	}
	return api.JSON(w, http.StatusOK, struct {
		Message string `json:"message"`
		Scope   string `json:"scope"`
	}{scopeWithdrawn, left.Scope})
}

// scopeWithdrawn says what offline verifiers cannot know.
const scopeWithdrawn = "Taken away. It is gone here at once, and elsewhere when the access tokens end that the app has now."
