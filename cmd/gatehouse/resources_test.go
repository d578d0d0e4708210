package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"gatehouse/store"
)

// closedAPI lists another app than the shop.
const closedAPI = "https://closed.example/v1"

// resourcesOfOthers are resources that the shop cannot be granted (RFC 8707 §2).
var resourcesOfOthers = map[string]string{
	"unknown":                         "https://nobody.example",
	"an API that lists another app":   closedAPI,
	"a fragment":                      ordersAPI + "#read",
	"another case in the path":        strings.ToUpper(closedAPI[:8]) + "closed.example/V1",
	"a path below":                    ordersAPI + "/more",
	"a user name":                     "https://ann@orders.example",
	"another port":                    ordersAPI + ":8443",
	"the identifier of an app":        "shop",
	"an ID and not an identifier":     "orders",
	"a query":                         ordersAPI + "?",
	"a host that ends alike":          "https://evil-orders.example",
	"a long one":                      ordersAPI + "/" + strings.Repeat("a", 4000),
	"two in one":                      ordersAPI + " " + legacyAPI,
	"our token endpoint, not our API": "/oauth/token",
}

// openResources is the server of the tables below: the shop may use every grant.
func openResources(t *testing.T) *tokenTable {
	table := openTokenTable(t)
	err := table.db.Write(t.Context(), func(tx store.Tx) error {
		if err := tx.LockAPIs(); err != nil {
			return err
		}
		closed := store.API{
			ID: "closed", Identifier: closedAPI, Name: "Closed", Clients: store.ClientsListed, ListedClients: []string{"other"}, TokenType: store.TokenTypeAccess,
			Scopes: []store.APIScope{{Name: "enter", Description: "Enter"}}, CreatedAt: table.ann.JoinedAt, UpdatedAt: table.ann.JoinedAt,
		}
		if err := tx.CreateAPI(closed); err != nil {
			return err
		}
		c, err := tx.LockClient("shop")
		if err != nil {
			return err
		}
		c.GrantTypes = append(c.GrantTypes, "password")
		return tx.PutClient(c)
	})
	if err != nil {
		t.Fatalf("registering the API: %v", err)
	}
	return table
}

// beginnings are the requests that begin something, with the parameters that they always
// have. Those at the token endpoint are answered with a token at once.
var beginnings = []struct {
	name, path string
	pairs      []string
}{
	{"pushed", "/oauth/par", []string{
		"response_type", "code", "redirect_uri", shopURI, "code_challenge", strings.Repeat("c", 43), "code_challenge_method", "S256",
	}},
	{"device", "/oauth/device_authorization", nil},
	{"password", "/oauth/token", []string{"grant_type", "password", "username", "ann", "password", secretPhrase}},
	{"client credentials", "/oauth/token", []string{"grant_type", "client_credentials"}},
}

// TestAResourceOfOthersIsRefused asks for it wherever a resource can be named.
func TestAResourceOfOthersIsRefused(t *testing.T) {
	table := openResources(t)
	table.each("every place", func(t *testing.T, v *visitor) {
		refused := func(place, resource string, code any) {
			t.Helper()
			if code != "invalid_target" {
				t.Errorf("%s, %s: error %v, want invalid_target", place, resource, code)
			}
		}
		_ = v.code("scope", "openid")
		for name, resource := range resourcesOfOthers {
			for _, b := range beginnings {
				_, answer := v.send(b.path, "shop", shopSecret, append(slices.Clone(b.pairs), "resource", resource)...)
				refused(b.name, name, answer["error"])
			}
			refused("authorize", name, v.get(ask("resource", resource, "scope", "openid")).leads(shopURI).Get("error"))
			code, set := v.code("scope", "openid read"), v.bought("scope", "openid read")
			_, answer := v.send("/oauth/token", "shop", shopSecret, "grant_type", "authorization_code", "code", code, "redirect_uri", shopURI,
				"code_verifier", verifier, "resource", resource)
			refused("code", name, answer["error"])
			_, answer = v.send("/oauth/token", "shop", shopSecret, "grant_type", "refresh_token", "refresh_token", set["refresh_token"].(string), "resource", resource)
			refused("refresh", name, answer["error"])
			if again := v.tokens(http.StatusOK, "grant_type", "refresh_token", "refresh_token", set["refresh_token"].(string)); again["refresh_token"] == set["refresh_token"] {
				t.Errorf("%s: the refused request used up the refresh token, want it good", name)
			}
		}
	})
}

