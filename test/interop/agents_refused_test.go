package interop_test

import (
	"crypto/rand"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// TestMCPServerRefuses: the MCP server accepts the access tokens that are for it, and no
// others, and each answer says what to ask for.
func TestMCPServerRefuses(t *testing.T) {
	s := openForAgents(t, "/mcp")
	var listed app
	s.run(t, "", &listed, "client", "create", "--json", "--name", "Agent", "--redirect-uri", shopBack, "--grant", "authorization_code", "--grant", "refresh_token",
		"--scope", "openid account "+s.scopes()+" "+s.other+"#notes.read")
	ours := s.tokenFor(t, listed, s.mcp, "openid notes.read")
	id, _ := ours.Extra("id_token").(string)
	metadata := `resource_metadata="` + strings.Replace(s.mcp, "/mcp", "/.well-known/oauth-protected-resource/mcp", 1) + `"`
	unauthorized := `^Bearer ` + regexp.QuoteMeta(metadata) + `, scope="notes.read"$`
	for name, test := range map[string]struct {
		token, tool string
		status      int
		challenge   string
	}{
		"none":                        {"", "notes.read", http.StatusUnauthorized, unauthorized},
		"its own":                     {ours.AccessToken, "notes.read", http.StatusOK, `^$`},
		"another API's":               {s.tokenFor(t, listed, s.other, "notes.read").AccessToken, "notes.read", http.StatusUnauthorized, unauthorized},
		"Gatehouse's own":             {s.tokenFor(t, listed, "", "openid account").AccessToken, "notes.read", http.StatusUnauthorized, unauthorized},
		"an ID token":                 {id, "notes.read", http.StatusUnauthorized, unauthorized},
		"a refresh token":             {ours.RefreshToken, "notes.read", http.StatusUnauthorized, unauthorized},
		"its own, with another scope": {ours.AccessToken, "notes.write", http.StatusForbidden, `^Bearer error="insufficient_scope", scope="notes.read notes.write", ` + regexp.QuoteMeta(metadata) + `$`},
	} {
		status, challenge := s.callTool(t, test.token, test.tool)
		if status != test.status || !regexp.MustCompile(test.challenge).MatchString(challenge) {
			t.Errorf("%s: status %d with %q, want %d with %s", name, status, challenge, test.status, test.challenge)
		}
	}
	if status := s.account(t, ours.AccessToken); status != http.StatusUnauthorized {
		t.Errorf("our own API with a token of the MCP server: status %d, want 401", status)
	}
}

// tokenFor signs the person in, for a resource if one is given.
func (s *agentSite) tokenFor(t *testing.T, client app, resource, scope string) *oauth2.Token {
	t.Helper()
	endpoint := tokenEndpoint(s.issuer)
	endpoint.AuthURL = s.issuer + "/oauth/authorize"
	config := oauth2.Config{ClientID: client.ID, ClientSecret: client.Secret, Endpoint: endpoint, RedirectURL: shopBack, Scopes: strings.Fields(scope)}
	verifier := oauth2.GenerateVerifier()
	asked := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(verifier)}
	if resource != "" {
		asked = append(asked, oauth2.SetAuthURLParam("resource", resource))
	}
	answer := s.browser(t).visit(config.AuthCodeURL(rand.Text(), asked...), shopBack)
	tokens, err := config.Exchange(oidc.ClientContext(t.Context(), s.client), answer.Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatalf("exchanging the code for tokens: %v, want tokens; the app was told %v", err, answer)
	}
	return tokens
}

// callTool calls a tool as the revision of 2025-06-18 does, without a session, and returns
// the status and the challenge.
func (s *agentSite) callTool(t *testing.T, token, tool string) (status int, challenge string) {
	t.Helper()
	call := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"` + tool + `","arguments":{}}}`
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.mcp, strings.NewReader(call))
	if err != nil {
		t.Fatalf("making the request: %v", err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	r.Header.Set("MCP-Protocol-Version", "2025-06-18")
	return s.send(t, r, token)
}

// account asks our own API with a token and returns the status.
func (s *agentSite) account(t *testing.T, token string) (status int) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.issuer+"/api/accounts/profile/", http.NoBody)
	if err != nil {
		t.Fatalf("making the request: %v", err)
	}
	status, _ = s.send(t, r, token)
	return status
}

func (s *agentSite) send(t *testing.T, r *http.Request, token string) (status int, challenge string) {
	t.Helper()
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := s.client.Do(r)
	if err != nil {
		t.Fatalf("sending the request: %v", err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode, resp.Header.Get("WWW-Authenticate")
}
