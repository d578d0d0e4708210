package interop_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"gatehouse/internal/test/testkit"
	"gatehouse/keys"
	"gatehouse/store"
)

// TestAPIsWithTheirOwnAlgorithm: an API that chose an algorithm gets tokens which a library
// verifies with the published keys, and which the server itself accepts.
func TestAPIsWithTheirOwnAlgorithm(t *testing.T) {
	s := open(t, "GATEHOUSE_KEY_PUBLISH_LEAD=1s")
	var job app
	for _, algorithm := range store.SigningAlgorithms() {
		id := strings.ToLower(algorithm)
		var made struct {
			From *time.Time `json:"signing_alg_from"`
		}
		s.run(t, "", &made, "api", "create", "--json", "--id", id, "--identifier", "https://"+id+".example", "--name", id, "--scope", id+"=Use it", "--signing-alg", algorithm)
		if (made.From == nil) != (algorithm == store.RS256) {
			t.Errorf("%s signs from %v, want a time unless it is RS256", algorithm, made.From)
		}
	}
	s.run(t, "", &job, "client", "create", "--json", "--name", "Job", "--grant", "client_credentials", "--scope", "rs256 ps256 es256 ed25519")
	for _, algorithm := range store.SigningAlgorithms() {
		t.Run(algorithm, func(t *testing.T) {
			raw := s.signedWith(t, job, algorithm)
			if active := s.introspect(t, job, raw)["active"]; active != true {
				t.Errorf("introspected: active %v, want true", active)
			}
			if algorithm == store.Ed25519 { // go-jose does not know the name of RFC 9864 yet
				s.verifiesEd25519(t, raw)
				return
			}
			set := oidc.NewRemoteKeySet(t.Context(), s.issuer+"/.well-known/jwks.json")
			verifier := oidc.NewVerifier(s.issuer, set, &oidc.Config{ClientID: "https://" + strings.ToLower(algorithm) + ".example", SupportedSigningAlgs: []string{algorithm}})
			if _, err := verifier.Verify(t.Context(), raw); err != nil {
				t.Errorf("verifying the token by go-oidc: %v", err)
			}
			s.signsInWith(t, algorithm)
		})
	}
}

// signsInWith signs in to an app whose ID tokens are signed with the algorithm. The library
// finds in the metadata that it may be, and checks at_hash as well.
func (s *site) signsInWith(t *testing.T, algorithm string) {
	t.Helper()
	shop := s.register(t, "Shop "+algorithm, "client_secret_basic")
	var changed map[string]any
	s.run(t, "", &changed, "client", "update", shop.ID, "--json", "--id-token-signed-response-alg", algorithm)
	if from := changed["id_token_signed_response_alg_from"]; from != nil {
		t.Errorf("%s signs from %v for the app, want at once: the API has it already", algorithm, from)
	}
	tokens, _ := s.relyingParty(t, shop).signIn(s.browser(t))
	raw, _ := tokens.Extra("id_token").(string)
	claimed, err := keys.Peek(raw)
	if got := string(claimed.Header["alg"]); err != nil || got != `"`+algorithm+`"` {
		t.Errorf("the ID token is signed with %s, %v; want %s", got, err, algorithm)
	}
}

// signedWith gets a token for the API of an algorithm, once that signs.
func (s *site) signedWith(t *testing.T, job app, algorithm string) (raw string) {
	t.Helper()
	resource := "https://" + strings.ToLower(algorithm) + ".example"
	testkit.Within(t, time.Minute, algorithm+" signs", func() error {
		raw = s.token(t, job, url.Values{"grant_type": {"client_credentials"}, "resource": {resource}}).Access
		claimed, err := keys.Peek(raw)
		if got := string(claimed.Header["alg"]); err == nil && got != `"`+algorithm+`"` {
			err = fmt.Errorf("signed with %s", got)
		}
		return err
	})
	return raw
}

// verifiesEd25519 verifies a token with nothing but the key set and Go's own crypto.
func (s *site) verifiesEd25519(t *testing.T, raw string) {
	t.Helper()
	resp, err := http.Get(s.issuer + "/.well-known/jwks.json")
	if err != nil {
		t.Fatalf("fetching the key set: %v", err)
	}
	defer resp.Body.Close()
	var set struct {
		Keys []struct{ Kty, Crv, Alg, X string }
	}
	if err := json.NewDecoder(resp.Body).Decode(&set); err != nil {
		t.Fatalf("reading the key set: %v", err)
	}
	last := strings.LastIndexByte(raw, '.')
	signature, err := base64.RawURLEncoding.DecodeString(raw[last+1:])
	if err != nil {
		t.Fatalf("reading the signature: %v", err)
	}
	for _, k := range set.Keys {
		x, err := base64.RawURLEncoding.DecodeString(k.X)
		if k.Kty == "OKP" && k.Crv == "Ed25519" && k.Alg == "Ed25519" && err == nil && ed25519.Verify(x, []byte(raw[:last]), signature) {
			return
		}
	}
	t.Errorf("no key of %+v verifies the token, want that of kty OKP", set.Keys)
}
