package operators

import (
	"net/http"
	"strconv"
	"time"

	"gatehouse/handlers/api"
	"gatehouse/internal/client"
	"gatehouse/internal/fields"
	"gatehouse/internal/grant"
	"gatehouse/store"
)

// head and tail are the members of an answer about an app before and after the
// attributes.
type head struct {
	ID string `json:"client_id"`
	// Secret is set only in the answer to the request that creates the secret.
	Secret string `json:"client_secret,omitempty"`
}

type tail struct {
	origin           string
	secrets          []ClientSecret
	created, updated string
	used             *string
	// When the algorithms sign of ID tokens and of refresh tokens.
	idFrom, refreshFrom *string
}

// pointers returns the members of tail, in order.
func (t *tail) pointers() []api.Member {
	return []api.Member{
		{Name: "id_token_signed_response_alg_from", Of: &t.idFrom}, {Name: "refresh_token_alg_from", Of: &t.refreshFrom}, {Name: "origin", Of: &t.origin}, {Name: "secrets", Of: &t.secrets},
		{Name: "created_at", Of: &t.created}, {Name: "updated_at", Of: &t.updated}, {Name: "last_used_at", Of: &t.used},
	}
}

// A ClientSecret holds the times of a secret, which itself is kept only as a hash.
type ClientSecret struct {
	CreatedAt string  `json:"created_at"`
	ExpiresAt *string `json:"expires_at"`
}

var (
	attributes  = client.Attributes(grant.Types())
	clientShape = api.NewShape(head{}, members(&store.Client{}, &tail{}))
)

// members returns the attributes of c, and then the members of t.
func members(c *store.Client, t *tail) []api.Member {
	return append(shown(attributes, c), t.pointers()...)
}

// ClientOf returns c, as Shown returns it, as in answers; secret is empty unless it was just created.
func ClientOf(c store.Client, secret string) any {
	t := tail{
		origin: c.Origin.String(), secrets: make([]ClientSecret, len(c.Secrets)),
		created: api.Time(c.CreatedAt), updated: api.Time(c.UpdatedAt), used: api.TimeOrNull(c.LastUsedAt),
		idFrom: api.TimeOrNull(c.IDTokenSigning.From), refreshFrom: api.TimeOrNull(c.RefreshSigning.From),
	}
	for i, s := range c.Secrets {
		t.secrets[i] = ClientSecret{api.Time(s.CreatedAt), api.TimeOrNull(s.ExpiresAt)}
	}
	list := members(&c, &t)
	return clientShape.Fill(head{c.ID, secret}, func(i int) any { return list[i].Of })
}

// answerClient writes c; secret is empty unless it was just created.
func (h *Handlers) answerClient(w http.ResponseWriter, r *http.Request, status int, c store.Client, secret string) error {
	shown, err := h.Clients.Shown(r.Context(), c)
	if err != nil {
		return err
	}
	return api.JSON(w, status, ClientOf(shown[0], secret))
}

func inputOf(b api.Body) client.Input {
	in := client.Input{ID: b.Text("client_id")}
	read(b, attributes, &in)
	return in
}

// settled refuses fields that no caller may set. The ID is set once, at creation.
func settled(b api.Body, id string) error {
	faults := &fields.Errors{}
	if id != "" && !b.Same("client_id", id) {
		faults.Add("client_id", fields.NotSetHere)
	}
	for _, name := range []string{"client_secret", "id_token_signed_response_alg_from", "refresh_token_alg_from", "origin", "secrets", "created_at", "updated_at", "last_used_at"} {
		if b.Has(name) {
			faults.Add(name, fields.NotSetHere)
		}
	}
	return faults.Err()
}

// idOf returns the client_id that a path names.
func idOf(r *http.Request) string { return client.OfPath(r.PathValue("id")) }

