package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"gatehouse/internal/account"
	"gatehouse/internal/apis"
	"gatehouse/internal/authz"
	"gatehouse/internal/client"
	"gatehouse/internal/fields"
	"gatehouse/internal/session"
	"gatehouse/internal/signin"
	"gatehouse/store"
)

// A crowd is a server and its callers.
type crowd struct {
	*app
	people map[string]store.User
	secret string // the nightly app's
}

// callers are the columns of the matrix. The token of "deactivated" was issued before
// the deactivation.
var callers = []string{"anonymous", "user", "staff", "admin", "app", "deactivated"}

const crowdPassword = "seven grey herons wait"

func gather(t *testing.T, a *app) *crowd {
	t.Helper()
	c := &crowd{app: a, people: map[string]store.User{}}
	for name := range rolesOfCrowd {
		c.create(t, name)
	}
	_, secret, err := a.apps.Create(t.Context(), authz.Operator, client.Input{
		ID: fields.Given("nightly"), Name: fields.Given("Nightly"), GrantTypes: fields.Listed("client_credentials"), Scope: fields.Given(string(authz.AllScopes)),
	})
	if err != nil {
		t.Fatalf("creating the user: %v", err)
	}
	c.secret = secret
	return c
}

var rolesOfCrowd = map[string]string{"user": "user", "staff": "staff", "admin": "admin", "deactivated": "admin", "victim": "user"}

func (c *crowd) create(t *testing.T, name string) {
	t.Helper()
	u, err := c.app.people.Create(t.Context(), authz.Operator, account.Input{
		Username: fields.Given(name), Email: fields.Given(name + "@example.com"), Role: fields.Given(rolesOfCrowd[name]), Password: fields.Given(crowdPassword),
	})
	if err != nil {
		t.Fatalf("creating the user: %v", err)
	}
	c.people[name] = u
}

// again creates a caller anew who has just deleted their account.
func (c *crowd) again(t *testing.T, caller string) {
	t.Helper()
	who, is := c.people[caller]
	if _, err := c.app.people.Get(t.Context(), who.ID); is && errors.Is(err, store.ErrNotFound) {
		c.create(t, caller)
	}
}

// token returns a new access token of a caller, or "" for an anonymous one.
func (c *crowd) token(t *testing.T, caller string) string {
	t.Helper()
	switch caller {
	case "anonymous":
		return ""
	case "app":
		return c.appToken(t)
	}
	who := c.people[caller]
	c.activate(t, who, true)
	who, err := c.app.people.Get(t.Context(), who.ID) // ending their sessions gave them another generation
	if err != nil {
		t.Fatalf("reading the user: %v", err)
	}
	set, err := c.sessions.Begin(t.Context(), signin.Password(who, signin.ByLogin, c.sessions.Now()), session.Accounts(store.RotationStrict), apis.Grant{Scope: authz.ForRole(who.Role)}, apis.Asked{})
	if err != nil {
		t.Fatalf("starting the session: %v", err)
	}
	c.activate(t, who, caller != "deactivated")
	return set.AccessToken
}

func (c *crowd) activate(t *testing.T, who store.User, active bool) {
	t.Helper()
	if _, err := c.app.people.Change(t.Context(), authz.Operator, who, account.Input{Active: fields.On(active)}, false); err != nil {
		t.Fatalf("changing the user: %v", err)
	}
}

func (c *crowd) appToken(t *testing.T) string {
	t.Helper()
	r := httptest.NewRequest("POST", "http://x/oauth/token", strings.NewReader(url.Values{"grant_type": {"client_credentials"}}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth("nightly", c.secret)
	w := c.serve(r)
	var set struct {
		Access string `json:"access_token"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &set); err != nil || set.Access == "" {
		t.Fatalf("the app was answered %s, %v; want a token", w.Body, err)
	}
	return set.Access
}

func (c *crowd) serve(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	return w
}

// call makes a request without a body.
func (c *crowd) call(method, path, token string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://x"+path, nil)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return c.serve(r)
}
