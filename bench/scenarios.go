package main

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"sync/atomic"
)

// A fixture is what the requests are made from: a filled database and the tokens of
// some of its sessions.
type fixture struct {
	crowd     *crowd
	secrets   map[string]string       // of the confidential apps
	access    []string                // one for each session that has tokens
	holders   map[string]chan *holder // by client
	admin     string                  // the administrator's access token
	farPath   string                  // of the far page
	turn, new atomic.Int64
	codes     [2]atomic.Int64 // how many codes of each public app were redeemed
	run       string          // makes the names differ from an earlier run's
}

// A holder has the current refresh token of one session.
type holder struct{ refresh string }

// The names of the scenarios that have aims.
const (
	nameClientCredentials = "client_credentials"
	nameManyCallers       = nameClientCredentials + ", 16 connections"
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
		{name: nameClientCredentials + forAPI + byES256, next: f.clientCredentials(confidentialES256App)},
		{name: nameClientCredentials + forAPI + byEd25519, next: f.clientCredentials(confidentialEd25519App)},
		{name: nameManyCallers, next: f.clientCredentials(confidentialApp), connections: 16},
		{name: nameRefresh, next: f.refresh(publicApp)},
		{name: nameRefresh + forAPI, next: f.refresh(publicAPIApp)},
		{name: nameRefresh + forAPI + byES256AndRSA, next: f.refresh(publicES256App)},
		{name: nameRefresh + forAPI + byEd25519Twice, next: f.refresh(publicEd25519App)},
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
		q.contains = tokenBy("access_token", a.access)
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
