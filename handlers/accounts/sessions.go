package accounts

import (
	"net/http"

	"gatehouse/handlers"
	"gatehouse/handlers/api"
	"gatehouse/store"
)

// A Session is a session as in answers, with what helps its owner to recognise it.
type Session struct {
	ID         string `json:"id"`
	ClientID   string `json:"client_id"`
	Scope      string `json:"scope"`
	CreatedAt  string `json:"created_at"`
	LastUsedAt string `json:"last_used_at"`
	ExpiresAt  string `json:"expires_at"`
	IP         string `json:"ip"`
	UserAgent  string `json:"user_agent"`
	// Current is set for the session of the caller.
	Current bool `json:"current"`
}

func (h *Handlers) ownSessions(w http.ResponseWriter, r *http.Request) error {
	return h.showSessions(w, r, api.CallerOf(r).Person)
}

// endOwnSessions signs the caller out everywhere, including here.
func (h *Handlers) endOwnSessions(w http.ResponseWriter, r *http.Request) error {
	return h.endEvery(w, r, api.CallerOf(r).Person, store.EndedByOwner)
}

func (h *Handlers) endOwnSession(w http.ResponseWriter, r *http.Request) error {
	return h.endOne(w, r, api.CallerOf(r).Person, store.EndedByOwner)
}

func (h *Handlers) sessions(w http.ResponseWriter, r *http.Request) error {
	return h.withTarget(r, func(u store.User) error { return h.showSessions(w, r, u) })
}

func (h *Handlers) endSessions(w http.ResponseWriter, r *http.Request) error {
	return h.withTarget(r, func(u store.User) error { return h.endEvery(w, r, u, store.EndedByAdmin) })
}

func (h *Handlers) endSession(w http.ResponseWriter, r *http.Request) error {
	return h.withTarget(r, func(u store.User) error { return h.endOne(w, r, u, store.EndedByAdmin) })
}

func (h *Handlers) withTarget(r *http.Request, serve func(store.User) error) error {
	user, err := h.target(r)
	if err != nil {
		return err
	}
	return serve(user)
}

func (h *Handlers) showSessions(w http.ResponseWriter, r *http.Request, of store.User) error {
	living, err := h.Sessions.List(r.Context(), of.ID)
	if err != nil {
		return err
	}
	views := make([]Session, len(living))
	for i, s := range living {
		views[i] = SessionOf(s)
		views[i].Current = s.ID == api.CallerOf(r).SessionID
	}
	return api.JSON(w, http.StatusOK, views)
}

// SessionOf returns s as in answers. The caller sets Current.
func SessionOf(s store.Session) Session {
	return Session{
		ID: s.ID, ClientID: s.ClientID, Scope: s.Scope,
		CreatedAt: api.Time(s.CreatedAt), LastUsedAt: api.Time(s.LastUsedAt), ExpiresAt: api.Time(s.ExpiresAt),
		IP: s.IP, UserAgent: s.UserAgent,
	}
}

func (h *Handlers) endEvery(w http.ResponseWriter, r *http.Request, of store.User, reason store.EndReason) error {
	if _, err := h.Sessions.EndAll(r.Context(), api.CallerOf(r).String(), of.ID, "", reason); err != nil {
		return err
	}
	return api.Done(w)
}

// endOne ends a session of the person. A session of another person counts as not found.
func (h *Handlers) endOne(w http.ResponseWriter, r *http.Request, of store.User, reason store.EndReason) error {
	ended, err := h.Sessions.End(r.Context(), api.CallerOf(r).String(), r.PathValue("sid"), of.ID, reason)
	if err != nil {
		return err
	}
	if !ended {
		return handlers.ErrNotFound
	}
	return api.Done(w)
}
