package main

import (
	"math"
	"strings"
	"testing"

	"gatehouse/internal/authz"
	"gatehouse/internal/client"
	"gatehouse/internal/fields"
	"gatehouse/store"
)

// TestNothingSecretCanBeGuessed collects values that must not be guessed, or that name one
// thing for ever: each has 128 bits of an even alphabet or more, comes once, and begins in its
// own way.
func TestNothingSecretCanBeGuessed(t *testing.T) {
	g := openGate(t, nil)
	g.shop("tv", func(c *store.Client) { c.GrantTypes = []string{"urn:ietf:params:oauth:grant-type:device_code"} })
	seen := map[string][]string{}
	keep := func(kind string, value any) {
		text, _ := value.(string)
		seen[kind] = append(seen[kind], text)
	}
	for range 40 {
		v := g.visitor()
		code := v.code()
		keep("code", code)
		set := v.redeem(code)
		_, access := g.signed(set["access_token"])
		_, refresh := g.signed(set["refresh_token"])
		keep("jti of an access token", access["jti"])
		keep("jti of a refresh token", refresh["jti"])
		keep("session", access["sid"])
		keep("cookie", v.cookie("gh_sid"))
		_, device := v.send("/oauth/device_authorization", "tv", shopSecret)
		keep("device code", device["device_code"])
		_, pushed := v.send("/oauth/par", "shop", shopSecret, "response_type", "code", "redirect_uri", shopURI, "code_challenge", strings.Repeat("c", 43), "code_challenge_method", "S256")
		uri, _ := pushed["request_uri"].(string)
		keep("pushed request", strings.TrimPrefix(uri, "urn:ietf:params:oauth:request_uri:"))
	}
	for range 40 {
		_, secret, err := g.apps.Create(t.Context(), authz.Operator, client.Input{Name: fields.Given("One of many"), RedirectURIs: fields.Listed(shopURI)})
		if err != nil {
			t.Fatalf("registering the client: %v", err)
		}
		keep("client secret", secret)
	}
	for kind, values := range seen {
		unguessable(t, kind, values)
	}
}

// unguessable fails unless the values are of 128 bits or more by their length and the
// characters that occur in them, and no two begin alike beyond chance.
func unguessable(t *testing.T, kind string, values []string) {
	t.Helper()
	letters, began := map[rune]bool{}, map[string]bool{}
	for _, value := range values {
		for _, r := range value {
			letters[r] = true
		}
		if len(value) < 12 {
			t.Fatalf("%s: %q, want a longer value", kind, value)
		}
		if began[value[:6]] { // of two among forty by chance: once in a million runs
			t.Errorf("%s: two begin with %q, want each to begin in its own way", kind, value[:6])
		}
		began[value[:6]] = true
	}
	if bits := float64(len(values[0])) * math.Log2(float64(len(letters))); bits < 128 {
		t.Errorf("%s: %d of %d characters, %.0f bits, want 128", kind, len(values[0]), len(letters), bits)
	}
}
