package client

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/internal/grant"
	"gatehouse/store"
)

// dangerous are schemes that a browser or an operating system runs or opens on its own,
// and ways to write them past a filter.
var dangerous = []string{
	"javascript:alert(1)//https://a.example", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "java\nscript:alert(1)", " javascript:alert(1)",
	"data:text/html,<script>alert(1)</script>", "DATA:text/html;base64,PHNjcmlwdD4=", "vbscript:msgbox(1)", "file:///etc/passwd", "blob:https://a.example/1",
	"about:blank", "filesystem:https://a.example/t", "view-source:https://a.example", "chrome://settings", "intent://a.example#Intent;end",
	"ws://a.example", "ftp://a.example/", "jar:https://a.example!/", "ms-settings:", "mailto:a@a.example", "tel:+491234567", "x:y",
}

func TestDangerousSchemesAreRegisteredNowhere(t *testing.T) {
	w := open(t)
	for _, uri := range dangerous {
		for field, put := range map[string]func(*Input){
			"redirect_uris":             func(in *Input) { in.RedirectURIs = fields.Listed("https://a.example", uri) },
			"post_logout_redirect_uris": func(in *Input) { in.PostLogoutRedirectURIs = fields.Listed(uri) },
			"backchannel_logout_uri":    func(in *Input) { in.BackchannelLogoutURI = fields.Given(uri) },
			"jwks_uri":                  func(in *Input) { in.AuthMethod, in.JWKSURI = fields.Given(store.PrivateKeyJWT), fields.Given(uri) },
		} {
			in := shop()
			put(&in)
			if _, _, err := w.Create(t.Context(), authz.Operator, in); fault(err, field) == "" {
				t.Errorf("%s %q: err = %v, want a fault", field, uri, err)
			}
		}
	}
}

func TestWhereLogoutTokensAndKeysMayBe(t *testing.T) {
	for _, c := range []struct {
		uri               string
		backchannel, keys bool
	}{
		{"https://a.example/out", true, true},
		{"https://a.example:8443/out?tenant=1", true, true},
		{"http://127.0.0.1:9000/out", true, false},
		{"http://[::1]/out", true, false},
		{"http://localhost/out", true, false},
		{"http://a.example/out", false, false},
		{"https://a.example/out#part", false, false},
		{"https://a.example/out#", false, false},
		{"https://ann:secret@a.example/", false, false},
		{"https:///out", false, false},
		{"https://*.a.example/", false, false},
		{"com.example.app:/out", false, false},
		{"/out", false, false},
		{"https://a.example/" + strings.Repeat("a", 2000), false, false},
	} {
		if fault := backchannelFault(c.uri); (fault == "") != c.backchannel {
			t.Errorf("logout tokens to %s: fault %q, want it allowed: %t", c.uri, fault, c.backchannel)
		}
		if fault := keysFault(c.uri); (fault == "") != c.keys {
			t.Errorf("keys from %s: fault %q, want it allowed: %t", c.uri, fault, c.keys)
		}
	}
}

// aSet returns a set of one public key for signatures.
func aSet(t *testing.T) string {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatalf("generating an ECDSA key: %v", err)
	}
	point, err := k.PublicKey.Bytes()
	if err != nil {
		t.Fatalf("encoding the public key: %v", err)
	}
	text := base64.RawURLEncoding.EncodeToString
	return fmt.Sprintf(`{"keys":[{"kty":"EC","crv":"P-256","x":%q,"y":%q}]}`, text(point[1:33]), text(point[33:]))
}

