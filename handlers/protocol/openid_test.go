package protocol_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"testing"
	"time"

	"gatehouse/internal/test/testkit"
)

// This is the complete flow, as a certified client performs it.
func TestSignInWithOpenID(t *testing.T) {
	s := openWeb(t)
	a := s.authorize(t, asking("web", "scope", "openid profile email"))
	sealed := sentTo(t, a, "/consent")
	pending, err := s.requests.Pending(t.Context(), sealed, s.browser)
	if err != nil || pending.Client.ID != "web" || len(pending.Asked) != 1 || len(pending.Asked[0].Scopes) != 3 || pending.RedirectURI != callback {
		t.Fatalf("the request is %+v, %v; want that of web, with three scopes", pending, err)
	}
	q := returned(t, s.allow(t, sealed))
	if q.Get("state") != "st/ate +&=" || len(q) != 3 || len(q.Get("code")) < 43 {
		t.Errorf("answer %v, want a code, the state as it was sent and the issuer", q)
	}
	s.advance(2 * time.Second)
	tokens := granted(t, s.exchange(t, "web", q.Get("code")))
	id := s.idToken(t, tokens)
	sum := sha256.Sum256([]byte(tokens.text("access_token")))
	for name, want := range map[string]any{
		"iss": issuer, "sub": annsSub, "aud": "web", "azp": "web", "nonce": "n-1", "acr": "urn:gatehouse:pwd",
		"auth_time": float64(s.clock().Add(-2 * time.Second).Unix()), "iat": float64(s.clock().Unix()),
		"at_hash": base64.RawURLEncoding.EncodeToString(sum[:16]),
	} {
		if id[name] != want {
			t.Errorf("%s is %v, want %v", name, id[name], want)
		}
	}
	if id["sid"] == "" || len(id) != 12 {
		t.Errorf("ID token %v, want a sid and 12 claims in all", id)
	}
	if tokens.header.Get("Cache-Control") != "no-store" || tokens.text("token_type") != "Bearer" || tokens.text("refresh_token") == "" {
		t.Errorf("headers %v, members %v, want a Bearer token and a refresh token, not stored", tokens.header, tokens.members)
	}
	if a := s.userinfo(t, tokens.text("access_token")); a.text("sub") != annsSub || a.text("email") != "ann@example.com" || a.members["email_verified"] != false || a.text("preferred_username") != "ann" {
		t.Errorf("userinfo: status %d %s, want the claims of ann", a.status, a.body)
	}
}

func TestRefreshedIDToken(t *testing.T) {
	s := openWeb(t)
	first := granted(t, s.exchange(t, "own", s.code(t, asking("own"))))
	before := s.idToken(t, first)
	s.advance(time.Minute)
	second := granted(t, s.refresh(t, "own", first.text("refresh_token"), "scope", "openid"))
	after := s.idToken(t, second)
	for _, name := range []string{"iss", "sub", "aud", "azp", "auth_time", "sid", "acr"} {
		if after[name] != before[name] {
			t.Errorf("%s is %v, want %v as before", name, after[name], before[name])
		}
	}
	if after["iat"] == before["iat"] || after["nonce"] != nil {
		t.Errorf("ID token %v, want a new iat and no nonce", after)
	}
	if a := granted(t, s.signIn(t, "shop")); a.text("id_token") != "" {
		t.Error("a password grant, without a sign-in on our page, has an ID token, want none")
	}
}

func TestConsentIsRemembered(t *testing.T) {
	s := openWeb(t)
	s.code(t, asking("web", "scope", "openid email"))
	s.advance(time.Minute)
	returned(t, s.authorize(t, asking("web", "scope", "email openid", "prompt", "none")))
	sentTo(t, s.authorize(t, asking("web", "scope", "openid phone")), "/consent")
	sentTo(t, s.authorize(t, asking("web", "prompt", "consent")), "/consent")
	sentTo(t, s.authorize(t, asking("web2")), "/consent")
	// Consent that was given before remains.
	s.code(t, asking("web", "scope", "openid phone"))
	returned(t, s.authorize(t, asking("web", "scope", "openid email phone", "prompt", "none")))
	// Individual claims need consent like their scope.
	sentTo(t, s.authorize(t, asking("web", "claims", `{"userinfo":{"address":null}}`)), "/consent")
}

// A client that cannot prove its identity needs consent in each browser (RFC 8252 §8.6).
func TestNativeAppsNeedConsentInEachBrowser(t *testing.T) {
	s := openWeb(t)
	s.code(t, asking("cli"))
	s.advance(time.Second)
	returned(t, s.authorize(t, asking("cli", "prompt", "none")))
	s.signedOut()
	s.signedIn(t)
	sentTo(t, s.authorize(t, asking("cli")), "/consent")
	toldNo(t, s.authorize(t, asking("cli", "prompt", "none")), "consent_required")
	s.code(t, asking("spa"))
	s.advance(time.Second)
	returned(t, s.authorize(t, asking("spa", "prompt", "none")))
}

