// Package operators serves the operators of the server: the registration of apps and
// APIs, the signing keys, the audit log, statistics, and health checks. Its API has the
// same style as that of package accounts.
package operators

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"gatehouse/handlers"
	"gatehouse/handlers/api"
	"gatehouse/internal/apis"
	"gatehouse/internal/authz"
	"gatehouse/internal/client"
	"gatehouse/internal/cursor"
	"gatehouse/keys"
	"gatehouse/store"
)

// Handlers are the endpoints for operators, except those in Documents.
type Handlers struct {
	Clients *client.Service
	APIs    *apis.Service
	Keys    interface {
		List(ctx context.Context) ([]keys.Status, error)
		Rotate(ctx context.Context, algorithm, actor string) (keys.Status, error)
		Retire(ctx context.Context, kid, actor string) error
	}
	Evidence interface {
		ListAudit(ctx context.Context, q store.AuditQuery) ([]store.AuditEvent, error)
		ListRefusals(ctx context.Context, q store.RefusalQuery) ([]store.Refusal, error)
	}
	People interface {
		ListUsers(ctx context.Context, q store.UserQuery) (store.UserPage, error)
	}
	// Figures counts things for which no list has a total.
	Figures interface {
		CountSessions(ctx context.Context, now time.Time) (int64, error)
		CountClients(ctx context.Context) (int64, error)
	}
	// Cursors seals the cursors between the pages of the audit log.
	Cursors cursor.Sealer
	Guard   api.Guard
	// Issuer is our own URL, for links.
	Issuer *url.URL
	Now    func() time.Time
}

const prefix = "/api/admin"

// Table returns the table of the audience. The keys are there for apps to verify our
// tokens, so managing them needs the same scope as managing apps.
func (h *Handlers) Table() handlers.Table {
	at := func(path, name string, methods ...api.Method) api.Resource {
		return api.Resource{Path: prefix + path, Name: name, Methods: methods}
	}
	on := func(verb string, needs authz.Permission, serve handlers.Endpoint) api.Method {
		return api.Method{Verb: verb, Needs: needs, Serve: serve}
	}
	clients, inspect := authz.ManageClients, authz.InspectPeople
	return h.Guard.Table("operators",
		at("/clients", "Client List Create", on("GET", clients, h.listClients), on("POST", clients, h.createClient)),
		at("/clients/{id}", "Client Detail",
			on("GET", clients, h.showClient), on("PUT", clients, h.replaceClient), on("PATCH", clients, h.changeClient), on("DELETE", clients, h.deleteClient)),
		at("/clients/{id}/adopt", "Client Adoption", on("POST", clients, h.adoptClient)),
		at("/clients/{id}/secret", "Client Secret", on("POST", clients, h.rotateSecret)),
		at("/apis", "API List Create", on("GET", clients, h.listAPIs), on("POST", clients, h.createAPI)),
		at("/apis/{id}", "API Detail",
			on("GET", clients, h.showAPI), on("PUT", clients, h.replaceAPI), on("PATCH", clients, h.changeAPI), on("DELETE", clients, h.deleteAPI)),
		at("/keys", "Key List", on("GET", clients, h.listKeys), on("POST", clients, h.rotateKeys)),
		at("/keys/{kid}/retire", "Key Retirement", on("POST", clients, h.retireKey)),
		at("/audit", "Audit Log", on("GET", inspect, h.audit)),
		at("/refusals", "Refusals", on("GET", inspect, h.refusals)),
		at("/stats", "Statistics", on("GET", inspect, h.stats)),
	)
}

// stats shows figures whose cost does not grow with the number of people.
func (h *Handlers) stats(w http.ResponseWriter, r *http.Request) error {
	people, err := h.countPeople(r.Context())
	if err != nil {
		return err
	}
	sessions, err := h.Figures.CountSessions(r.Context(), h.Now())
	if err != nil {
		return err
	}
	clients, err := h.Figures.CountClients(r.Context())
	if err != nil {
		return err
	}
	return api.JSON(w, http.StatusOK, struct {
		Users    map[store.Role]census `json:"users"`
		Sessions int64                 `json:"sessions"`
		Clients  int64                 `json:"clients"`
	}{people, sessions, clients})
}

type census struct {
	Active   int64 `json:"active"`
	Inactive int64 `json:"inactive"`
}

func (h *Handlers) countPeople(ctx context.Context) (map[store.Role]census, error) {
	people := map[store.Role]census{}
	for _, role := range store.Roles() {
		var c census
		for active, to := range map[bool]*int64{true: &c.Active, false: &c.Inactive} {
			page, err := h.People.ListUsers(ctx, store.UserQuery{Role: role, Active: &active, OrderBy: store.ByID, Limit: 1})
			if err != nil {
				return nil, err
			}
			*to = page.Total
		}
		people[role] = c
	}
	return people, nil
}
