package token_test

import (
	"encoding/json"
	"errors"
	"testing"

	"gatehouse/internal/token"
	"gatehouse/keys"
	"gatehouse/store"
)

// A token for another API has that API's audience and type, and no more of the user than
// the API wants.
func TestTokensForAnotherAPI(t *testing.T) {
	g := start(t)
	for _, typ := range store.APITokenTypes() {
		grant := g.grant()
		grant.API = store.API{ID: "orders", Identifier: "https://orders.example", TokenType: typ}
		grant.Carried = map[string]any{"email": "ann@x.example", "sub": "not ann's"}
		grant.Identity = &token.Identity{}
		set := g.mint(grant)
		if _, err := g.verifier.Access(t.Context(), set.AccessToken); !errors.Is(err, token.ErrInvalid) || errors.Is(err, token.ErrWrongType) {
			t.Errorf("typ %s: our own API: %v, want an invalid token of the right type", typ, err)
		}
		got, err := g.verifier.AccessToAny(t.Context(), set.AccessToken)
		if err != nil || got.Audience != "https://orders.example" || got.Role != "" || got.Subject != grant.User.Sub {
			t.Errorf("typ %s: %+v, %v; want the user's token for https://orders.example, without a role", typ, got, err)
		}
		if email := content(t, set.AccessToken)["email"]; email != "ann@x.example" {
			t.Errorf("typ %s: email = %v, want ann@x.example", typ, email)
		}
		if _, err := g.verifier.Refresh(t.Context(), set.AccessToken); !errors.Is(err, token.ErrWrongType) {
			t.Errorf("typ %s: as a refresh token: %v, want ErrWrongType", typ, err)
		}
		if _, err := g.verifier.Hint(t.Context(), set.AccessToken); !errors.Is(err, token.ErrInvalid) {
			t.Errorf("typ %s: as an id_token_hint: %v, want ErrInvalid", typ, err)
		}
		if id, err := g.verifier.AccessToAny(t.Context(), set.IDToken); !errors.Is(err, token.ErrWrongType) {
			t.Errorf("typ %s: the ID token as an access token: %+v, %v; want ErrWrongType", typ, id, err)
		}
	}
}

// content returns the claims of a token that we made.
func content(t *testing.T, raw string) (claims map[string]any) {
	t.Helper()
	payload, err := keys.Claims(raw)
	if err == nil {
		err = json.Unmarshal(payload, &claims)
	}
	if err != nil {
		t.Fatalf("reading a token: %v", err)
	}
	return claims
}

// Tokens of an API that are signed by our own key, and yet lack something or have too much.
func TestTokensOfAPIsAreRefused(t *testing.T) {
	g := start(t)
	good := g.goodAccess().with(claims{"aud": "https://orders.example"})
	changes := []change{
		{"of a user of whom the API wants no role", claims{"role": absent}, nil},
		{"for another API", claims{"aud": "https://other.example"}, nil},
		{"no session, but a user's", claims{"sid": absent}, token.ErrInvalid},
		{"no auth_time", claims{"auth_time": absent}, token.ErrInvalid},
		{"a client's with a session", claims{"sub": "shop"}, token.ErrInvalid},
		{"a scope that is a list", claims{"scope": []string{"read"}}, token.ErrInvalid},
	}
	for _, c := range inBoth(g.now.Unix()) {
		if c.name != "another audience" && c.name != "no role" && c.name != "empty role" { // above
			changes = append(changes, c)
		}
	}
	for _, typ := range store.APITokenTypes() {
		for _, c := range changes {
			t.Run(typ+", "+c.name, func(t *testing.T) {
				_, err := g.verifier.AccessToAny(t.Context(), g.sign(typ, good.with(c.changes)))
				if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
					t.Errorf("err = %v, want %v", err, c.want)
				}
			})
		}
	}
	for name, c := range map[string]struct {
		typ     string
		changes claims
	}{
		"an ID token that has all of it": {token.TypeID, claims{"azp": "shop"}},
		"a refresh token's generation":   {token.TypeID, claims{"gen": 1}},
		"of type JWT for our own API":    {token.TypeID, claims{"aud": audience}},
		"no client":                      {token.TypeID, claims{"client_id": absent}},
		"a logout token":                 {token.TypeLogout, nil},
		"a refresh token":                {token.TypeRefresh, nil},
		"no type":                        {"", nil},
		"a type in another case":         {"jwt", nil},
		"a media type":                   {"application/at+jwt", nil},
	} {
		if got, err := g.verifier.AccessToAny(t.Context(), g.sign(c.typ, good.with(c.changes))); !errors.Is(err, token.ErrInvalid) {
			t.Errorf("%s: %+v, %v; want it refused", name, got, err)
		}
	}
}
