package operators

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"gatehouse/handlers/api"
	"gatehouse/internal/client"
	"gatehouse/internal/fields"
	"gatehouse/store"
)

// A Client is an app as answers have it. Lifetimes are in seconds; null is the
// default of all clients.
type Client struct {
	ID string `json:"client_id"`
	// Secret is there in the one answer that hands it out.
	Secret                 string   `json:"client_secret,omitempty"`
	Name                   string   `json:"name"`
	AuthMethod             string   `json:"auth_method"`
	FirstParty             bool     `json:"first_party"`
	Disabled               bool     `json:"disabled"`
	GrantTypes             []string `json:"grant_types"`
	Scope                  string   `json:"scope"`
	RedirectURIs           []string `json:"redirect_uris"`
	PostLogoutRedirectURIs []string `json:"post_logout_redirect_uris"`
	BackchannelLogoutURI   string   `json:"backchannel_logout_uri"`
	BackchannelSession     bool     `json:"backchannel_logout_session_required"`
	// JWKS is null for a client that has none.
	JWKS                 json.RawMessage `json:"jwks"`
	JWKSURI              string          `json:"jwks_uri"`
	AssertionAudience    string          `json:"assertion_audience"`
	AccessTokenLifetime  *int64          `json:"access_token_lifetime"`
	RefreshTokenIdle     *int64          `json:"refresh_token_idle"`
	RefreshTokenLifetime *int64          `json:"refresh_token_lifetime"`
	Secrets              []ClientSecret  `json:"secrets"`
	CreatedAt            string          `json:"created_at"`
	UpdatedAt            string          `json:"updated_at"`
}

// A ClientSecret is all that is known of a secret.
type ClientSecret struct {
	CreatedAt string  `json:"created_at"`
	ExpiresAt *string `json:"expires_at"`
}

// ClientOf shows c, with the secret if it was just made.
func ClientOf(c store.Client, secret string) Client {
	view := Client{
		ID: c.ID, Secret: secret, Name: c.Name, AuthMethod: c.AuthMethod, FirstParty: c.FirstParty, Disabled: c.Disabled,
		GrantTypes: list(c.GrantTypes), Scope: c.Scope,
		RedirectURIs: list(c.RedirectURIs), PostLogoutRedirectURIs: list(c.PostLogoutRedirectURIs),
		BackchannelLogoutURI: c.BackchannelLogoutURI, BackchannelSession: c.BackchannelSession,
		JWKS: orNull(c.JWKS), JWKSURI: c.JWKSURI, AssertionAudience: c.AssertionAudience,
		AccessTokenLifetime: inSeconds(c.AccessTokenLifetime), RefreshTokenIdle: inSeconds(c.RefreshTokenIdle), RefreshTokenLifetime: inSeconds(c.RefreshTokenLifetime),
		Secrets: make([]ClientSecret, len(c.Secrets)), CreatedAt: api.Time(c.CreatedAt), UpdatedAt: api.Time(c.UpdatedAt),
	}
	for i, s := range c.Secrets {
		view.Secrets[i] = ClientSecret{api.Time(s.CreatedAt), api.TimeOrNull(s.ExpiresAt)}
	}
	return view
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

func inSeconds(d time.Duration) *int64 {
	if d == 0 {
		return nil
	}
	n := int64(d / time.Second)
	return &n
}

func inputOf(b api.Body) client.Input {
	return client.Input{
		ID: b.Text("client_id"), Name: b.Text("name"), AuthMethod: b.Choice("auth_method"), Scope: b.Text("scope"),
		FirstParty: b.Flag("first_party"), Disabled: b.Flag("disabled"),
		GrantTypes: b.List("grant_types"), RedirectURIs: b.List("redirect_uris"), PostLogoutRedirectURIs: b.List("post_logout_redirect_uris"),
		BackchannelLogoutURI: b.Text("backchannel_logout_uri"), BackchannelSession: b.Flag("backchannel_logout_session_required"),
		JWKS: b.Document("jwks"), JWKSURI: b.Text("jwks_uri"), AssertionAudience: b.Choice("assertion_audience"),
		AccessTokenLifetime: b.Number("access_token_lifetime"), RefreshTokenIdle: b.Number("refresh_token_idle"), RefreshTokenLifetime: b.Number("refresh_token_lifetime"),
	}
}

// settled are the fields that nobody sets. The ID is set once, at creation.
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
	views := make([]Client, len(page.Clients))
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

func (h *Handlers) saveClient(w http.ResponseWriter, r *http.Request, whole bool) error {
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
	c, secret, err := h.Clients.Update(r.Context(), api.CallerOf(r).Actor, id, inputOf(body), whole)
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

// rotateSecret hands out another secret. The old one works for "overlap" seconds
// longer, which is none unless the caller says so: who rotates in a hurry has
// lost one.
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

// duration keeps what would overflow out of bounds, where it is refused.
func duration(seconds int64) time.Duration {
	if seconds < 0 || seconds > int64(1<<31) {
		return -1
	}
	return time.Duration(seconds) * time.Second
}
