package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync/atomic"
)

// A fixture is what the requests are made from: a filled database and the tokens of
// some of its sessions.
type fixture struct {
	crowd     *crowd
	secrets   map[string]string // of the confidential apps
	access    []string          // one for each session that has tokens
	accounts  chan *holder
	public    chan *holder
	publicAPI chan *holder
	admin     string // the administrator's access token
	farPath   string // of the far page
	turn, new atomic.Int64
	codes     [2]atomic.Int64 // how many codes of each public app were redeemed
	run       string          // makes the names differ from an earlier run's
}

// A holder has the current refresh token of one session.
type holder struct{ refresh string }

// The names of the scenarios that have aims.
const (
	nameClientCredentials = "client_credentials"
	nameRefresh           = "refresh, /oauth/token"
	nameAccountsRefresh   = "refresh, /api/accounts"
	namePassword          = "password grant"
	nameLogin             = "login, /api/accounts"
	nameIntrospect        = "introspection"
	nameProfile           = "profile GET"
	nameAuthorize         = "authorize with session"
	nameExchange          = "code exchange"
	nameUserinfo          = "userinfo"
	nameJWKS              = "JWKS"
	nameDiscovery         = "discovery"
	nameFirstPage         = "user list, first page"
	nameFarPage           = "user list, far page"
	nameSearch            = "user search by prefix"
	nameCreate            = "admin creates a user"
	seenBefore            = ", token seen before"
	refused               = ", refused"
)

// scenarios are the endpoints in the order in which they are measured.
func (f *fixture) scenarios() []scenario {
	return []scenario{
		{name: nameJWKS, next: get("/.well-known/jwks.json", `"kid"`)},
		{name: nameDiscovery, next: get("/.well-known/openid-configuration", `"issuer"`)},
		{name: nameClientCredentials, next: f.clientCredentials(confidentialApp)},
		{name: nameClientCredentials + forAPI, next: f.clientCredentials(confidentialAPIApp)},
		{name: nameRefresh, next: f.refresh(publicApp, f.public)},
		{name: nameRefresh + forAPI, next: f.refresh(publicAPIApp, f.publicAPI)},
		{name: nameAccountsRefresh, next: f.accountsRefresh},
		{name: nameIntrospect, next: f.introspect(f.anotherToken)},
		{name: nameIntrospect + seenBefore, next: f.introspect(f.seenToken)},
		{name: nameProfile, next: f.profile(f.anotherToken)},
		{name: nameProfile + seenBefore, next: f.profile(f.seenToken)},
		{name: nameAuthorize, next: f.authorize(publicApp)},
		{name: nameAuthorize + forAPI, next: f.authorize(publicAPIApp)},
		{name: nameExchange, next: f.exchange(0)},
		{name: nameExchange + forAPI, next: f.exchange(1)},
		{name: nameAuthorize + refused, next: f.authorizeRefused},
		{name: nameExchange + refused, next: f.exchangeRefused},
		{name: nameUserinfo, next: f.userinfo(f.anotherToken)},
		{name: nameUserinfo + seenBefore, next: f.userinfo(f.seenToken)},
		{name: nameFirstPage, next: f.asAdmin("/api/accounts/admin/users/")},
		{name: nameFarPage, next: f.asAdmin(f.farPath)},
		{name: nameSearch, next: f.search},
		{name: namePassword, next: f.password, hashes: true},
		{name: nameLogin, next: f.login, hashes: true},
		{name: nameCreate, next: f.create, hashes: true},
	}
}

func get(path, contains string) func() request {
	return func() request {
		return request{method: http.MethodGet, path: path, want: http.StatusOK, contains: contains}
	}
}

// asApp returns a request with a form from a confidential app.
func (f *fixture) asApp(a app, path string, form url.Values) request {
	credentials := base64.StdEncoding.EncodeToString([]byte(a.id + ":" + url.QueryEscape(f.secrets[a.id])))
	return request{
		method: http.MethodPost, path: path, contentType: "application/x-www-form-urlencoded",
		authorization: "Basic " + credentials, body: form.Encode(), want: http.StatusOK,
	}
}

func (f *fixture) clientCredentials(a app) func() request {
	return func() request {
		q := f.asApp(a, "/oauth/token", a.form(url.Values{"grant_type": {"client_credentials"}}))
		q.contains = `"access_token"`
		return q
	}
}

func (f *fixture) password() request {
	q := f.asApp(confidentialApp, "/oauth/token", url.Values{
		"grant_type": {"password"}, "username": {f.crowd.anybody()}, "password": {knownPassword},
	})
	q.contains = `"refresh_token"`
	return q
}

func (f *fixture) introspect(token func() string) func() request {
	return func() request {
		q := f.asApp(confidentialApp, "/oauth/introspect", url.Values{"token": {token()}})
		q.contains = `"active":true`
		return q
	}
}

// refresh refreshes the next session in turn, and puts it back with its new token.
func (f *fixture) refresh(a app, queue chan *holder) func() request {
	return func() request {
		h := nextHolder(queue)
		form := a.form(url.Values{"grant_type": {"refresh_token"}, "client_id": {a.id}, "refresh_token": {h.refresh}})
		return request{
			method: http.MethodPost, path: "/oauth/token", contentType: "application/x-www-form-urlencoded",
			body: form.Encode(), want: http.StatusOK, then: h.moveOn(queue, "refresh_token"),
		}
	}
}

func (f *fixture) accountsRefresh() request {
	h := nextHolder(f.accounts)
	q := post("/api/accounts/token/refresh/", map[string]string{"refresh": h.refresh})
	q.want, q.then = http.StatusOK, h.moveOn(f.accounts, "refresh")
	return q
}

// nextHolder returns the next session in turn. A session whose refresh failed does not
// come back; when none is left, the requests without a token show as failures.
func nextHolder(queue chan *holder) *holder {
	select {
	case h := <-queue:
		return h
	default:
		return &holder{}
	}
}

func (h *holder) moveOn(queue chan *holder, field string) func(http.Header, []byte) error {
	return func(_ http.Header, body []byte) error {
		var answer map[string]any
		if err := json.Unmarshal(body, &answer); err != nil {
			return fmt.Errorf("reading a refresh: %w", err)
		}
		next, ok := answer[field].(string)
		if !ok || next == h.refresh {
			return errors.New("a refresh without a new refresh token")
		}
		h.refresh = next
		queue <- h
		return nil
	}
}
