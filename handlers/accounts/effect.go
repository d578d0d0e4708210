package accounts

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"gatehouse/handlers/api"
	"gatehouse/internal/account"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/store"
)

// An effect says what a change would touch.
type effect struct {
	LiveSessions int           `json:"live_sessions"`
	Apps         []affectedApp `json:"apps"`
	// TakesEffectWithin is how soon our own API, and APIs that ask us about tokens, follow.
	TakesEffectWithin string `json:"takes_effect_within"`
}

type affectedApp struct {
	ClientID     string `json:"client_id"`
	Name         string `json:"name"`
	LiveSessions int    `json:"live_sessions"`
}

// effect tells what a change of a person would touch, and changes nothing.
func (h *Handlers) effect(w http.ResponseWriter, r *http.Request) error {
	return h.withTarget(r, func(u store.User) error {
		query, err := api.Query(r)
		if err != nil {
			return err
		}
		change, err := changeOf(query)
		if err != nil {
			return err
		}
		touched, err := h.Accounts.Effect(r.Context(), u, change)
		if err != nil {
			return err
		}
		return api.JSON(w, http.StatusOK, effectOf(touched))
	})
}

func effectOf(touched account.Effect) effect {
	view := effect{LiveSessions: touched.Sessions, Apps: make([]affectedApp, len(touched.Apps)), TakesEffectWithin: "1s"}
	for i, app := range touched.Apps {
		view.Apps[i] = affectedApp{ClientID: app.Client.ID, Name: app.Client.Name, LiveSessions: app.Sessions}
	}
	return view
}

// changeOf reads the change that a query describes.
func changeOf(query url.Values) (c authz.Change, err error) {
	faults := &fields.Errors{}
	once := func(name string) (string, bool) {
		if len(query[name]) > 1 {
			faults.Add(name, "This parameter may be given once.")
		}
		return query.Get(name), query.Has(name)
	}
	if value, given := once("role"); given {
		role := store.Role(value)
		c.Role = &role
		if !role.Valid() {
			faults.Add("role", fmt.Sprintf(`"%s" is not a valid choice.`, strings.ToValidUTF8(value, "\uFFFD")))
		}
	}
	active, switched := once("active")
	remove, removed := once("delete")
	if switched {
		c.Active = new(flagOf("active", active, faults))
	}
	c.Delete = removed && flagOf("delete", remove, faults)
	if c == (authz.Change{}) && !removed {
		faults.Add("role", "Give one of role, active and delete.")
	}
	return c, faults.Err()
}

// flagOf reads "true" or "false".
func flagOf(name, value string, faults *fields.Errors) bool {
	if value != "true" && value != "false" {
		faults.Add(name, fields.NotABoolean)
	}
	return value == "true"
}