func TestAClientThatSigns(t *testing.T) {
	w, given := open(t), fields.Given
	set := aSet(t)
	in := shop()
	in.AuthMethod, in.JWKS = given(store.PrivateKeyJWT), given(strings.ReplaceAll(set, ",", ",\n "))
	c, secret, err := w.Create(t.Context(), authz.Operator, in)
	if err != nil || secret != "" || len(c.Secrets) != 0 || c.JWKS != set || c.AssertionAudience != "issuer" || c.Public() {
		t.Fatalf(`registered %+v, secret %q, %v; want the keys, the audience "issuer" and no secret`, c, secret, err)
	}
	if _, _, err := w.RotateSecret(t.Context(), authz.Operator, c.ID, 0, ""); fault(err, "non_field_errors") == "" {
		t.Errorf("a secret for it: err = %v, want a fault", err)
	}
	update := func(in Input, replaceAll bool) store.Client {
		t.Helper()
		got, _, err := w.Update(t.Context(), authz.Operator, c.ID, in, replaceAll)
		if err != nil {
			t.Fatalf("updating the client: %v", err)
		}
		return got
	}
	// Each replaces the other, and sending back unchanged values changes nothing.
	at := "https://shop.example/keys"
	if got := update(Input{JWKSURI: given(at), AssertionAudience: given("any")}, false); got.JWKS != "" || got.JWKSURI != at || got.AssertionAudience != "any" {
		t.Errorf("keys in another place: %+v, want %s and no set", got, at)
	}
	if got := update(Input{JWKS: given(""), JWKSURI: given(at)}, false); got.JWKSURI != at {
		t.Errorf("sent back unchanged: %+v, want the keys at %s", got, at)
	}
	if got := update(shop(), true); got.JWKSURI != at || got.AuthMethod != store.PrivateKeyJWT || got.AssertionAudience != "any" {
		t.Errorf("replaced, the keys not sent: %+v, want the keys at %s as before", got, at)
	}
	if got := update(Input{JWKS: given(set)}, false); got.JWKS != set || got.JWKSURI != "" {
		t.Errorf("the set again: %+v, want it and no address", got)
	}
	got, secret, err := w.Update(t.Context(), authz.Operator, c.ID, Input{AuthMethod: given(store.SecretBasic)}, false)
	if err != nil || secret == "" || got.JWKS+got.JWKSURI+got.AssertionAudience != "" {
		t.Errorf("with a secret: %+v, %v; want a secret and no keys", got, err)
	}
	if got := update(Input{AuthMethod: given(store.PrivateKeyJWT), JWKSURI: given(at)}, false); len(got.Secrets) != 0 {
		t.Errorf("the secrets remain: %+v, want none", got)
	}
}

func TestKeysThatCannotBeRegistered(t *testing.T) {
	w, given := open(t), fields.Given
	set := aSet(t)
	for name, c := range map[string]struct {
		field string
		in    Input
	}{
		"none":                      {"jwks", Input{AuthMethod: given(store.PrivateKeyJWT)}},
		"both":                      {"jwks_uri", Input{AuthMethod: given(store.PrivateKeyJWT), JWKS: given(set), JWKSURI: given("https://a.example")}},
		"private":                   {"jwks", Input{AuthMethod: given(store.PrivateKeyJWT), JWKS: given(strings.Replace(set, `"x"`, `"d":"AA","x"`, 1))}},
		"nonsense":                  {"jwks", Input{AuthMethod: given(store.PrivateKeyJWT), JWKS: given("keys")}},
		"both, with a secret":       {"jwks_uri", Input{JWKS: given(set), JWKSURI: given("https://a.example")}},
		"none, but signed requests": {"require_signed_request_object", Input{RequireSignedRequestObject: fields.On(true)}},
		"audience without keys":     {"assertion_audience", Input{AssertionAudience: given("any")}},
		"audience with a secret":    {"assertion_audience", Input{JWKS: given(set), AssertionAudience: given("any")}},
		"unknown audience":          {"assertion_audience", Input{AuthMethod: given(store.PrivateKeyJWT), JWKS: given(set), AssertionAudience: given("all")}},
		"a problem of the wire":     {"jwks", Input{AuthMethod: given(store.PrivateKeyJWT), JWKS: fields.Text{Sent: true, Problem: fields.NotAnObject}}},
	} {
		c.in.Name, c.in.RedirectURIs = shop().Name, shop().RedirectURIs
		if _, _, err := w.Create(t.Context(), authz.Operator, c.in); fault(err, c.field) == "" {
			t.Errorf("%s: err = %v, want a fault in %s", name, err, c.field)
		}
	}
}

