package interop_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"gatehouse/internal/test/testkit"
	"gatehouse/keys"
	"gatehouse/store"
)

// TestAnAppWhoseRefreshTokensAreSignedWithEd25519: a session that began under RS256 goes on
// under Ed25519 as soon as that signs, with the same successor at both replicas, and ends.
func TestAnAppWhoseRefreshTokensAreSignedWithEd25519(t *testing.T) {
	for _, on := range backends() {
		t.Run(on.name, func(t *testing.T) {
			open(t, append(on.settings(t), "GATEHOUSE_KEY_PUBLISH_LEAD=1s")...).refreshesWithEd25519(t)
		})
	}
}

func (s *site) refreshesWithEd25519(t *testing.T) {
	p := s.relyingParty(t, s.shop)
	tokens, _ := p.signIn(s.browser(t))
	var changed map[string]any
	s.run(t, "", &changed, "client", "update", s.shop.ID, "--json", "--refresh-token-alg", "EdDSA")
	if changed["refresh_token_alg"] != store.Ed25519 || changed["refresh_token_alg_from"] == nil {
		t.Errorf("chosen: %v, want Ed25519 and from when", changed)
	}
	testkit.Within(t, time.Minute, "Ed25519 signs", func() (err error) {
		if tokens, err = p.refresh(tokens); err != nil {
			t.Fatalf("refreshing: %v", err)
		}
		claimed, err := keys.Peek(tokens.RefreshToken)
		if got := string(claimed.Header["alg"]); err == nil && got != `"`+store.Ed25519+`"` {
			err = fmt.Errorf("signed with %s", got)
		}
		return err
	})
	var next []*oauth2.Token
	for _, base := range []string{s.issuer, s.other} {
		p.config.Endpoint = tokenEndpoint(base)
		one, err := p.refresh(tokens)
		if err != nil {
			t.Fatalf("refreshing at %s: %v", base, err)
		}
		next = append(next, one)
	}
	if next[0].RefreshToken != next[1].RefreshToken {
		t.Errorf("the replicas answer\n%s and\n%s, want the same successor", next[0].RefreshToken, next[1].RefreshToken)
	}
	if active := s.introspect(t, s.shop, next[1].RefreshToken)["active"]; active != true {
		t.Errorf("introspected: active %v, want true", active)
	}
	form := url.Values{"token": {next[1].RefreshToken}, "client_id": {s.shop.ID}, "client_secret": {s.shop.Secret}}
	resp, err := http.PostForm(s.issuer+"/oauth/revoke", form)
	if err != nil {
		t.Fatalf("revoking the token: %v", err)
	}
	if _ = resp.Body.Close(); resp.StatusCode != http.StatusOK {
		t.Errorf("revoking the token: %s, want 200", resp.Status)
	}
	s.dead(t, p, next[1])
}
