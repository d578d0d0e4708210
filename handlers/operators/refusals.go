package operators

import (
	"encoding/json"
	"fmt"
	"net/http"

	"gatehouse/handlers/api"
	"gatehouse/internal/cursor"
	"gatehouse/internal/fields"
	"gatehouse/internal/refusal"
	"gatehouse/store"
)

// A Refusal is why requests were refused, as in answers.
type Refusal struct {
	ID        string `json:"id"`
	RequestID string `json:"request_id"`
	At        string `json:"at"`
	// LastAt and Times are of this one and of those like it that were only counted.
	LastAt   string `json:"last_at"`
	Times    int64  `json:"times"`
	Kind     string `json:"kind"`
	Title    string `json:"title"`
	Code     string `json:"code"`
	Endpoint string `json:"endpoint"`
	ClientID string `json:"client_id"`
	// UserID is the person concerned; null: nobody, or unknown.
	UserID     *int64          `json:"user_id"`
	Network    string          `json:"network"`
	Reason     string          `json:"reason"`
	Section    string          `json:"section"`
	Parameter  string          `json:"parameter"`
	Given      string          `json:"given"`
	Expected   string          `json:"expected"`
	Parameters json.RawMessage `json:"parameters"`
	Mend       string          `json:"mend"`
}

// RefusalOf returns r as in answers, with what is to be said of its kind.
func RefusalOf(r store.Refusal) Refusal {
	about, parameters := refusal.Of(r.Kind), json.RawMessage(r.Parameters)
	if !json.Valid(parameters) {
		parameters = json.RawMessage("{}")
	}
	view := Refusal{
		ID: r.ID, RequestID: r.RequestID, At: stamp(r.At), LastAt: stamp(r.LastAt), Times: r.Times, Kind: r.Kind, Title: about.Title, Code: r.Code,
		Endpoint: r.Endpoint, ClientID: r.ClientID, Network: r.Network, Reason: r.Reason, Section: about.Section, Parameter: about.Parameter,
		Given: r.Given, Expected: r.Expected, Parameters: parameters, Mend: about.Mend,
	}
	if r.UserID != 0 {
		view.UserID = &r.UserID
	}
	return view
}

// refusals shows why requests were refused, newest first. The filters are client_id and kind.
func (h *Handlers) refusals(w http.ResponseWriter, r *http.Request) error {
	parameters, err := api.Query(r)
	if err != nil {
		return err
	}
	faults := &fields.Errors{}
	q := store.RefusalQuery{Limit: cursor.DefaultLimit, ClientID: named(parameters, "client_id", faults), Kind: named(parameters, "kind", faults)}
	if parameters.Has("limit") {
		var fault string
		if q.Limit, fault = cursor.Limit(once(parameters, "limit", faults)); fault != "" {
			faults.Add("limit", fault)
		}
	}
	bind := fmt.Sprintf("refusals %q %q", q.ClientID, q.Kind)
	if parameters.Has("cursor") && h.Cursors.Open(bind, parameters.Get("cursor"), &q.Before) != nil {
		faults.Add("cursor", "Invalid cursor.")
	}
	if err := faults.Err(); err != nil {
		return err
	}
	limit := q.Limit
	q.Limit++ // one more shows whether another page follows
	found, err := h.Evidence.ListRefusals(r.Context(), q)
	if err != nil {
		return fmt.Errorf("reading refusals: %w", err)
	}
	if len(found) > limit {
		found = found[:limit]
		next, err := h.Cursors.Seal(bind, found[limit-1].Seq)
		if err != nil {
			return err
		}
		api.LinkNext(w, r, h.Issuer, next)
	}
	views := make([]Refusal, len(found))
	for i := range found {
		views[i] = RefusalOf(found[i])
	}
	return api.JSON(w, http.StatusOK, views)
}
