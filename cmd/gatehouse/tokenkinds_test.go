package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/config"
	"gatehouse/internal/test/testkit"
	"gatehouse/store"
)

// The APIs of others in the table below. The tokens of legacy have the `typ` of ID tokens.
const (
	ordersAPI = "https://orders.example"
	legacyAPI = "https://legacy.example"
)

// A tokenKind is a kind of tokens that the server issues, and how the shop comes by one for
// a person who has just signed in.
type tokenKind struct {
	name string
	make func(*tokenTable, *visitor) string
}

var tokenKinds = []tokenKind{
	{"access", func(_ *tokenTable, v *visitor) string {
		return v.bought("scope", "openid account")["access_token"].(string)
	}},
	{"access for an API", func(_ *tokenTable, v *visitor) string { return v.access("read", ordersAPI) }},
	{"access for an API, with openid", func(_ *tokenTable, v *visitor) string { return v.access("openid read", ordersAPI) }},
	{"access for an API of type JWT", func(_ *tokenTable, v *visitor) string { return v.access("look", legacyAPI) }},
	{"access for an API of type JWT, with openid", func(_ *tokenTable, v *visitor) string { return v.access("openid look", legacyAPI) }},
	{"an app's own access", func(_ *tokenTable, v *visitor) string { return v.own("account") }},
	{"an app's own access for an API of type JWT", func(_ *tokenTable, v *visitor) string { return v.own(legacyAPI + "#look") }},
	{"refresh", func(_ *tokenTable, v *visitor) string {
		return v.bought("scope", "openid account")["refresh_token"].(string)
	}},
	{"ID", func(_ *tokenTable, v *visitor) string { return v.bought("scope", "openid")["id_token"].(string) }},
	{"ID with claims of the person", func(_ *tokenTable, v *visitor) string {
		return v.bought("scope", "openid email groups")["id_token"].(string)
	}},
	{"logout", (*tokenTable).logoutToken},
	{"access of a front end", func(_ *tokenTable, v *visitor) string { return v.front()["access"].(string) }},
	{"refresh of a front end", func(_ *tokenTable, v *visitor) string { return v.front()["refresh"].(string) }},
}

