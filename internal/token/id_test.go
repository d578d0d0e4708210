package token_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/token"
	"gatehouse/store"
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
}

// The longest claims are left out of an ID token that would be too long.
func TestAnIDTokenIsBounded(t *testing.T) {
	g := start(t)
	long := func(n int) string { return strings.Repeat("x", n) }
	for _, c := range []struct {
		name   string
		claims map[string]any
		want   []string
	}{
		{"all fit", map[string]any{"groups": []string{"user"}, "picture": long(2000), "name": long(900)}, []string{"groups", "name", "picture"}},
		{"one is too long", map[string]any{"name": long(4000), "groups": []string{"user"}}, []string{"groups"}},
		{"together too long", map[string]any{"picture": long(2000), "website": long(1999), "groups": []string{"user"}, "email": "a@b"}, []string{"email", "groups", "website"}},
		{"nothing fits", map[string]any{"name": long(4000)}, nil},
	} {
		set := g.mintID(token.Identity{Claims: c.claims})
		verified, err := g.ring.Verify(t.Context(), set.IDToken)
		if err != nil {
			t.Fatalf("%s: verifying the token: %v", c.name, err)
		}
		var members map[string]any
		if err := json.Unmarshal(verified.Payload, &members); err != nil {
			t.Fatalf("%s: reading the claims: %v", c.name, err)
		}
		var got []string
		for name := range c.claims {
			if members[name] != nil {
				got = append(got, name)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, c.want) || len(set.IDToken) > 6000 {
			t.Errorf("%s: the ID token of %d bytes has %v, want at most 6000 bytes and %v", c.name, len(set.IDToken), got, c.want)
		}
	}
}

func TestHint(t *testing.T) {
	g := start(t)
	set := g.mintID(token.Identity{})
	g.passes(24 * time.Hour)
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
	raw, err := g.minter.Logout(t.Context(), "shop", store.SigningChoice{}, "sub", "sid")
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
