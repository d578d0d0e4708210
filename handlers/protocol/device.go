package protocol

import (
	"context"
	"net/http"

	"gatehouse/handlers"
	"gatehouse/internal/apis"
	"gatehouse/internal/oauth"
	"gatehouse/internal/oauth/device"
	"gatehouse/store"
)

// DeviceAuthorization issues codes to a device without a browser (RFC 8628 §3.1).
type DeviceAuthorization struct {
	Clients interface {
		Authenticate(r *http.Request) (store.Client, error)
	}
	Devices interface {
		Begin(ctx context.Context, client store.Client, asked apis.Asked) (device.Answer, error)
	}
}

// Serve answers with the codes.
func (e DeviceAuthorization) Serve(w http.ResponseWriter, r *http.Request) error {
	form, err := handlers.AppForm(r)
	if err != nil {
		return err
	}
	client, err := e.Clients.Authenticate(r)
	if err != nil {
		return err
	}
	answer, err := e.Devices.Begin(r.Context(), client, apis.Asked{Scope: form.Get("scope"), Resources: form[oauth.Resource]})
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, answer)
	return nil
}