func TestConsentRefused(t *testing.T) {
	s := openWeb(t)
	sealed := sentTo(t, s.authorize(t, asking("web")), "/consent")
	step, err := s.requests.Deny(t.Context(), sealed, s.browser)
	if err != nil {
		t.Fatalf("denying the request: %v", err)
	}
	toldNo(t, toldBy(step), "access_denied")
	sentTo(t, s.authorize(t, asking("web")), "/consent")
}

func TestWhoHasToSignIn(t *testing.T) {
	testkit.Long(t)
	tests := []struct {
		name  string
		pairs []string
		page  string // empty if the client gets a code
		error string // the one with prompt=none as well
	}{
		{"signed in", nil, "", ""},
		{"prompt=login", []string{"prompt", "login"}, "/login", ""},
		{"prompt=select_account", []string{"prompt", "select_account"}, "/login", ""},
		{"prompt=login consent", []string{"prompt", "login consent"}, "/login", ""},
		{"max_age passed", []string{"max_age", "59"}, "/login", "login_required"},
		{"max_age=0", []string{"max_age", "0"}, "/login", "login_required"},
		{"max_age not passed", []string{"max_age", "10000"}, "", ""},
		{"another sub is wanted", []string{"claims", `{"id_token":{"sub":{"value":"somebody"}}}`}, "/login", "login_required"},
		{"the same sub is wanted", []string{"claims", `{"id_token":{"sub":{"value":"` + annsSub + `"}}}`}, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := openWeb(t)
			s.advance(time.Minute)
			a := s.authorize(t, asking("own", tt.pairs...))
			if tt.page == "" {
				returned(t, a)
			} else {
				sealed := sentTo(t, a, tt.page)
				// Returning without a sign-in leads to the page again.
				sentTo(t, s.get(t, "/oauth/authorize?request="+url.QueryEscape(sealed)), tt.page)
				s.advance(10 * time.Second)
				s.signedIn(t)
				if a := s.get(t, "/oauth/authorize?request="+url.QueryEscape(sealed)); tt.error == "login_required" && tt.pairs[0] == "claims" {
					toldNo(t, a, "login_required") // somebody else again
				} else if len(tt.pairs) > 1 && tt.pairs[1] == "login consent" {
					sentTo(t, a, "/consent")
				} else {
					returned(t, a)
				}
			}
			if tt.error != "" {
				s.advance(time.Hour)
				toldNo(t, s.authorize(t, asking("own", append(tt.pairs, "prompt", "none")...)), tt.error)
			}
		})
	}
	s := openWeb(t)
	s.signedOut()
	sentTo(t, s.authorize(t, asking("own")), "/login")
	toldNo(t, s.authorize(t, asking("own", "prompt", "none")), "login_required")
}

func TestIDTokenHint(t *testing.T) {
	s := openWeb(t)
	tokens := granted(t, s.exchange(t, "own", s.code(t, asking("own"))))
	hint := tokens.text("id_token")
	s.advance(time.Hour) // it has expired
	returned(t, s.authorize(t, asking("own", "prompt", "none", "id_token_hint", hint)))
	toldNo(t, s.authorize(t, asking("own", "id_token_hint", hint[:len(hint)-4]+"AAAA")), "invalid_request")
	toldNo(t, s.authorize(t, asking("own", "id_token_hint", tokens.text("access_token"))), "invalid_request")
	toldNo(t, s.authorize(t, asking("web", "id_token_hint", hint)), "invalid_request")
	s.browser.User.Sub = "somebody else"
	toldNo(t, s.authorize(t, asking("own", "prompt", "none", "id_token_hint", hint)), "login_required")
	sentTo(t, s.authorize(t, asking("own", "id_token_hint", hint)), "/login")
}

// Unknown parameters, and wishes that cannot be granted, are not errors.
func TestIgnoredParameters(t *testing.T) {
	s := openWeb(t)
	for _, pair := range [][]string{
		{"display", "popup"}, {"ui_locales", "se"}, {"claims_locales", "se"}, {"login_hint", "buffy@host"}, {"acr_values", "1 2"},
		{"unknown", "thing"}, {"claims", `{"userinfo":{"name":{"essential":true}},"other":1}`},
		{"nonce", ""}, {"state", ""}, {"response_mode", "query"},
	} {
		q := returned(t, s.authorize(t, asking("own", pair...)))
		if q.Get("code") == "" {
			t.Errorf("%v: answer %v, want a code", pair, q)
		}
		if q.Has("state") == (pair[0] == "state") {
			t.Errorf("%v: answer %v, want a state only if one was sent", pair, q)
		}
	}
}

// A confidential client may omit PKCE, and the nonce as well.
func TestWithoutPKCEAndNonce(t *testing.T) {
	s := openWeb(t)
	code := s.code(t, asking("own", "code_challenge", "", "code_challenge_method", "", "nonce", ""))
	if id := s.idToken(t, s.exchange(t, "own", code, "code_verifier", "")); id["nonce"] != nil {
		t.Errorf("ID token %v, want no nonce", id)
	}
}
