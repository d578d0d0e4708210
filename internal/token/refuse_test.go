package token_test

import (
	"context"
	"errors"
	"maps"
	"reflect"
	"testing"
	"time"

	"gatehouse/internal/token"
	"gatehouse/keys"
	"gatehouse/store"
)

type claims map[string]any

func (g *rig) goodAccess() claims {
	return claims{
		"iss": issuer, "sub": "person", "aud": audience, "client_id": "shop", "iat": g.now.Unix(), "exp": g.now.Unix() + 300,
		"jti": "JTI", "scope": "openid", "role": "user", "sid": "SESSION", "auth_time": g.now.Unix() - 60,
		"acr": "urn:example:2", "amr": []string{"pwd"},
	}
}

func (g *rig) goodRefresh() claims {
	return claims{
		"iss": issuer, "sub": "person", "aud": issuer, "client_id": "shop", "iat": g.now.Unix(), "exp": g.now.Unix() + 300,
		"jti": "JTI", "scope": "openid", "role": "user", "sid": "SESSION", "gen": 1,
	}
}

// sign makes any token with the real key.
func (g *rig) sign(typ string, c any) string {
	g.Helper()
	raw, err := g.ring.Sign(g.Context(), store.RS256, typ, c)
	if err != nil {
		g.Fatalf("signing the token: %v", err)
	}
	return raw
}

// absent as a value removes the claim.
const absent = "\x00absent"

func (c claims) with(changes claims) claims {
	all := maps.Clone(c)
	for name, value := range changes {
		if all[name] = value; value == absent {
			delete(all, name)
		}
	}
	return all
}

// A change to a valid token, and the error that it must cause.
type change struct {
	name    string
	changes claims
	want    error // nil: still valid
}

// inBoth returns the changes that apply to both access and refresh tokens.
func inBoth(now int64) []change {
	changes := []change{
		{"nothing", nil, nil},
		{"another issuer", claims{"iss": "https://evil.example"}, token.ErrInvalid},
		{"issuer with a slash", claims{"iss": issuer + "/"}, token.ErrInvalid},
		{"another audience", claims{"aud": "https://other.example"}, token.ErrInvalid},
		{"audience a list", claims{"aud": []string{audience, issuer}}, token.ErrInvalid},
		{"audience null", claims{"aud": nil}, token.ErrInvalid},
		{"subject a number", claims{"sub": 7}, token.ErrInvalid},
		{"expired now", claims{"exp": now}, token.ErrExpired},
		{"expires in a second", claims{"exp": now + 1}, nil},
		{"expired long ago", claims{"exp": 1}, token.ErrExpired},
		{"exp a string", claims{"exp": "4102444800"}, token.ErrInvalid},
		{"exp a fraction", claims{"exp": 4102444800.5}, token.ErrInvalid},
		{"exp negative", claims{"exp": -1}, token.ErrInvalid},
		{"exp beyond int64", claims{"exp": 1e30}, token.ErrInvalid},
		{"exp true", claims{"exp": true}, token.ErrInvalid},
		{"issued a minute ahead", claims{"iat": now + 60}, nil},
		{"issued more ahead", claims{"iat": now + 62}, token.ErrEarly},
		{"nbf now", claims{"nbf": now}, nil},
		{"nbf ahead", claims{"nbf": now + 1}, token.ErrInvalid},
		{"nbf a string", claims{"nbf": "1"}, token.ErrInvalid},
		{"expired and of another issuer", claims{"exp": 1, "iss": "x"}, token.ErrInvalid},
		{"an unknown claim", claims{"__proto__": claims{"role": "admin"}, "admin": true}, nil},
		{"an unknown role", claims{"role": "root"}, token.ErrInvalid},
		{"role a list", claims{"role": []string{"user"}}, token.ErrInvalid},
	}
	for _, name := range []string{"iss", "sub", "aud", "client_id", "iat", "exp", "jti", "role", "sid"} {
		changes = append(changes, change{"no " + name, claims{name: absent}, token.ErrInvalid})
		if name != "iat" && name != "exp" {
			changes = append(changes, change{"empty " + name, claims{name: ""}, token.ErrInvalid})
		}
	}
	return changes
}

func TestAccessTokensAreRefused(t *testing.T) {
	g := start(t)
	clients := claims{"sub": "shop", "sid": absent, "auth_time": absent, "role": absent, "acr": absent, "amr": absent}
	changes := append(inBoth(g.now.Unix()),
		change{"the audience of a refresh token", claims{"aud": issuer}, token.ErrInvalid},
		change{"no auth_time", claims{"auth_time": absent}, token.ErrInvalid},
		change{"a session of the first release", claims{"acr": absent, "amr": absent}, nil},
		change{"acr a list", claims{"acr": []string{"urn:example:2"}}, token.ErrInvalid},
		change{"amr a string", claims{"amr": "pwd"}, token.ErrInvalid},
		change{"a client's with an acr", clients.with(claims{"acr": "urn:example:2"}), token.ErrInvalid},
		change{"a client's with an amr", clients.with(claims{"amr": []string{"pwd"}}), token.ErrInvalid},
		change{"a client's with an auth_time", clients.with(claims{"auth_time": g.now.Unix()}), token.ErrInvalid},
		change{"a client's with a role", clients.with(claims{"role": "user"}), token.ErrInvalid},
		change{"a client's under another name", clients.with(claims{"sub": "person"}), token.ErrInvalid},
		change{"a person's under the client's name", claims{"sub": "shop"}, token.ErrInvalid},
		change{"a client's", clients, nil},
	)
	for _, c := range changes {
		t.Run(c.name, func(t *testing.T) {
			got, err := g.verifier.Access(t.Context(), g.sign(token.TypeAccess, g.goodAccess().with(c.changes)))
			judge(t, err, c.want, reflect.DeepEqual(got, token.Access{}) != errors.Is(c.want, token.ErrEarly))
		})
	}
}

