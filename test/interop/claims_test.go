package interop_test

import (
	"net/url"
	"reflect"
	"slices"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// who is what oauth2-proxy and Argo CD read of a person, by the types that they read it
// into: the former refuses an e-mail address whose email_verified is false.
type who struct {
	Email             string   `json:"email"`
	EmailVerified     *bool    `json:"email_verified"`
	Name              string   `json:"name"`
	PreferredUsername string   `json:"preferred_username"`
	Role              string   `json:"role"`
	Groups            []string `json:"groups"`
}

// registerFor registers an app that comes with a sign-in of its own, as docs/apps.md says.
func (s *site) registerFor(t *testing.T, name string, more ...string) app {
	t.Helper()
	var made app
	s.run(t, "", &made, append([]string{
		"client", "create", "--json", "--name", name, "--redirect-uri", shopBack,
		"--grant", "authorization_code", "--grant", "refresh_token", "--scope", "openid profile email role groups offline_access",
	}, more...)...)
	return made
}

// read reads the claims of the ID token, and of the userinfo endpoint.
func (p *relyingParty) read(tokens *oauth2.Token) (inToken, atUserinfo who) {
	p.t.Helper()
	if err := p.verify(tokens).Claims(&inToken); err != nil {
		p.t.Fatalf("reading the ID token: %v", err)
	}
	info, err := p.provider.UserInfo(p.t.Context(), oauth2.StaticTokenSource(tokens))
	if err != nil {
		p.t.Fatalf("asking the userinfo endpoint: %v", err)
	}
	if err := info.Claims(&atUserinfo); err != nil {
		p.t.Fatalf("reading the claims of the userinfo endpoint: %v", err)
	}
	return inToken, atUserinfo
}

func (p *relyingParty) wants(what string, got, want who) {
	p.t.Helper()
	if !reflect.DeepEqual(got, want) {
		p.t.Errorf("%s: %+v, want %+v", what, got, want)
	}
}

// TestAppsThatReadTheIDToken signs in to apps that read the person from the ID token: as
// oauth2-proxy, kubectl, Moodle, Auth.js and BookStack do, and after each refresh.
func TestAppsThatReadTheIDToken(t *testing.T) {
	s := open(t)
	var ann map[string]any
	s.run(t, "", &ann, "user", "update", "ann", "--first-name", "Ann", "--last-name", "Lee", "--email-verified", "--json")
	client := s.registerFor(t, "oauth2-proxy", "--id-token-claim", "email", "--id-token-claim", "profile", "--id-token-claim", "groups")
	p := s.relyingParty(t, client)
	p.config.Scopes = []string{oidc.ScopeOpenID, "email", "profile", "groups", "role"}
	tokens, _ := p.signIn(s.browser(t))

	want := who{Email: "ann@people.example", EmailVerified: new(true), Name: "Ann Lee", PreferredUsername: "ann", Groups: []string{"user"}}
	inToken, atUserinfo := p.read(tokens)
	p.wants("the ID token", inToken, want)
	want.Role = "user"
	p.wants("userinfo", atUserinfo, want)

	s.run(t, "", &ann, "user", "update", "ann", "--role", "staff", "--email", "lee@people.example", "--json")
	fresh, err := p.refresh(tokens)
	if err != nil {
		t.Fatalf("refreshing the tokens: %v", err)
	}
	want = who{Email: "lee@people.example", EmailVerified: new(false), Name: "Ann Lee", PreferredUsername: "ann", Groups: []string{"staff"}}
	inToken, atUserinfo = p.read(fresh)
	p.wants("the refreshed ID token", inToken, want)
	want.Role = "staff"
	p.wants("userinfo after the change", atUserinfo, want)
}

// TestAppsThatAskForGroups signs in to apps that ask for the groups by the scope, and read
// them at the userinfo endpoint, or by the claims parameter, and read them in the ID token:
// Argo CD by enableUserInfoGroups and by requestedIDTokenClaims.
func TestAppsThatAskForGroups(t *testing.T) {
	s := open(t)
	p := s.relyingParty(t, s.registerFor(t, "Argo CD"))
	p.config.Scopes = []string{oidc.ScopeOpenID, "profile", "email", "groups"} // its default
	tokens, _ := p.signIn(s.browser(t))
	inToken, atUserinfo := p.read(tokens)
	p.wants("the ID token of an app that lists none", inToken, who{})
	if !slices.Equal(atUserinfo.Groups, []string{"user"}) || atUserinfo.PreferredUsername != "ann" {
		t.Errorf("userinfo: %+v, want the groups and the username", atUserinfo)
	}

	p.config.Scopes = []string{oidc.ScopeOpenID}
	asking := url.Values{"claims": {`{"id_token":{"groups":{"essential":true}}}`}}
	verifier := oauth2.GenerateVerifier()
	address := p.config.AuthCodeURL("state", oauth2.S256ChallengeOption(verifier)) + "&" + asking.Encode()
	answer := s.browser(t).visit(address, shopBack)
	tokens, err := p.config.Exchange(t.Context(), answer.Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatalf("exchanging the code for tokens: %v", err)
	}
	inToken, _ = p.read(tokens)
	p.wants("the ID token by the claims parameter", inToken, who{Groups: []string{"user"}})
}

// TestIntrospectionOfOnesOwn asks about the tokens of another app, as each setting allows.
func TestIntrospectionOfOnesOwn(t *testing.T) {
	for setting, want := range map[string]bool{"any": true, "own": false} {
		t.Run(setting, func(t *testing.T) {
			s := open(t, "GATEHOUSE_INTROSPECTION="+setting)
			tokens, _ := s.relyingParty(t, s.shop).signIn(s.browser(t))
			other := s.register(t, "Another", "client_secret_basic")
			if got := s.introspect(t, s.shop, tokens.AccessToken); got["active"] != true || got["client_id"] != s.shop.ID {
				t.Errorf("its own app: %v, want it active", got)
			}
			got := s.introspect(t, other, tokens.AccessToken)
			if got["active"] != want || !want && len(got) != 1 {
				t.Errorf("another app: %v, want it active: %t, and otherwise nothing else", got, want)
			}
		})
	}
}