func (h *Handlers) listClients(w http.ResponseWriter, r *http.Request) error {
	query, err := api.Query(r)
	if err != nil {
		return err
	}
	page, err := h.Clients.List(r.Context(), query)
	if err != nil {
		return err
	}
	clients, err := h.Clients.Shown(r.Context(), page.Clients...)
	if err != nil {
		return err
	}
	views := make([]any, len(clients))
	for i, c := range clients {
		views[i] = ClientOf(c, "")
	}
	w.Header().Set("X-Total-Count", strconv.FormatInt(page.Total, 10))
	api.LinkNext(w, r, h.Issuer, page.Next)
	return api.JSON(w, http.StatusOK, views)
}

func (h *Handlers) createClient(w http.ResponseWriter, r *http.Request) error {
	body, err := api.ReadBody(w, r)
	if err != nil {
		return err
	}
	if err := settled(body, ""); err != nil {
		return err
	}
	c, secret, err := h.Clients.Create(r.Context(), api.CallerOf(r).Actor, inputOf(body))
	if err != nil {
		return err
	}
	w.Header().Set("Location", h.Issuer.JoinPath(prefix, "clients", c.ID).String()+"/")
	return h.answerClient(w, r, http.StatusCreated, c, secret)
}

func (h *Handlers) showClient(w http.ResponseWriter, r *http.Request) error {
	c, err := h.Clients.Get(r.Context(), idOf(r))
	if err != nil {
		return err
	}
	return h.answerClient(w, r, http.StatusOK, c, "")
}

func (h *Handlers) replaceClient(w http.ResponseWriter, r *http.Request) error {
	return h.saveClient(w, r, true)
}

func (h *Handlers) changeClient(w http.ResponseWriter, r *http.Request) error {
	return h.saveClient(w, r, false)
}

func (h *Handlers) saveClient(w http.ResponseWriter, r *http.Request, replaceAll bool) error {
	id := idOf(r)
	if _, err := h.Clients.Get(r.Context(), id); err != nil {
		return err
	}
	body, err := api.ReadBody(w, r)
	if err != nil {
		return err
	}
	if err := settled(body, id); err != nil {
		return err
	}
	c, secret, err := h.Clients.Update(r.Context(), api.CallerOf(r).Actor, id, inputOf(body), replaceAll)
	if err != nil {
		return err
	}
	return h.answerClient(w, r, http.StatusOK, c, secret)
}

// adoptClient makes a client by URL a registered one.
func (h *Handlers) adoptClient(w http.ResponseWriter, r *http.Request) error {
	c, err := h.Clients.Adopt(r.Context(), api.CallerOf(r).Actor, idOf(r), "")
	if err != nil {
		return err
	}
	return api.JSON(w, http.StatusOK, ClientOf(c, ""))
}

func (h *Handlers) deleteClient(w http.ResponseWriter, r *http.Request) error {
	if err := h.Clients.Delete(r.Context(), api.CallerOf(r).Actor, idOf(r), ""); err != nil {
		return err
	}
	return api.Done(w)
}

// rotateSecret returns a new secret. The old one keeps working for "overlap" seconds,
// which is 0 by default: an operator who rotates in a hurry has lost a secret.
func (h *Handlers) rotateSecret(w http.ResponseWriter, r *http.Request) error {
	id := idOf(r)
	if _, err := h.Clients.Get(r.Context(), id); err != nil {
		return err
	}
	body, err := api.ReadBody(w, r)
	if err != nil {
		return err
	}
	overlap := body.Number("overlap")
	if overlap.Problem != "" {
		return fields.New("overlap", overlap.Problem)
	}
	c, secret, err := h.Clients.RotateSecret(r.Context(), api.CallerOf(r).Actor, id, duration(overlap.Value), "")
	if err != nil {
		return err
	}
	return h.answerClient(w, r, http.StatusOK, c, secret)
}

// duration converts seconds; values that would overflow become -1, which is refused.
func duration(seconds int64) time.Duration {
	if seconds < 0 || seconds > int64(1<<31) {
		return -1
	}
	return time.Duration(seconds) * time.Second
}