// A client signs its requests with registered keys whatever its method is.
func TestAClientThatSignsItsRequests(t *testing.T) {
	w, given := open(t), fields.Given
	set := aSet(t)
	for _, method := range []string{store.SecretBasic, store.NoSecret} {
		in := shop()
		in.AuthMethod, in.JWKS, in.RequireSignedRequestObject = given(method), given(set), fields.On(true)
		in.GrantTypes = fields.Listed(grant.AuthorizationCode)
		c, secret, err := w.Create(t.Context(), authz.Operator, in)
		if err != nil || (secret == "") != (method == store.NoSecret) || c.JWKS != set || c.AssertionAudience != "" || !c.RequireSignedRequestObject {
			t.Fatalf("%s: registered %+v, %v; want the keys and no audience", method, c, err)
		}
		if _, _, err := w.Update(t.Context(), authz.Operator, c.ID, Input{JWKS: given("")}, false); fault(err, "require_signed_request_object") == "" {
			t.Errorf("%s: without keys: err = %v, want a fault", method, err)
		}
		c, _, err = w.Update(t.Context(), authz.Operator, c.ID, Input{AuthMethod: given(method), JWKSURI: given("https://shop.example/keys")}, false)
		if err != nil || c.JWKS != "" || c.JWKSURI == "" {
			t.Errorf("%s: keys in another place: %+v, %v; want them there, and the method as it was", method, c, err)
		}
	}
}

func TestLogoutAndDeviceRegistration(t *testing.T) {
	w := open(t)
	in := Input{
		Name: fields.Given("TV"), AuthMethod: fields.Given(store.NoSecret), GrantTypes: fields.Listed(grant.DeviceCode, grant.RefreshToken), Scope: fields.Given("openid"),
		BackchannelLogoutURI: fields.Given("https://tv.example/out"), BackchannelSession: fields.On(true),
	}
	made, _, err := w.Create(t.Context(), authz.Operator, in)
	if err != nil {
		t.Fatalf("creating the client: %v", err)
	}
	got, err := w.Get(t.Context(), made.ID)
	if err != nil || got.BackchannelLogoutURI != "https://tv.example/out" || !got.BackchannelSession || len(got.GrantTypes) != 2 {
		t.Errorf("registered %+v, %v; want the logout address, with sessions, and two grant types", got, err)
	}
	got, _, err = w.Update(t.Context(), authz.Operator, made.ID, Input{BackchannelLogoutURI: fields.Given("")}, false)
	if err != nil || got.BackchannelLogoutURI != "" || !got.BackchannelSession {
		t.Errorf("taken away: %+v, %v; want no logout address", got, err)
	}
	events, err := w.db.ListAudit(t.Context(), store.AuditQuery{Kind: "client.updated", Limit: 1})
	want := `{"before":{"backchannel_logout_uri":"https://tv.example/out"},"after":{"backchannel_logout_uri":""}}`
	if err != nil || len(events) != 1 || string(events[0].Detail) != want {
		t.Errorf("evidence: %+v, %v; want one event with %s", events, err, want)
	}
}

