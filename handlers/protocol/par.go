package protocol

import (
	"context"
	"net/http"
	"net/url"

	"gatehouse/handlers"
	"gatehouse/internal/oauth/authorize"
	"gatehouse/store"
)

// PAR accepts an authorization request from the client itself, before the browser
// carries a reference to it (RFC 9126 §2).
type PAR struct {
	Clients interface {
		Authenticate(r *http.Request) (store.Client, error)
	}
	Requests interface {
		Push(ctx context.Context, client store.Client, values url.Values) (authorize.Pushed, error)
	}
}

// Serve checks the request and stores it.
func (e PAR) Serve(w http.ResponseWriter, r *http.Request) error {
	form, err := handlers.AppForm(r)
	if err != nil {
		return err
	}
	client, err := e.Clients.Authenticate(r)
	if err != nil {
		return err
	}
	pushed, err := e.Requests.Push(r.Context(), client, form)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusCreated, pushed)
	return nil
}