// TestAGrantNeverWidens asks for more than was granted, in every way that leads to a token.
func TestAGrantNeverWidens(t *testing.T) {
	table := openResources(t)
	for _, c := range []struct {
		name, granted string
		pairs         []string
		code          string
	}{
		{"another API", "openid read", []string{"resource", legacyAPI}, "invalid_target"},
		{"a scope of another API", "openid read", []string{"scope", "look"}, "invalid_scope"},
		{"a scope of another API, in its long form", "openid read", []string{"scope", legacyAPI + "#look"}, "invalid_scope"},
		{"our own API", "openid read", []string{"scope", "account"}, "invalid_scope"},
		{"more of the person", "openid read", []string{"scope", "openid email read"}, "invalid_scope"},
		{"all there is, and more", "openid read", []string{"scope", "openid read " + strings.Repeat("read ", 500) + "clients"}, "invalid_scope"},
		{"an API that lists another app", "openid read", []string{"scope", closedAPI + "#enter"}, "invalid_scope"},
		{"a scope of the API that is not there", "openid read", []string{"scope", ordersAPI + "#write"}, "invalid_scope"},
		{"another API than the scope's", "openid read look", []string{"scope", "look", "resource", ordersAPI}, "invalid_scope"},
		{"one token for two APIs", "openid read look", nil, "invalid_target"},
	} {
		table.each(c.name, func(t *testing.T, v *visitor) {
			// The sessions of a code and of a device are for the same grant.
			sets := map[string]string{"code": v.firstRefresh(c.granted), "device": v.deviceRefresh(c.granted)}
			for how, raw := range sets {
				_, answer := v.send("/oauth/token", "shop", shopSecret, append([]string{"grant_type", "refresh_token", "refresh_token", raw}, c.pairs...)...)
				if answer["error"] != c.code {
					t.Errorf("%s: %v, want %s", how, answer, c.code)
				}
			}
		})
	}
}

// firstRefresh returns the refresh token of a session with the scope.
func (v *visitor) firstRefresh(scope string) string {
	v.t.Helper()
	pairs := []string{"grant_type", "authorization_code", "code", v.code("scope", scope), "redirect_uri", shopURI, "code_verifier", verifier}
	return v.firstOf(pairs, scope)
}

// deviceRefresh returns the refresh token of a device with the scope.
func (v *visitor) deviceRefresh(scope string) string {
	v.t.Helper()
	p, device := v.send("/oauth/device_authorization", "shop", shopSecret, "scope", scope)
	p.shows(http.StatusOK)
	asked := v.get("/device?user_code=" + device["user_code"].(string)).shows(http.StatusOK)
	v.post("/device", append(asked.fields(), "answer", "allow")...)
	return v.firstOf([]string{"grant_type", "urn:ietf:params:oauth:grant-type:device_code", "device_code", device["device_code"].(string)}, scope)
}

// firstOf redeems a grant, for the first of its APIs if it has several.
func (v *visitor) firstOf(pairs []string, scope string) string {
	v.t.Helper()
	if strings.Contains(scope, "read look") {
		pairs = append(pairs, "resource", ordersAPI)
	}
	set := v.tokens(http.StatusOK, pairs...)
	if _, claims := v.signed(set["access_token"]); claims["aud"] != ordersAPI {
		v.t.Fatalf("the access token has %v, want it for %s", claims, ordersAPI)
	}
	return fmt.Sprint(set["refresh_token"])
}
