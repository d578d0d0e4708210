package token_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/token"
)

func (g *rig) mintID(more token.Identity) token.Set {
	g.Helper()
	grant := g.grant()
	grant.Identity = &more
	return g.mint(grant)
}

// An ID token describes the sign-in as the access token of the same answer does.
func TestAnIDTokenDescribesTheSignIn(t *testing.T) {
	g := start(t)
	set := g.mintID(token.Identity{Nonce: "n"})
	got, err := g.verifier.Hint(t.Context(), set.IDToken)
	if err != nil {
		t.Fatalf("verifying the ID token: %v", err)
	}
	want := token.ID{
		Issuer: issuer, Subject: set.Access.Subject, Audience: "shop", AuthorizedParty: "shop", Expires: g.now.Unix() + 300, IssuedAt: g.now.Unix(),
		AuthTime: g.now.Unix() - 3600, Nonce: "n", ACR: "urn:example:2", AMR: []string{"pwd", "otp"}, SessionID: "SESSION", AccessHash: got.AccessHash,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("ID token (- want, + got):\n%s", diff)
	}
}

// No attribute of a user replaces a claim of the token.
func TestClaimsOfTheUserDoNotReplaceTheTokens(t *testing.T) {
	g := start(t)
	set := g.mintID(token.Identity{Nonce: "n", Claims: map[string]any{"iss": "evil", "sub": "evil", "aud": "evil", "exp": 1, "nonce": "evil", "sid": "evil", "email": "a@b"}})
	verified, err := g.ring.Verify(t.Context(), set.IDToken)
	if err != nil {
		t.Fatalf("verifying the token: %v", err)
	}
	var members map[string]any
	if err := json.Unmarshal(verified.Payload, &members); err != nil {
		t.Fatalf("unmarshalling the JSON: %v", err)
	}
	if strings.Contains(string(verified.Payload), "evil") || members["email"] != "a@b" || members["iss"] != issuer {
		t.Errorf("the claims are %s, want our iss, the email a@b and nothing evil", verified.Payload)
	}
	big := g.mintID(token.Identity{Claims: map[string]any{"name": strings.Repeat("x", 4000)}})
	if len(big.IDToken) > 2000 {
		t.Errorf("the ID token has %d bytes, want at most 2000", len(big.IDToken))
	}
}

func TestHint(t *testing.T) {
	g := start(t)
	set := g.mintID(token.Identity{})
	g.now = g.now.Add(24 * time.Hour)
	if id, err := g.verifier.Hint(t.Context(), set.IDToken); err != nil || id.Audience != "shop" || id.SessionID != "SESSION" {
		t.Errorf("the hint is %+v, %v; want the client shop and SESSION", id, err)
	}
	for name, raw := range map[string]string{"access token": set.AccessToken, "refresh token": set.RefreshToken, "garbage": "x", "forged": set.IDToken[:len(set.IDToken)-8] + "AAAAAAAA"} {
		if _, err := g.verifier.Hint(t.Context(), raw); !errors.Is(err, token.ErrInvalid) {
			t.Errorf("%s: err = %v, want ErrInvalid", name, err)
		}
	}
	// It cannot be used as another kind of token.
	if _, err := g.verifier.Access(t.Context(), set.IDToken); !errors.Is(err, token.ErrInvalid) {
		t.Errorf("as an access token: err = %v, want a refusal", err)
	}
	if _, err := g.verifier.Refresh(t.Context(), set.IDToken); !errors.Is(err, token.ErrInvalid) {
		t.Errorf("as a refresh token: err = %v, want a refusal", err)
	}
}

func TestLogoutToken(t *testing.T) {
	g := start(t)
	raw, err := g.minter.Logout(t.Context(), "shop", "sub", "sid")
	if err != nil {
		t.Fatalf("minting the logout token: %v", err)
	}
	verified, err := g.ring.Verify(t.Context(), raw)
	if err != nil || verified.Type != "logout+jwt" || !strings.Contains(string(verified.Payload), `"events":{"http://schemas.openid.net/event/backchannel-logout":{}}`) || strings.Contains(string(verified.Payload), "nonce") {
		t.Errorf("the logout token is %s, %v; want a logout+jwt with the back-channel event", verified.Payload, err)
	}
	for name, ask := range map[string]func() error{
		"hint":    func() error { _, err := g.verifier.Hint(t.Context(), raw); return err },
		"access":  func() error { _, err := g.verifier.Access(t.Context(), raw); return err },
		"refresh": func() error { _, err := g.verifier.Refresh(t.Context(), raw); return err },
	} {
		if err := ask(); !errors.Is(err, token.ErrInvalid) {
			t.Errorf("as %s: err = %v, want ErrInvalid", name, err)
		}
	}
}
