package protocol

import (
	"context"
	"net/http"

	"gatehouse/handlers"
	"gatehouse/internal/oauth"
	"gatehouse/internal/refusal"
	"gatehouse/store"
)

// Revoke is the token revocation endpoint, RFC 7009 §2.
type Revoke struct {
	Clients interface {
		Authenticate(r *http.Request) (store.Client, error)
	}
	Sessions interface {
		Revoke(ctx context.Context, clientID, raw string) error
	}
}

// Serve revokes the token in the form. It ignores the hint (token_type_hint, §2.1),
// because every token states its own kind.
func (e Revoke) Serve(w http.ResponseWriter, r *http.Request) error {
	form, err := handlers.AppForm(r)
	if err != nil {
		return err
	}
	client, err := e.Clients.Authenticate(r)
	if err != nil {
		return err
	}
	token := form.Get("token")
	if token == "" {
		return oauth.InvalidRequest.Because("no token parameter").Found(refusal.TokenMissing)
	}
	if err := e.Sessions.Revoke(r.Context(), client.ID, token); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Pragma", "no-cache")
	w.WriteHeader(http.StatusOK)
	return nil
}