// tokenPlaces are the places at which a token can be presented, what each does for one, and
// the kinds that are good there.
var tokenPlaces = []struct {
	name string
	good []string
	try  func(v *visitor, raw string) bool
}{
	{
		"userinfo",
		[]string{"access", "access for an API, with openid", "access for an API of type JWT, with openid", "access of a front end"},
		func(v *visitor, raw string) bool { return v.bearer("GET", "/oauth/userinfo", raw) == http.StatusOK },
	},
	{
		"the own account",
		[]string{"access", "access of a front end"},
		func(v *visitor, raw string) bool { return v.bearer("GET", ownProfile, raw) == http.StatusOK },
	},
	{
		"introspection, by the app that it was issued to",
		[]string{
			"access", "access for an API", "access for an API, with openid", "access for an API of type JWT", "access for an API of type JWT, with openid",
			"an app's own access", "an app's own access for an API of type JWT", "refresh", "access of a front end",
		},
		func(v *visitor, raw string) bool { return v.active("shop", raw) },
	},
	{
		"introspection, by another app",
		[]string{"access", "an app's own access", "access of a front end"},
		func(v *visitor, raw string) bool { return v.active("other", raw) },
	},
	{
		"introspection, by the server of the APIs",
		[]string{
			"access", "access for an API", "access for an API, with openid", "access for an API of type JWT", "access for an API of type JWT, with openid",
			"an app's own access", "an app's own access for an API of type JWT", "access of a front end",
		},
		func(v *visitor, raw string) bool { return v.active("gateway", raw) },
	},
	{
		"revocation",
		[]string{
			"access", "access for an API", "access for an API, with openid", "access for an API of type JWT", "access for an API of type JWT, with openid",
			"an app's own access", "an app's own access for an API of type JWT", "refresh",
		},
		func(v *visitor, raw string) bool {
			before := v.active("shop", raw) || v.active("other", raw)
			v.post("/oauth/revoke", "client_id", "shop", "client_secret", shopSecret, "token", raw).shows(http.StatusOK)
			return before && !v.active("shop", raw) && !v.active("other", raw)
		},
	},
	{"refresh", []string{"refresh"}, func(v *visitor, raw string) bool {
		return v.answered("grant_type", "refresh_token", "refresh_token", raw)
	}},
	{"refresh of a front end", []string{"refresh of a front end"}, func(v *visitor, raw string) bool {
		return v.post("/api/accounts/token/refresh/", "refresh", raw).status == http.StatusOK
	}},
	{"sign-out of a front end", []string{"refresh of a front end"}, func(v *visitor, raw string) bool {
		return v.post("/api/accounts/logout/", "refresh", raw).status == http.StatusNoContent
	}},
	{"id_token_hint at authorize", []string{"ID", "ID with claims of the person"}, func(v *visitor, raw string) bool {
		return v.get(ask("scope", "openid", "prompt", "none", "id_token_hint", raw)).leads(shopURI).Get("code") != ""
	}},
	{"id_token_hint at logout", []string{"ID", "ID with claims of the person"}, func(v *visitor, raw string) bool {
		p := v.get("/oauth/logout?" + url.Values{"id_token_hint": {raw}, "post_logout_redirect_uri": {shopBye}}.Encode())
		return strings.HasPrefix(p.to(), shopBye)
	}},
	{"code", nil, func(v *visitor, raw string) bool {
		return v.answered("grant_type", "authorization_code", "code", raw, "redirect_uri", shopURI, "code_verifier", verifier)
	}},
	{"device code", nil, func(v *visitor, raw string) bool {
		return v.answered("grant_type", "urn:ietf:params:oauth:grant-type:device_code", "device_code", raw)
	}},
	{"assertion of a client", nil, func(v *visitor, raw string) bool {
		p := v.post("/oauth/token", "grant_type", "client_credentials", "client_id", "signer", "client_assertion", raw,
			"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
		return p.status == http.StatusOK
	}},
	{"request object", nil, func(v *visitor, raw string) bool {
		p, _ := v.send("/oauth/par", "shop", shopSecret, "request", raw)
		return p.status == http.StatusCreated
	}},
}

// A tokenTable is the server of the table.
type tokenTable struct {
	*gate
	told chan string
}

// TestEveryKindOfTokenHasItsPlaces presents each kind of token at each place: one that is
// good elsewhere does nothing here.
func TestEveryKindOfTokenHasItsPlaces(t *testing.T) {
	testkit.Long(t)
	table := openTokenTable(t)
	for _, place := range tokenPlaces {
		for _, name := range place.good {
			if !slices.ContainsFunc(tokenKinds, func(k tokenKind) bool { return k.name == name }) {
				t.Errorf("%s names the kind %q, want one of the table", place.name, name)
			}
		}
		for _, kind := range tokenKinds {
			table.each(place.name+", "+kind.name, func(t *testing.T, v *visitor) {
				raw := kind.make(table, v)
				if got, want := place.try(v, raw), slices.Contains(place.good, kind.name); got != want {
					t.Errorf("accepted: %t, want %t", got, want)
				}
			})
		}
	}
}

func openTokenTable(t *testing.T) *tokenTable {
	told := make(chan string, 100)
	ear := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		form, _ := url.ParseQuery(string(body))
		told <- form.Get("logout_token")
	}))
	t.Cleanup(ear.Close)
	table := &tokenTable{openGate(t, func(cfg *config.Config) { cfg.PrivateTargets, cfg.MaxSessions = true, 0 }), told}
	now := time.Now().UTC()
	err := table.db.Write(t.Context(), func(tx store.Tx) error {
		if err := tx.LockAPIs(); err != nil {
			return err
		}
		for _, a := range []store.API{
			{ID: "orders", Identifier: ordersAPI, TokenType: store.TokenTypeAccess, Claims: []string{"role"}, Scopes: []store.APIScope{{Name: "read", Description: "Read orders"}}},
			{ID: "legacy", Identifier: legacyAPI, TokenType: store.TokenTypeJWT, Claims: store.APIClaims(), Scopes: []store.APIScope{{Name: "look", Description: "Look"}}},
		} {
			a.Name, a.Clients, a.IntrospectionClients, a.CreatedAt, a.UpdatedAt = a.ID, store.ClientsRegistered, []string{"gateway"}, now, now
			if err := tx.CreateAPI(a); err != nil {
				return err
			}
		}
		c, err := tx.LockClient("shop")
		if err != nil {
			return err
		}
		c.FirstParty, c.GrantTypes = true, append(c.GrantTypes, "client_credentials", "urn:ietf:params:oauth:grant-type:device_code")
		c.Scope = "openid profile email groups account " + ordersAPI + "#read " + legacyAPI + "#look"
		c.IDTokenClaims, c.BackchannelLogoutURI = []string{"email", "groups"}, ear.URL
		return tx.PutClient(c)
	})
	if err != nil {
		t.Fatalf("registering the APIs: %v", err)
	}
	table.shop("other", func(*store.Client) {})
	table.shop("gateway", func(*store.Client) {})
	table.shop("signer", func(c *store.Client) {
		c.AuthMethod, c.Secrets, c.GrantTypes, c.AssertionAudience = store.PrivateKeyJWT, nil, []string{"client_credentials"}, "any"
		c.JWKS = `{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"one"}]}`
	})
	return table
}

