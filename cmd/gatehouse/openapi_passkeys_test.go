package main

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"gatehouse/config"
	"gatehouse/internal/account"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/internal/test/authenticator"
)

const (
	ownPasskeys       = "/account/passkeys"
	ownPasskeyOptions = ownPasskeys + "/options"
	byPasskey         = "/login/passkey"
	byPasskeyOptions  = byPasskey + "/options"
)

var foreign = with("Sec-Fetch-Site", "cross-site")

// passkeys makes a passkey at the pages, and signs in with it.
func (w *witness) passkeys(t *testing.T) {
	w.ask(http.StatusCreated, "POST", users, as(w.admin), sends(person("pia")))
	key, pia := authenticator.New(t, w.app.config.Issuer), &tab{}
	w.ask(http.StatusSeeOther, "GET", ownPasskeys)
	w.ask(http.StatusUnauthorized, "POST", ownPasskeyOptions)
	w.visit(pia, http.StatusOK, "POST", "/login", form("username", "pia", "password", secretPhrase), from("192.0.60.1"))
	w.visit(pia, http.StatusOK, "GET", ownPasskeys)
	w.visit(pia, http.StatusForbidden, "POST", ownPasskeys, form("do", "remove"), foreign)
	w.visit(pia, http.StatusForbidden, "POST", ownPasskeyOptions, foreign)
	w.visit(pia, http.StatusUnprocessableEntity, "POST", ownPasskeys, form("do", "add", "passkey", "{}"))
	options := w.visit(pia, http.StatusOK, "POST", ownPasskeyOptions)
	w.visit(pia, http.StatusOK, "POST", ownPasskeys, form("do", "add", "passkey", string(key.Create(options.body)))) // with recovery codes

	w.ask(http.StatusForbidden, "POST", byPasskeyOptions, foreign)
	w.ask(http.StatusForbidden, "POST", byPasskey, form("passkey", "{}"), foreign)
	w.ask(http.StatusUnprocessableEntity, "POST", byPasskey, form("passkey", "{}"))
	challenge := w.ask(http.StatusOK, "POST", byPasskeyOptions)
	w.visit(&tab{}, http.StatusOK, "POST", byPasskey, form("passkey", string(key.Get(challenge.body))))
	w.firstPasskeys(t)
	w.withoutPasskeys(t)
}

// firstPasskeys signs up with a passkey alone, and accepts an invitation with one.
func (w *witness) firstPasskeys(t *testing.T) {
	w.ask(http.StatusUnprocessableEntity, "POST", "/signup/passkey/options", form("username", "pam", "email", "nonsense"), from("198.51.100.1"))
	for _, path := range []string{"/signup/passkey/options", "/reset/passkey/options"} {
		w.ask(http.StatusForbidden, "POST", path, form("username", "pam", "email", "pam@example.com"), foreign)
	}
	options := w.ask(http.StatusOK, "POST", "/signup/passkey/options", form("username", "pam", "email", "pam@example.com"), from("203.0.113.1"))
	key := authenticator.New(t, w.app.config.Issuer)
	w.visit(&tab{}, http.StatusOK, "POST", "/signup", form("username", "pam", "email", "pam@example.com", "passkey", string(key.Create(options.body))), from("203.1.113.1"))
	made := w.ask(http.StatusCreated, "POST", users, as(w.admin), sends(object{"username": "paz", "email": "paz@example.com", "invite": true})).object(t)["invite"].(object)
	token := tokenIn(t, made["link"].(string))
	options = w.ask(http.StatusOK, "POST", "/reset/passkey/options", form("token", token), from("192.0.66.1"))
	w.ask(http.StatusOK, "POST", "/invite", form("token", token, "passkey", string(authenticator.New(t, w.app.config.Issuer).Create(options.body))), from("192.0.67.1"))
	w.ask(http.StatusUnprocessableEntity, "POST", "/reset/passkey/options", form("token", token), from("192.0.62.1"))
}

// withoutPasskeys uses a server whose issuer is an IP address.
func (w *witness) withoutPasskeys(t *testing.T) {
	a := startApp(t, slog.New(slog.DiscardHandler), func(cfg *config.Config) {
		cfg.Issuer = "http://127.0.0.1:8080"
		cfg.Audience = cfg.Issuer
	})
	_, err := a.people.Create(t.Context(), authz.Operator, account.Input{
		Username: fields.Given("pia"), Email: fields.Given("pia@example.com"), Password: fields.Given(secretPhrase),
	})
	if err != nil {
		t.Fatalf("creating the user: %v", err)
	}
	door := httptest.NewServer(a.handler)
	defer door.Close()
	defer w.at(w.base)
	w.at(door.URL)
	pia := &tab{}
	w.visit(pia, http.StatusOK, "POST", "/login", form("username", "pia", "password", secretPhrase))
	w.visit(pia, http.StatusNotFound, "GET", ownPasskeys)
	w.visit(pia, http.StatusNotFound, "POST", ownPasskeyOptions)
	w.ask(http.StatusNotFound, "POST", byPasskeyOptions)
	for _, path := range []string{"webauthn", "apple-app-site-association", "assetlinks.json"} {
		w.ask(http.StatusNotFound, "GET", "/.well-known/"+path)
	}
}

// withoutABrowser signs a person in at the challenge endpoint.
func (w *witness) withoutABrowser(*testing.T) {
	w.ask(http.StatusCreated, "POST", users, as(w.admin), sends(person("quin")))
	w.ask(http.StatusCreated, "POST", clients, as(w.admin), sends(object{
		"client_id": "till", "name": "Till", "auth_method": "none", "first_party": true, "grant_types": []string{"urn:gatehouse:challenge", "refresh_token"}, "scope": "openid profile",
	}))
	w.ask(http.StatusOK, "POST", "/oauth/challenge", form(begins("username", "quin", "password", secretPhrase)...), from("192.0.61.1"))
}
