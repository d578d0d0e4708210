package protocol

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"gatehouse/handlers"
	"gatehouse/internal/oauth"
	"gatehouse/internal/oauth/authorize"
	"gatehouse/internal/oauth/challenge"
	"gatehouse/store"
)

// Challenge is the authorization challenge endpoint, where apps of our own sign people in
// without a browser (draft-ietf-oauth-first-party-apps-03 §5).
type Challenge struct {
	Clients interface {
		Authenticate(r *http.Request) (store.Client, error)
	}
	Endpoint interface {
		Answer(ctx context.Context, client store.Client, values url.Values) (challenge.Answer, error)
	}
	// Requests keeps a request for a browser to go on with.
	Requests interface {
		Push(ctx context.Context, client store.Client, values url.Values) (authorize.Pushed, error)
	}
}

// Serve takes one step of a sign-in.
func (e Challenge) Serve(w http.ResponseWriter, r *http.Request) error {
	form, err := handlers.AppForm(r)
	if err != nil {
		return err
	}
	client, err := e.Clients.Authenticate(r)
	if err != nil {
		return err
	}
	answer, err := e.Endpoint.Answer(r.Context(), client, form)
	if err != nil {
		return err
	}
	if answer.Web != nil {
		if answer.RequestURI, err = e.push(r.Context(), client, answer.Web, form.Get("redirect_uri")); err != nil {
			return err
		}
	}
	status := http.StatusBadRequest
	if answer.Error == "" {
		status = http.StatusOK
	}
	writeJSON(w, status, answer)
	return nil
}

// push keeps the app's request for the authorization endpoint, and returns its request_uri;
// "" if it cannot be one there: the app then makes its own (§5.2.2). The app may say where
// it wants the person back; otherwise that is its first redirect URI.
func (e Challenge) push(ctx context.Context, client store.Client, values url.Values, back string) (string, error) {
	if back == "" && len(client.RedirectURIs) > 0 {
		back = client.RedirectURIs[0]
	}
	values.Set("redirect_uri", back)
	pushed, err := e.Requests.Push(ctx, client, values)
	if refused := (*oauth.Error)(nil); errors.As(err, &refused) {
		return "", nil
	}
	return pushed.RequestURI, err
}
