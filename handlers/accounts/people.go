package accounts

import (
	"net/http"
	"strconv"

	"gatehouse/handlers/api"
)

// list shows a page of the people. The body is a bare array, as in the replaced
// application; the total and the link to the next page (RFC 8288) are in headers.
func (h *Handlers) list(w http.ResponseWriter, r *http.Request) error {
	query, err := api.Query(r)
	if err != nil {
		return err
	}
	page, err := h.Accounts.List(r.Context(), query)
	if err != nil {
		return err
	}
	people := make([]Person, len(page.Users))
	for i, u := range page.Users {
		people[i] = PersonOf(u)
	}
	w.Header().Set("X-Total-Count", strconv.FormatInt(page.Total, 10))
	api.LinkNext(w, r, h.Issuer, page.Next)
	return api.JSON(w, http.StatusOK, people)
}

// detail shows one person.
func (h *Handlers) detail(w http.ResponseWriter, r *http.Request) error {
	user, err := h.target(r)
	if err != nil {
		return err
	}
	return show(w, user)
}

// create creates an account, with any role, with a password or an invitation to set one.
func (h *Handlers) create(w http.ResponseWriter, r *http.Request) error {
	body, err := api.ReadBody(w, r)
	if err != nil {
		return err
	}
	if err := fixed(body, nil, readOnly...); err != nil {
		return err
	}
	in := adminInputOf(body)
	in.Invite = body.Flag("invite")
	user, invited, err := h.Accounts.CreateOrInvite(r.Context(), api.CallerOf(r).Actor, in)
	if err != nil {
		return err
	}
	shown, err := ProfileOf(user)
	if err != nil {
		return err
	}
	answer := result{Message: "User created", User: shown.Answer()}
	if in.Invite.Value {
		answer.Invite = new(invitationOf(invited))
	}
	w.Header().Set("Location", h.personURL(user.ID))
	return api.JSON(w, http.StatusCreated, answer)
}

func (h *Handlers) personURL(id int64) string {
	return h.Issuer.JoinPath(prefix, "admin/users", strconv.FormatInt(id, 10)).String() + "/"
}

// replace requires the fields that a creation requires; others that are left out stay as
// they are.
func (h *Handlers) replace(w http.ResponseWriter, r *http.Request) error {
	return h.save(w, r, true)
}

// change accepts any of the fields.
func (h *Handlers) change(w http.ResponseWriter, r *http.Request) error {
	return h.save(w, r, false)
}

func (h *Handlers) save(w http.ResponseWriter, r *http.Request, replaceAll bool) error {
	was, err := h.target(r)
	if err != nil {
		return err
	}
	body, err := api.ReadBody(w, r)
	if err != nil {
		return err
	}
	shown, err := ProfileOf(was)
	if err != nil {
		return err
	}
	if err := fixed(body, &shown, readOnly...); err != nil {
		return err
	}
	user, err := h.Accounts.Change(r.Context(), api.CallerOf(r).Actor, was, adminInputOf(body), replaceAll)
	if err != nil {
		return err
	}
	return tell(w, http.StatusOK, "User updated", user)
}

// remove deletes a person.
func (h *Handlers) remove(w http.ResponseWriter, r *http.Request) error {
	user, err := h.target(r)
	if err != nil {
		return err
	}
	if err := h.Accounts.Delete(r.Context(), api.CallerOf(r).Actor, user.ID, ""); err != nil {
		return err
	}
	return api.Done(w)
}
