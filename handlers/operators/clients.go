package operators

import (
	"encoding/json"
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
	secrets          []ClientSecret
	created, updated string
}

// pointers returns the members of tail, in order.
func (t *tail) pointers() []api.Member {
	return []api.Member{{Name: "secrets", Of: &t.secrets}, {Name: "created_at", Of: &t.created}, {Name: "updated_at", Of: &t.updated}}
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
	list := make([]api.Member, 0, len(attributes)+3)
	for _, a := range attributes {
		list = append(list, api.Member{Name: a.Name, Of: shown(a, c)})
	}
	return append(list, t.pointers()...)
}

// shown returns a pointer to an attribute as in answers: lists are never null, lifetimes
// are in seconds, and null stands for the default lifetime or number, or for no document.
func shown(a client.Attribute, c *store.Client) any {
	switch kept := a.Kept(c).(type) {
	case *[]string:
		return new(list(*kept))
	case *time.Duration:
		return new(inSeconds(*kept))
	case *int:
		return new(orDefault(*kept))
	case *string:
		if a.Kind == client.Document {
			return new(orNull(*kept))
		}
		return kept
	default:
		return kept
	}
}

// ClientOf returns c as in answers; secret is empty unless it was just created.
func ClientOf(c store.Client, secret string) any {
	t := tail{secrets: make([]ClientSecret, len(c.Secrets)), created: api.Time(c.CreatedAt), updated: api.Time(c.UpdatedAt)}
	for i, s := range c.Secrets {
		t.secrets[i] = ClientSecret{api.Time(s.CreatedAt), api.TimeOrNull(s.ExpiresAt)}
	}
	list := members(&c, &t)
	return clientShape.Fill(head{c.ID, secret}, func(i int) any { return list[i].Of })
}

func orNull(set string) json.RawMessage {
	if set == "" {
		return json.RawMessage("null")
	}
	return json.RawMessage(set)
}

// list is never null.
func list(values []string) []string {
	if values == nil {
		return []string{}
	}
	return values
}

func orDefault(n int) *int {
	if n == 0 {
		return nil
	}
	return &n
}

func inSeconds(d time.Duration) *int64 {
	if d == 0 {
		return nil
	}
	n := int64(d / time.Second)
	return &n
}

func inputOf(b api.Body) client.Input {
	in := client.Input{ID: b.Text("client_id")}
	for _, a := range attributes {
		switch to := a.Sent(&in).(type) {
		case *fields.Text:
			*to = textOf(b, a)
		case *fields.Flag:
			*to = b.Flag(a.Name)
		case *fields.List:
			*to = b.List(a.Name)
		case *fields.Number:
			*to = b.Number(a.Name)
		}
	}
	return in
}

func textOf(b api.Body, a client.Attribute) fields.Text {
	switch a.Kind {
	case client.Choice:
		return b.Choice(a.Name)
	case client.Document:
		return b.Document(a.Name)
	}
	return b.Text(a.Name)
}

// settled refuses fields that no caller may set. The ID is set once, at creation.
func settled(b api.Body, id string) error {
	faults := &fields.Errors{}
	if id != "" && !b.Same("client_id", id) {
		faults.Add("client_id", fields.NotSetHere)
	}
	for _, name := range []string{"client_secret", "secrets", "created_at", "updated_at"} {
		if b.Has(name) {
			faults.Add(name, fields.NotSetHere)
		}
	}
	return faults.Err()
}

func (h *Handlers) listClients(w http.ResponseWriter, r *http.Request) error {
	query, err := api.Query(r)
	if err != nil {
		return err
	}
	page, err := h.Clients.List(r.Context(), query)
	if err != nil {
		return err
	}
	views := make([]any, len(page.Clients))
	for i, c := range page.Clients {
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
	return api.JSON(w, http.StatusCreated, ClientOf(c, secret))
}

func (h *Handlers) showClient(w http.ResponseWriter, r *http.Request) error {
	c, err := h.Clients.Get(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return api.JSON(w, http.StatusOK, ClientOf(c, ""))
}

func (h *Handlers) replaceClient(w http.ResponseWriter, r *http.Request) error {
	return h.saveClient(w, r, true)
}

func (h *Handlers) changeClient(w http.ResponseWriter, r *http.Request) error {
	return h.saveClient(w, r, false)
}

func (h *Handlers) saveClient(w http.ResponseWriter, r *http.Request, replaceAll bool) error {
	id := r.PathValue("id")
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
	return api.JSON(w, http.StatusOK, ClientOf(c, secret))
}

func (h *Handlers) deleteClient(w http.ResponseWriter, r *http.Request) error {
	if err := h.Clients.Delete(r.Context(), api.CallerOf(r).Actor, r.PathValue("id")); err != nil {
		return err
	}
	return api.Done(w)
}

// rotateSecret returns a new secret. The old one keeps working for "overlap" seconds,
// which is 0 by default: an operator who rotates in a hurry has lost a secret.
func (h *Handlers) rotateSecret(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
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
	c, secret, err := h.Clients.RotateSecret(r.Context(), api.CallerOf(r).Actor, id, duration(overlap.Value))
	if err != nil {
		return err
	}
	return api.JSON(w, http.StatusOK, ClientOf(c, secret))
}

// duration converts seconds; values that would overflow become -1, which is refused.
func duration(seconds int64) time.Duration {
	if seconds < 0 || seconds > int64(1<<31) {
		return -1
	}
	return time.Duration(seconds) * time.Second
}