// logoutToken signs out, and returns what the shop is told. The visitor signs in again.
func (table *tokenTable) logoutToken(v *visitor) string {
	raw := v.bought("scope", "openid")["id_token"].(string)
	v.get("/oauth/logout?id_token_hint=" + raw)
	select {
	case token := <-table.told:
		_ = v.code("scope", "openid")
		return token
	case <-time.After(10 * time.Second):
		v.t.Fatal("the app was not told, want a logout token")
		return ""
	}
}

// bought returns the tokens that the shop gets for a code.
func (v *visitor) bought(pairs ...string) object { v.t.Helper(); return v.redeem(v.code(pairs...)) }

// access returns an access token for an API.
func (v *visitor) access(scope, api string) string {
	v.t.Helper()
	raw := v.bought("scope", scope)["access_token"].(string)
	if _, claims := v.signed(raw); claims["aud"] != api || strings.Contains(scope, "openid") != strings.Contains(fmt.Sprint(claims["scope"]), "openid") {
		v.t.Fatalf("the access token has %v, want it for %s with the scope %s", claims, api, scope)
	}
	return raw
}

// own returns an access token that the shop gets for itself.
func (v *visitor) own(scope string) string {
	v.t.Helper()
	return v.tokens(http.StatusOK, "grant_type", "client_credentials", "scope", scope)["access_token"].(string)
}

// front returns the tokens of a sign-in at the API for front ends; the browser is signed in,
// too.
func (v *visitor) front() object {
	v.t.Helper()
	_ = v.code("scope", "openid")
	return v.post("/api/accounts/login/", "username", "ann", "password", secretPhrase).shows(http.StatusOK).object()
}

func (v *visitor) bearer(method, path, raw string) int {
	v.t.Helper()
	v.header.Set("Authorization", "Bearer "+raw)
	defer v.header.Del("Authorization")
	return v.do(method, path, nil).status
}

// active reports whether the app is told that the token is active. If not, it is told
// nothing else.
func (v *visitor) active(app, raw string) bool {
	v.t.Helper()
	p, answer := v.send("/oauth/introspect", app, shopSecret, "token", raw)
	p.shows(http.StatusOK)
	active, _ := answer["active"].(bool)
	if !active && strings.TrimSpace(p.body) != `{"active":false}` {
		v.t.Errorf("introspection: %s, want that it is not active, and nothing else", p.body)
	}
	return active
}

// answered reports whether the token endpoint answers the shop with tokens.
func (v *visitor) answered(pairs ...string) bool {
	v.t.Helper()
	p, _ := v.send("/oauth/token", "shop", shopSecret, pairs...)
	if p.status >= 500 {
		v.t.Errorf("%v: %d %s, want a refusal of the client's", pairs[:2], p.status, p.body)
	}
	return p.status == http.StatusOK
}
