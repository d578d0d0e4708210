package protocol

import (
	"context"
	"net/http"

	"gatehouse/handlers"
	"gatehouse/internal/oauth"
	"gatehouse/internal/refusal"
	"gatehouse/internal/session"
	"gatehouse/store"
)

// Introspect is the token introspection endpoint, RFC 7662 §2.
type Introspect struct {
	Clients interface {
		Authenticate(r *http.Request) (store.Client, error)
	}
	Sessions interface {
		Inspect(ctx context.Context, caller store.Client, raw string) (session.Inspection, error)
	}
}

// Serve answers whether the token in the form is active. A public client is refused:
// anybody may know its ID, and the holder of a stolen token must not learn here whether
// the token still works (§4).
func (e Introspect) Serve(w http.ResponseWriter, r *http.Request) error {
	form, err := handlers.AppForm(r)
	if err != nil {
		return err
	}
	client, err := e.Clients.Authenticate(r)
	if err != nil {
		return err
	}
	if client.Public() {
		return oauth.InvalidClient.Because("public client %s asks for an introspection", client.ID).Found(refusal.ClientMethod)
	}
	token := form.Get("token")
	if token == "" {
		return oauth.InvalidRequest.Because("no token parameter").Found(refusal.TokenMissing)
	}
	found, err := e.Sessions.Inspect(r.Context(), client, token)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, found)
	return nil
}