// A client that finds a parameter of our answer twice may read the one of a stranger.
func TestParametersOfOurAnswersAreNotRegistered(t *testing.T) {
	w := open(t)
	for _, c := range []struct{ uri, redirect, logout string }{
		{"https://a.example/cb?tenant=1&Code=2&State=3&code_x=4&xstate=5&scope=6", "", ""},
		{"https://a.example/cb?x=code%26state%3D1", "", ""},
		{"https://a.example/code/state?x=code", "", ""},
		{"https://a.example/cb?code=evil&state=evil&iss=evil", `"code"`, `"state"`},
		{"https://a.example/cb?state", `"state"`, `"state"`},
		{"https://a.example/cb?x=1&stat%65=evil", `"state"`, `"state"`},
		{"https://a.example/cb?%73%74%61%74%65=evil", `"state"`, `"state"`},
		{"https://a.example/cb?x=1;state=evil", `"state"`, `"state"`},
		{"https://a.example/cb?state[]=evil", `"state"`, `"state"`},
		{"https://a.example/cb?+state=evil", `"state"`, `"state"`},
		{"https://a.example/cb?x=1?&state=evil", `"state"`, `"state"`},
		{"http://127.0.0.1/cb?c%6Fde=evil", `"code"`, ""},
		{"com.example.app:/cb?iss=evil", `"iss"`, ""},
		{"com.example.app:cb?error=evil", `"error"`, ""},
		{"https://a.example/cb?error_description=evil", `"error_description"`, ""},
		{"https://a.example/cb?error%5Furi=evil", `"error_uri"`, ""},
		{"https://a.example/cb?session_state=evil", `"session_state"`, ""},
		{"https://a.example/cb?%zz=1", "%", "%"},
	} {
		for field, want := range map[string]string{"redirect_uris": c.redirect, "post_logout_redirect_uris": c.logout} {
			in := shop()
			if field == "redirect_uris" {
				in.RedirectURIs = fields.Listed("https://a.example", c.uri)
			} else {
				in.PostLogoutRedirectURIs = fields.Listed(c.uri)
			}
			_, _, err := w.Create(t.Context(), authz.Operator, in)
			if got := fault(err, field); (got == "") != (want == "") || !strings.Contains(got, want) {
				t.Errorf("%s %s: fault %q (%v), want one that names %q, or none if that is empty", field, c.uri, got, err, want)
			}
		}
	}
}

func TestClaimsOfIDTokens(t *testing.T) {
	w := open(t)
	for name, c := range map[string]struct {
		scope string
		sent  fields.List
		want  []string // nil: refused
	}{
		"none":                   {"openid email", fields.List{}, []string{}},
		"granted":                {"openid email groups", fields.Listed("groups", "email", "groups"), []string{"groups", "email"}},
		"not in the scope":       {"openid email", fields.Listed("groups"), nil},
		"not one with claims":    {"openid email", fields.Listed("openid"), nil},
		"a claim, not its scope": {"openid email", fields.Listed("email_verified"), nil},
		"of an API":              {"openid account", fields.Listed("account"), nil},
		"a problem of the wire":  {"openid email", fields.List{Sent: true, Problem: fields.NotAList}, nil},
	} {
		in := shop()
		in.Scope, in.IDTokenClaims = fields.Given(c.scope), c.sent
		got, _, err := w.Create(t.Context(), authz.Operator, in)
		if c.want == nil && fault(err, "id_token_claims") == "" || c.want != nil && (err != nil || !slices.Equal(got.IDTokenClaims, c.want)) {
			t.Errorf("%s: %q, %v; want %q, or a fault in id_token_claims for none", name, got.IDTokenClaims, err, c.want)
		}
	}
	in := shop()
	in.Scope, in.IDTokenClaims = fields.Given("openid groups"), fields.Listed("groups")
	made, _, err := w.Create(t.Context(), authz.Operator, in)
	if err != nil {
		t.Fatalf("registering the client: %v", err)
	}
	// The scope can be narrowed, and another attribute changed, with a claim left over.
	for _, in := range []Input{{Scope: fields.Given("openid")}, {Name: fields.Given("Shop 2")}} {
		if got, _, err := w.Update(t.Context(), authz.Operator, made.ID, in, false); err != nil || !slices.Equal(got.IDTokenClaims, []string{"groups"}) {
			t.Errorf("a change beside it: %q, %v; want groups as before", got.IDTokenClaims, err)
		}
	}
	if got, _, err := w.Update(t.Context(), authz.Operator, made.ID, shop(), true); err != nil || len(got.IDTokenClaims) != 0 {
		t.Errorf("replaced: %q, %v; want none, the default", got.IDTokenClaims, err)
	}
}
