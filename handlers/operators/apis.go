package operators

import (
	"net/http"
	"strconv"

	"gatehouse/handlers/api"
	"gatehouse/internal/apis"
	"gatehouse/internal/fields"
	"gatehouse/store"
)

// apiHead has the members of an answer about an API before the attributes.
type apiHead struct {
	ID         string `json:"id"`
	Identifier string `json:"identifier"`
}

var (
	apiAttributes = apis.Attributes()
	apiShape      = api.NewShape(apiHead{}, apiMembers(&store.API{}))
)

// apiMembers returns the attributes of an API, then when its algorithm signs, and then its
// times, which are null for our own API until it is changed.
func apiMembers(a *store.API) []api.Member {
	from := api.TimeOrNull(a.Signing.From)
	created, updated, used := api.TimeOrNull(a.CreatedAt), api.TimeOrNull(a.UpdatedAt), api.TimeOrNull(a.LastUsedAt)
	return append(shown(apiAttributes, a), api.Member{Name: "signing_alg_from", Of: &from},
		api.Member{Name: "created_at", Of: &created}, api.Member{Name: "updated_at", Of: &updated}, api.Member{Name: "last_used_at", Of: &used})
}

// APIOf returns an API as in answers.
func APIOf(a store.API) any {
	list := apiMembers(&a)
	return apiShape.Fill(apiHead{a.ID, a.Identifier}, func(i int) any { return list[i].Of })
}

func apiInput(b api.Body) apis.Input {
	in := apis.Input{ID: b.Text("id"), Identifier: b.Text("identifier")}
	read(b, apiAttributes, &in)
	return in
}

// settledAPI refuses fields that no caller may set. The ID and the identifier are set once,
// at creation.
func settledAPI(b api.Body, a store.API) error {
	faults := &fields.Errors{}
	if a.ID != "" && !b.Same("id", a.ID) {
		faults.Add("id", fields.NotSetHere)
	}
	if a.ID != "" && !b.Same("identifier", a.Identifier) {
		faults.Add("identifier", "The identifier of an API never changes: tokens and the API itself name it. Create another API.")
	}
	for _, name := range []string{"signing_alg_from", "created_at", "updated_at", "last_used_at"} {
		if b.Has(name) {
			faults.Add(name, fields.NotSetHere)
		}
	}
	return faults.Err()
}

func (h *Handlers) listAPIs(w http.ResponseWriter, r *http.Request) error {
	query, err := api.Query(r)
	if err != nil {
		return err
	}
	page, err := h.APIs.List(r.Context(), query)
	if err != nil {
		return err
	}
	views := make([]any, len(page.APIs))
	for i, a := range page.APIs {
		views[i] = APIOf(a)
	}
	w.Header().Set("X-Total-Count", strconv.FormatInt(page.Total, 10))
	api.LinkNext(w, r, h.Issuer, page.Next)
	return api.JSON(w, http.StatusOK, views)
}

func (h *Handlers) createAPI(w http.ResponseWriter, r *http.Request) error {
	body, err := api.ReadBody(w, r)
	if err != nil {
		return err
	}
	if err := settledAPI(body, store.API{}); err != nil {
		return err
	}
	a, err := h.APIs.Create(r.Context(), api.CallerOf(r).Actor, apiInput(body))
	if err != nil {
		return err
	}
	w.Header().Set("Location", h.Issuer.JoinPath(prefix, "apis", a.ID).String()+"/")
	return api.JSON(w, http.StatusCreated, APIOf(a))
}

func (h *Handlers) showAPI(w http.ResponseWriter, r *http.Request) error {
	a, err := h.APIs.Get(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return api.JSON(w, http.StatusOK, APIOf(a))
}

func (h *Handlers) replaceAPI(w http.ResponseWriter, r *http.Request) error {
	return h.saveAPI(w, r, true)
}

func (h *Handlers) changeAPI(w http.ResponseWriter, r *http.Request) error {
	return h.saveAPI(w, r, false)
}

func (h *Handlers) saveAPI(w http.ResponseWriter, r *http.Request, replaceAll bool) error {
	was, err := h.APIs.Get(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	body, err := api.ReadBody(w, r)
	if err != nil {
		return err
	}
	if err := settledAPI(body, was); err != nil {
		return err
	}
	a, err := h.APIs.Update(r.Context(), api.CallerOf(r).Actor, was.ID, apiInput(body), replaceAll)
	if err != nil {
		return err
	}
	return api.JSON(w, http.StatusOK, APIOf(a))
}

func (h *Handlers) deleteAPI(w http.ResponseWriter, r *http.Request) error {
	if err := h.APIs.Delete(r.Context(), api.CallerOf(r).Actor, r.PathValue("id"), ""); err != nil {
		return err
	}
	return api.Done(w)
}