func TestRefreshTokensAreRefused(t *testing.T) {
	g := start(t)
	changes := append(inBoth(g.now.Unix()),
		change{"the audience of an access token", claims{"aud": audience}, token.ErrInvalid},
		change{"the token endpoint", claims{"aud": issuer + "/oauth/token"}, nil},
		change{"another path", claims{"aud": issuer + "/oauth/tokens"}, token.ErrInvalid},
		change{"no gen", claims{"gen": absent}, token.ErrInvalid},
		change{"gen 0", claims{"gen": 0}, token.ErrInvalid},
		change{"gen negative", claims{"gen": -1}, token.ErrInvalid},
		change{"gen a string", claims{"gen": "1"}, token.ErrInvalid},
	)
	for _, c := range changes {
		t.Run(c.name, func(t *testing.T) {
			got, err := g.verifier.Refresh(t.Context(), g.sign(token.TypeRefresh, g.goodRefresh().with(c.changes)))
			judge(t, err, c.want, (got == token.Refresh{}) != errors.Is(c.want, token.ErrEarly))
		})
	}
}

func judge(t *testing.T, err, want error, empty bool) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("err = %v, want %v", err, want)
	}
	if !errors.Is(want, token.ErrExpired) && want != nil && (errors.Is(err, token.ErrExpired) || errors.Is(err, token.ErrWrongType)) {
		t.Errorf("err = %v, want plain ErrInvalid, neither ErrExpired nor ErrWrongType", err)
	}
	if want != nil && !errors.Is(err, token.ErrInvalid) {
		t.Errorf("err = %v, want ErrInvalid", err)
	}
	if empty != (err != nil) {
		t.Errorf("claims given: %t, err = %v, want claims or an error, never both", !empty, err)
	}
}

// A token is accepted only as the kind that its type names, whatever its claims.
func TestNoTokenPassesForAnotherKind(t *testing.T) {
	g := start(t)
	everything := g.goodAccess().with(g.goodRefresh())
	for _, typ := range []string{"JWT", "jwt", "at+JWT", "AT+JWT", "application/at+jwt", "logout+jwt", "rt+jwt ", "id+jwt", "null"} {
		for name, c := range map[string]claims{"access": g.goodAccess(), "refresh": g.goodRefresh(), "both": everything} {
			raw := g.sign(typ, c)
			if _, err := g.verifier.Access(t.Context(), raw); !errors.Is(err, token.ErrWrongType) {
				t.Errorf("typ %q, claims of %s: as access: %v", typ, name, err)
			}
			if _, err := g.verifier.Refresh(t.Context(), raw); !errors.Is(err, token.ErrWrongType) {
				t.Errorf("typ %q, claims of %s: as refresh: %v", typ, name, err)
			}
		}
	}
	set := g.mint(g.grant())
	if _, err := g.verifier.Access(t.Context(), set.RefreshToken); !errors.Is(err, token.ErrWrongType) {
		t.Errorf("a refresh token as access: %v", err)
	}
	if _, err := g.verifier.Refresh(t.Context(), set.AccessToken); !errors.Is(err, token.ErrWrongType) {
		t.Errorf("an access token as refresh: %v", err)
	}
	// With each other's type, the claims do not fit.
	if _, err := g.verifier.Access(t.Context(), g.sign(token.TypeAccess, g.goodRefresh())); !errors.Is(err, token.ErrInvalid) {
		t.Errorf("a refresh token's claims as access: %v", err)
	}
	if _, err := g.verifier.Refresh(t.Context(), g.sign(token.TypeRefresh, g.goodAccess())); !errors.Is(err, token.ErrInvalid) {
		t.Errorf("an access token's claims as refresh: %v", err)
	}
}

func TestClaimsMustBeAnObject(t *testing.T) {
	g := start(t)
	for _, c := range []any{nil, "text", 1, []any{g.goodAccess()}, claims{}} {
		if _, err := g.verifier.Access(t.Context(), g.sign(token.TypeAccess, c)); !errors.Is(err, token.ErrInvalid) {
			t.Errorf("%v: err = %v, want ErrInvalid", c, err)
		}
	}
}

// broken is a key ring that cannot be read.
type broken struct{}

func (broken) Verify(context.Context, string) (keys.Verified, error) {
	return keys.Verified{}, store.ErrUnavailable
}

func TestAFaultOfTheKeysIsNotARefusal(t *testing.T) {
	v := token.Verifier{Keys: broken{}, Issuer: issuer, Audience: audience, Now: time.Now}
	if _, err := v.Access(t.Context(), "x"); !errors.Is(err, store.ErrUnavailable) || errors.Is(err, token.ErrInvalid) {
		t.Errorf("verifying the access token: err = %v, want ErrUnavailable and not ErrInvalid", err)
	}
	if _, err := v.Refresh(t.Context(), "x"); !errors.Is(err, store.ErrUnavailable) || errors.Is(err, token.ErrInvalid) {
		t.Errorf("verifying the refresh token: err = %v, want ErrUnavailable and not ErrInvalid", err)
	}
}

func TestWhatTheRingRefusesIsInvalid(t *testing.T) {
	g := start(t)
	for _, raw := range []string{"", "x", "a.b.c"} {
		if _, err := g.verifier.Access(t.Context(), raw); !errors.Is(err, token.ErrInvalid) || !errors.Is(err, keys.ErrInvalid) {
			t.Errorf("verifying the access token %q: err = %v, want token.ErrInvalid and keys.ErrInvalid", raw, err)
		}
	}
}
