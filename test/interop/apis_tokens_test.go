package interop_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/lestrrat-go/jwx/v2/jwk"

	"gatehouse/keys"
	"gatehouse/store"
)

// An issued is what the token endpoint answers.
type issued struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
	ID      string `json:"id_token"`
}

// signIn gets a person's tokens for an API by the password grant.
func (p *publisher) signIn(t *testing.T, name, resource, scope string) issued {
	t.Helper()
	return p.token(t, p.counter, url.Values{"grant_type": {"password"}, "username": {name}, "password": {p.password}, "resource": {resource}, "scope": {scope}})
}

func (s *site) token(t *testing.T, client app, form url.Values) (made issued) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.issuer+"/oauth/token", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatalf("making the request: %v", err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(client.ID, client.Secret)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatalf("asking for tokens: %v", err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&made); err != nil || made.Access == "" {
		t.Fatalf("asking for tokens with %v: %s, %v; want an access token", form, resp.Status, err)
	}
	return made
}

// own gets a token for a client itself.
func (p *publisher) own(t *testing.T) string {
	t.Helper()
	return p.token(t, p.nightly, url.Values{"grant_type": {"client_credentials"}, "resource": {orders}}).Access
}

// idToken gets one by a sign-in in a browser.
func (p *publisher) idToken(t *testing.T) string {
	t.Helper()
	tokens, _ := p.relyingParty(t, p.shop).signIn(p.browser(t))
	raw, _ := tokens.Extra("id_token").(string)
	return raw
}

// claims are those of a token.
type claims map[string]any

func claimsOf(t *testing.T, raw string) (c claims) {
	t.Helper()
	text, err := keys.Claims(raw)
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	if err != nil {
		t.Fatalf("reading the claims: %v", err)
	}
	return c
}

// with returns other claims; nil leaves one out.
func (c claims) with(name string, value any) claims {
	other := maps.Clone(c)
	if other[name] = value; value == nil {
		delete(other, name)
	}
	return other
}

// sign makes a token with the keys of the site.
func (p *publisher) sign(t *testing.T, typ string, c claims) string {
	t.Helper()
	token, err := p.ring.Sign(t.Context(), store.RS256, typ, c)
	if err != nil {
		t.Fatalf("signing the token: %v", err)
	}
	return token
}

// unsigned returns a token with the algorithm none (RFC 8725 §2.1).
func unsigned(t *testing.T, c claims) string {
	t.Helper()
	return segment(t, map[string]string{"alg": "none", "typ": "at+jwt"}) + "." + segment(t, c) + "."
}

// confused returns a token whose HMAC was made with the public key, as people publish it
// (RFC 8725 §2.1).
func (p *publisher) confused(t *testing.T, c claims) string {
	t.Helper()
	document, err := p.ring.JWKS(t.Context())
	if err != nil {
		t.Fatalf("reading the JWKS: %v", err)
	}
	set, err := jwk.Parse(document.Body)
	if err != nil {
		t.Fatalf("parsing the JWKS: %v", err)
	}
	key, _ := set.Key(0)
	public, err := jwk.PublicRawKeyOf(key)
	if err != nil {
		t.Fatalf("reading the public key: %v", err)
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatalf("encoding the public key: %v", err)
	}
	input := segment(t, map[string]string{"alg": "HS256", "typ": "at+jwt", "kid": key.KeyID()}) + "." + segment(t, c)
	mac := hmac.New(sha256.New, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	_, _ = mac.Write([]byte(input)) // it never fails
	return input + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func segment(t *testing.T, part any) string {
	t.Helper()
	text, err := json.Marshal(part)
	if err != nil {
		t.Fatalf("encoding a part of the token: %v", err)
	}
	return base64.RawURLEncoding.EncodeToString(text)
}
