package operators

import (
	"errors"
	"net/http"

	"gatehouse/handlers"
	"gatehouse/handlers/api"
	"gatehouse/internal/attribute"
	"gatehouse/internal/fields"
	"gatehouse/keys"
	"gatehouse/store"
)

// A Key is a signing key as in answers.
type Key struct {
	ID         string `json:"kid"`
	Algorithm  string `json:"alg"`
	Generation int64  `json:"generation"`
	// State is one of the State constants of package keys.
	State     string  `json:"state"`
	CreatedAt string  `json:"created_at"`
	SignFrom  string  `json:"sign_from"`
	GoneAt    *string `json:"gone_at"`
}

// KeyOf returns s as in answers.
func KeyOf(s keys.Status) Key {
	return Key{
		ID: s.ID, Algorithm: s.Algorithm, Generation: s.Generation, State: string(s.State),
		CreatedAt: api.Time(s.CreatedAt), SignFrom: api.Time(s.SignFrom), GoneAt: api.TimeOrNull(s.GoneAt),
	}
}

func (h *Handlers) listKeys(w http.ResponseWriter, r *http.Request) error {
	list, err := h.Keys.List(r.Context())
	if err != nil {
		return err
	}
	views := make([]Key, len(list))
	for i, s := range list {
		views[i] = KeyOf(s)
	}
	return api.JSON(w, http.StatusOK, views)
}

// rotateKeys publishes the next key of an algorithm, which begins to sign when every verifier
// can know it, and answers 201. If the next key has already been published, it answers 200 with
// that key.
func (h *Handlers) rotateKeys(w http.ResponseWriter, r *http.Request) error {
	algorithm, err := algorithmIn(w, r)
	if err != nil {
		return err
	}
	next, err := h.Keys.Rotate(r.Context(), algorithm, api.CallerOf(r).String())
	if err != nil {
		return err
	}
	status := http.StatusCreated
	if next.Already {
		status = http.StatusOK
	}
	return api.JSON(w, status, KeyOf(next))
}

// algorithmIn returns the algorithm that a request names; RS256 if it names none.
func algorithmIn(w http.ResponseWriter, r *http.Request) (string, error) {
	body, err := api.ReadBody(w, r)
	if err != nil {
		return "", err
	}
	algorithm, faults := store.RS256, &fields.Errors{}
	attribute.SetSigningAlg(store.SigningAlgorithms())(&algorithm, "alg", body.Text("alg"), faults)
	return algorithm, faults.Err()
}

// retireKey withdraws a stolen key at once.
func (h *Handlers) retireKey(w http.ResponseWriter, r *http.Request) error {
	err := h.Keys.Retire(r.Context(), r.PathValue("kid"), api.CallerOf(r).String())
	if errors.Is(err, keys.ErrUnknownKey) {
		return handlers.ErrNotFound
	}
	if err != nil {
		return err
	}
	return api.Done(w)
}
