package interop_test

import (
	"context"
	"crypto/rand"
	"errors"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// A relyingParty is an app in Go, written as its libraries' documentation says.
type relyingParty struct {
	t        *testing.T
	provider *oidc.Provider
	config   oauth2.Config
}

func (s *site) relyingParty(t *testing.T, client app) *relyingParty {
	t.Helper()
	provider, err := oidc.NewProvider(t.Context(), s.issuer)
	if err != nil {
		t.Fatalf("reading the provider's metadata: %v", err)
	}
	return &relyingParty{t, provider, oauth2.Config{
		ClientID: client.ID, ClientSecret: client.Secret, Endpoint: provider.Endpoint(), RedirectURL: shopBack,
		Scopes: []string{oidc.ScopeOpenID, "profile", "email", oidc.ScopeOfflineAccess},
	}}
}

// signIn goes through the pages and exchanges the code for tokens.
func (p *relyingParty) signIn(b *browser) (*oauth2.Token, *oidc.IDToken) {
	p.t.Helper()
	state, nonce, verifier := rand.Text(), rand.Text(), oauth2.GenerateVerifier()
	answer := b.visit(p.config.AuthCodeURL(state, oidc.Nonce(nonce), oauth2.S256ChallengeOption(verifier)), shopBack)
	if answer.Get("state") != state || answer.Get("iss") != b.site.issuer {
		p.t.Fatalf("the app was told %v, want its state and the issuer %s", answer, b.site.issuer)
	}
	tokens, err := p.config.Exchange(p.t.Context(), answer.Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		p.t.Fatalf("exchanging the code for tokens: %v", err)
	}
	id := p.verify(tokens)
	if id.Nonce != nonce {
		p.t.Errorf("nonce %q, want %q", id.Nonce, nonce)
	}
	return tokens, id
}

// verify checks the ID token, including its signature and at_hash.
func (p *relyingParty) verify(tokens *oauth2.Token) *oidc.IDToken {
	p.t.Helper()
	raw, _ := tokens.Extra("id_token").(string)
	id, err := p.provider.Verifier(&oidc.Config{ClientID: p.config.ClientID}).Verify(p.t.Context(), raw)
	if err != nil {
		p.t.Fatalf("verifying the token: %v", err)
	}
	if err := id.VerifyAccessToken(tokens.AccessToken); err != nil {
		p.t.Errorf("verifying the access token against at_hash: %v", err)
	}
	return id
}

// refresh refreshes as the library does for an expired access token.
func (p *relyingParty) refresh(tokens *oauth2.Token) (*oauth2.Token, error) {
	over := *tokens
	over.Expiry = time.Now().Add(-time.Minute)
	return p.config.TokenSource(context.WithoutCancel(p.t.Context()), &over).Token()
}

// logoutURL returns the address to which the app sends people who sign out.
func (p *relyingParty) logoutURL(tokens *oauth2.Token) string {
	p.t.Helper()
	var more struct {
		EndSession string `json:"end_session_endpoint"`
	}
	if err := p.provider.Claims(&more); err != nil {
		p.t.Fatalf("reading the claims: %v", err)
	}
	raw, _ := tokens.Extra("id_token").(string)
	return more.EndSession + "?" + url.Values{"id_token_hint": {raw}, "post_logout_redirect_uri": {shopBye}, "state": {"bye"}}.Encode()
}

// over fails unless the refresh token is dead.
func over(t *testing.T, err error) {
	t.Helper()
	if refused, ok := errors.AsType[*oauth2.RetrieveError](err); !ok || refused.ErrorCode != "invalid_grant" {
		t.Errorf("refreshing: %v, want invalid_grant", err)
	}
}

// TestGoLibraries uses golang.org/x/oauth2 and go-oidc, from discovery to sign-out.
// oauth2 detects on its own whether the app authenticates by header or by form.
func TestGoLibraries(t *testing.T) {
	s := open(t)
	for _, method := range []string{"client_secret_basic", "client_secret_post"} {
		t.Run(method, func(t *testing.T) { s.inAndOut(t, s.register(t, "Shop by "+method, method)) })
	}
}

func (s *site) inAndOut(t *testing.T, client app) {
	p, b := s.relyingParty(t, client), s.browser(t)
	tokens, id := p.signIn(b)
	if want := []string{"/login", "/consent"}; !slices.Equal(b.asked, want) || id.Subject != s.sub {
		t.Errorf("the pages %v signed in %s, want %v and %s", b.asked, id.Subject, want, s.sub)
	}
	fresh, err := p.refresh(tokens)
	if err != nil {
		t.Fatalf("refreshing the tokens: %v", err)
	}
	if again := p.verify(fresh); again.Subject != id.Subject || again.Nonce != "" || fresh.RefreshToken == tokens.RefreshToken {
		t.Errorf("the refreshed ID token is for %s with nonce %q, want %s, no nonce and a new refresh token", again.Subject, again.Nonce, id.Subject)
	}
	who, err := p.provider.UserInfo(t.Context(), oauth2.StaticTokenSource(fresh))
	if err != nil || who.Subject != id.Subject || who.Email != "ann@people.example" {
		t.Errorf("userinfo: %+v, %v; want %s with ann@people.example", who, err, id.Subject)
	}
	if answer := b.visit(p.logoutURL(fresh), shopBye); answer.Get("state") != "bye" {
		t.Errorf(`after the sign-out the app got %v, want the state "bye"`, answer)
	}
	none := b.visit(p.config.AuthCodeURL("s", oauth2.SetAuthURLParam("prompt", "none"), oauth2.S256ChallengeOption(rand.Text()+rand.Text())), shopBack)
	if none.Get("error") != "login_required" {
		t.Errorf("after the sign-out, the answer to prompt=none is %v, want login_required", none)
	}
	_, err = p.refresh(fresh)
	over(t, err)
}
