package main

import (
	"net/http"
	"strings"
	"testing"

	"gatehouse/internal/oauth/register"
)

// registering has apps register, change and delete themselves.
func (w *witness) registering(t *testing.T) {
	native := object{"client_name": "Desktop", "redirect_uris": []string{"http://127.0.0.1/cb"}, "token_endpoint_auth_method": "none"}
	made := w.ask(http.StatusCreated, "POST", register.Path, sends(native))
	own, token := strings.TrimPrefix(made.text(t, "registration_client_uri"), w.app.config.Issuer), as(made.text(t, "registration_access_token"))
	w.ask(http.StatusCreated, "POST", register.Path, sends(object{"redirect_uris": []string{"https://app.example/cb"}, "backchannel_logout_uri": "https://app.example/out"}))
	w.ask(http.StatusBadRequest, "POST", register.Path, sends(object{"redirect_uris": []string{"javascript:alert(1)"}}))
	w.ask(http.StatusBadRequest, "POST", register.Path, sends(object{"grant_types": []string{"password"}}))
	w.ask(http.StatusUnauthorized, "POST", register.Path, sends(native), as("guess"), from("192.0.40.1"))
	w.ask(http.StatusUnauthorized, "POST", register.Path, sends(native), as("a b"))

	w.ask(http.StatusOK, "GET", own, token)
	w.ask(http.StatusOK, http.MethodHead, own, token)
	native["client_id"] = made.text(t, "client_id")
	w.ask(http.StatusOK, "PUT", own, token, sends(native))
	w.ask(http.StatusBadRequest, "PUT", own, token, sends(object{}))
	w.ask(http.StatusBadRequest, "PUT", own, token, raw("text/plain", "{}"))
	w.ask(http.StatusRequestEntityTooLarge, "PUT", own, token, sends(object{"x": strings.Repeat("x", 17<<10)}))
	for _, method := range []string{"GET", "PUT", "DELETE"} {
		w.ask(http.StatusUnauthorized, method, own, sends(native))
		w.ask(http.StatusUnauthorized, method, own, sends(native), as("guess"), from("192.0.41.1"))
		w.ask(http.StatusUnauthorized, method, register.Path+"/shop", sends(native), token, from("192.0.42.1"))
	}
	w.ask(http.StatusNoContent, "DELETE", own, token)
	w.ask(http.StatusUnauthorized, "GET", own, token, from("192.0.43.1"))
}
