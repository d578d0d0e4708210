package main

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/config"
	"gatehouse/internal/test/testkit"
	"gatehouse/store"
)

// These tests check what the OpenID certification checks, from outside: they send the
// requests of an app and a browser to a complete server.

// each runs a sub-test with a new browser.
func (g *gate) each(name string, f func(t *testing.T, v *visitor)) {
	outer := g.t
	outer.Helper()
	outer.Run(name, func(t *testing.T) {
		g.t = t
		defer func() { g.t = outer }()
		f(t, g.visitor())
	})
}

// send posts a form as an app that authenticates by HTTP Basic, with both parts encoded
// as RFC 6749 §2.3.1 requires.
func (g *gate) send(path, id, secret string, pairs ...string) (page, object) {
	g.t.Helper()
	v := g.visitor()
	encoded := func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "~", "%7E") } // as application/x-www-form-urlencoded requires
	v.header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(encoded(id)+":"+encoded(secret))))
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	p := v.do(http.MethodPost, path, form)
	return p, p.object()
}

// object returns the answer as a JSON object.
func (p page) object() object {
	p.t.Helper()
	var o object
	if err := json.Unmarshal([]byte(p.body), &o); err != nil {
		p.t.Fatalf("%s: status %d, reading the body %s: %v", p.at, p.status, p.body, err)
	}
	if kind := p.header.Get("Content-Type"); kind != "application/json" && !strings.HasPrefix(kind, "application/json;") {
		p.t.Errorf("%s: Content-Type %q, want application/json", p.at, kind)
	}
	return o
}

// signed verifies a token with the keys that the server publishes, and returns its
// parts.
func (g *gate) signed(raw any) (header, payload object) {
	g.t.Helper()
	text, _ := raw.(string)
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		g.t.Fatalf("%v is not a token, want three parts", raw)
	}
	for i, into := range []*object{&header, &payload} {
		if err := json.Unmarshal(unbase64(g.t, parts[i]), into); err != nil {
			g.t.Fatalf("unmarshalling the JSON: %v", err)
		}
	}
	var set struct {
		Keys []struct{ Kid, N, E string }
	}
	if err := json.Unmarshal([]byte(g.visitor().do("GET", "/.well-known/jwks.json", nil).body), &set); err != nil {
		g.t.Fatalf("unmarshalling the JSON: %v", err)
	}
	for _, key := range set.Keys {
		if key.Kid != header["kid"] {
			continue
		}
		public := &rsa.PublicKey{N: new(big.Int).SetBytes(unbase64(g.t, key.N)), E: int(new(big.Int).SetBytes(unbase64(g.t, key.E)).Int64())}
		sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
		if err := rsa.VerifyPKCS1v15(public, crypto.SHA256, sum[:], unbase64(g.t, parts[2])); err != nil || header["alg"] != "RS256" {
			g.t.Errorf("header %v: %v", header, err)
		}
		return header, payload
	}
	g.t.Fatalf("no published key for %v, want one", header)
	return nil, nil
}

func unbase64(t *testing.T, s string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		t.Fatalf("decoding the base64: %v", err)
	}
	return b
}

// identity returns the claims of the ID token that the shop gets for a code.
func (v *visitor) identity(code string) object {
	v.t.Helper()
	_, id := v.signed(v.redeem(code)["id_token"])
	return id
}

// silent returns the code of a request that asks the person nothing.
func (v *visitor) silent(pairs ...string) string {
	v.t.Helper()
	answer := v.get(ask(pairs...)).leads(shopURI)
	if answer.Get("code") == "" {
		v.t.Fatalf("%v: answered %v, want a code", pairs, answer)
	}
	return answer.Get("code")
}

// refusal checks an error answer at the redirect URI: its code, and what all of them
// have in common.
func (v *visitor) refusal(code string, answer url.Values) {
	v.t.Helper()
	if answer.Get("error") != code || answer.Get("iss") != v.config.Issuer || answer.Get("state") != "a state" {
		v.t.Errorf("answered %v, want %s", answer, code)
	}
	for name, values := range answer {
		if !slices.Contains([]string{"error", "error_description", "error_uri", "state", "iss"}, name) || len(values) != 1 {
			v.t.Errorf("%s in an error answer: %v, want only registered members, each once", name, values)
		}
	}
	if said := answer.Get("error_description"); said == "" || strings.ContainsFunc(said, func(r rune) bool { return r < ' ' || r > '~' || r == '"' || r == '\\' }) {
		v.t.Errorf("error_description %q, want printable ASCII without quotes", said)
	}
}

func TestAuthorizationRequestsOfCertifiedApps(t *testing.T) {
	g := openGate(t, nil)
	_ = g.visitor().code() // records the consent

	g.each("a long state and nonce come back unchanged", func(t *testing.T, v *visitor) {
		_ = v.code()
		state, nonce := strings.Repeat("sT4~-._", 19)[:128], strings.Repeat("n0Nc-E_x", 8)
		answer := v.get(ask("state", state, "nonce", nonce)).leads(shopURI)
		if id := v.identity(answer.Get("code")); answer.Get("state") != state || id["nonce"] != nonce {
			t.Errorf("state %q, nonce %v, want %q and %v", answer.Get("state"), id["nonce"], state, nonce)
		}
	})
	g.each("no state, none returned", func(t *testing.T, v *visitor) {
		_ = v.code()
		for _, prompt := range []string{"", "none"} {
			if answer := v.get(ask("state", "", "prompt", prompt)).leads(shopURI); answer.Has("state") || answer.Get("iss") != g.config.Issuer {
				t.Errorf("answered %v, want the issuer and no state", answer)
			}
		}
		if answer := g.visitor().get(ask("state", "", "prompt", "none")).leads(shopURI); answer.Has("state") || answer.Get("error") != "login_required" {
			t.Errorf("answered %v, want login_required and no state", answer)
		}
	})
	g.each("neither PKCE nor nonce", func(t *testing.T, v *visitor) {
		code := v.code("code_challenge", "", "code_challenge_method", "", "nonce", "")
		set := g.tokens(http.StatusOK, "grant_type", "authorization_code", "code", code, "redirect_uri", shopURI)
		if _, id := g.signed(set["id_token"]); id["nonce"] != nil {
			t.Errorf("ID token %v, want no nonce", id)
		}
	})
	g.each("prompt none in no session", func(_ *testing.T, v *visitor) {
		v.refusal("login_required", v.get(ask("prompt", "none")).leads(shopURI))
	})
	g.each("prompt none without a consent", func(_ *testing.T, v *visitor) {
		g.shop("new", func(*store.Client) {})
		_ = v.code()
		v.refusal("consent_required", v.get(ask("client_id", "new", "prompt", "none")).leads(shopURI))
	})
	g.each("prompt consent asks again", func(t *testing.T, v *visitor) {
		_ = v.code()
		asked := v.get(ask("prompt", "consent")).shows(http.StatusOK, "Photo Shop", ">Allow</button>")
		answer := v.post("/consent", append(asked.fields(), "answer", "allow")...).leads(shopURI)
		if set := g.redeem(answer.Get("code")); set["refresh_token"] == nil {
			t.Errorf("offline_access gave %v, want a refresh token", set)
		}
	})
	g.each("refusals that the app is told", func(_ *testing.T, v *visitor) {
		unsigned := "eyJhbGciOiJub25lIn0." + base64.RawURLEncoding.EncodeToString([]byte(`{"state":"of the object"}`)) + "."
		for code, pairs := range map[string][]string{
			"invalid_request": {"response_type", ""}, "unsupported_response_type": {"response_type", "id_token"}, "invalid_scope": {"scope", "openid \"\\"},
			"invalid_request_object": {"request", unsigned}, "request_uri_not_supported": {"request_uri", "https://shop.example.com/request.jwt"},
			"registration_not_supported": {"registration", `{"client_name":"x"}`},
		} {
			v.refusal(code, v.get(ask(pairs...)).leads(shopURI))
		}
	})
	g.each("the person denies", func(_ *testing.T, v *visitor) {
		_ = v.code()
		asked := v.get(ask("prompt", "consent"))
		v.refusal("access_denied", v.post("/consent", append(asked.fields(), "answer", "deny")...).leads(shopURI))
	})
	g.each("what need not be understood is ignored", func(t *testing.T, v *visitor) {
		_ = v.code()
		for _, pair := range [][]string{
			{"extra", "foobar"}, {"display", "page"}, {"display", "popup"}, {"ui_locales", "se"}, {"ui_locales", "sv no en"}, {"claims_locales", "se"},
			{"login_hint", "buffy@localhost"}, {"acr_values", "1 2"}, {"acr_values", "urn:gatehouse:pwd"},
		} {
			id := v.identity(v.silent(pair...))
			if id["acr"] != "urn:gatehouse:pwd" || id["sub"] != g.ann.Sub {
				t.Errorf("%v: ID token %v, want urn:gatehouse:pwd and the subject %s", pair, id, g.ann.Sub)
			}
			// The sign-in page ignores it too.
			g.visitor().get(ask(pair...)).shows(http.StatusOK, "<h1>Sign in</h1>")
		}
	})
	g.each("a redirect URI that is not registered leads nowhere", func(t *testing.T, v *visitor) {
		g.shop("query", func(c *store.Client) { c.RedirectURIs = []string{shopURI + "?foo=bar"} })
		_ = v.code()
		for _, who := range []*visitor{v, g.visitor()} {
			for client, uris := range map[string][]string{
				"shop":  {shopURI + "/appended", shopURI + "?foo=bar", shopURI + "?", shopURI + "#x", "https://other.example.com/cb"},
				"query": {shopURI, shopURI + "?foo=baz", shopURI + "?foo=bar&x=1", shopURI + "?foo=bar&"},
			} {
				for _, uri := range uris {
					for _, mode := range []string{"query", "form_post"} {
						p := who.do("GET", ask("client_id", client, "redirect_uri", uri, "response_mode", mode), nil).shows(http.StatusBadRequest, "Authorization error")
						if p.to() != "" || p.header.Get("Refresh") != "" || !strings.HasPrefix(p.header.Get("Content-Type"), "text/html") || strings.Contains(p.body, `="`+uri) {
							t.Errorf("%s: headers %v, want a page of ours and no redirect:\n%s", uri, p.header, p.body)
						}
					}
				}
			}
		}
	})
	g.each("a registered query is kept", func(t *testing.T, v *visitor) {
		_ = v.code()
		asked := v.get(ask("client_id", "query", "redirect_uri", shopURI+"?foo=bar"))
		p := v.post("/consent", append(asked.fields(), "answer", "allow")...)
		if answer := p.leads(shopURI); answer.Get("foo") != "bar" || answer.Get("code") == "" || !strings.HasPrefix(p.to(), shopURI+"?foo=bar&") {
			t.Errorf("sent to %s, want a code and foo=bar as registered", p.to())
		}
	})
	g.each("a request by POST", func(t *testing.T, v *visitor) {
		for range 2 { // first without a session, then with one
			_, query, _ := strings.Cut(ask(), "?")
			form, err := url.ParseQuery(query)
			if err != nil {
				t.Fatalf("parsing the query: %v", err)
			}
			v.header.Set("Origin", "https://shop.example.com")
			p := v.do("POST", "/oauth/authorize", form)
			v.header.Del("Origin")
			if p = v.follow(p); strings.Contains(p.body, "<h1>Sign in</h1>") {
				p = v.signIn(p, "ann")
			}
			if answer := p.leads(shopURI); answer.Get("code") == "" || answer.Get("state") != "a state" {
				t.Errorf(`answered %v, want a code and the state "a state"`, answer)
			}
		}
	})
	g.each("a form is posted when that was asked for", func(t *testing.T, v *visitor) {
		_ = v.code()
		script := regexp.MustCompile(`<script src="(/[^"]+)"[^>]*></script>\s*</main>`)
		for _, pairs := range [][]string{nil, {"response_type", ""}, {"prompt", "none"}} {
			p := v.do("GET", ask(append(pairs, "response_mode", "form_post")...), nil).shows(http.StatusOK)
			sent := url.Values{}
			for i, all := 0, p.fields(); i < len(all); i += 2 {
				sent.Add(all[i], all[i+1])
			}
			_, form, _ := strings.Cut(p.body, "<form ")
			form, _, _ = strings.Cut(form, ">")
			if !strings.Contains(form, `method="post"`) || !strings.Contains(form, `action="`+shopURI+`"`) || strings.Contains(form, "enctype") || strings.Contains(form, "accept-charset") {
				t.Errorf("the form is <form %s>, want it to post to %s", form, shopURI)
			}
			if p.header.Get("Location") != "" || p.header.Get("Cache-Control") != "no-store" {
				t.Errorf("header %v, want no redirect and no-store", p.header)
			}
			if at := script.FindStringSubmatch(p.body); at == nil {
				t.Errorf("want a script in\n%s", p.body)
			} else if js := v.do("GET", at[1], nil).shows(http.StatusOK, "submit()"); !strings.HasPrefix(js.header.Get("Content-Type"), "text/javascript") {
				t.Errorf("the script has the headers %v, want text/javascript", js.header)
			}
			if pairs != nil && pairs[0] == "response_type" {
				v.refusal("invalid_request", sent)
			} else if sent.Get("code") == "" || sent.Get("state") != "a state" || sent.Get("iss") != g.config.Issuer || len(sent) != 3 {
				t.Errorf("sent %v, want a code, the state and the issuer", sent)
			}
		}
		p := g.visitor().do("GET", ask("prompt", "none", "response_mode", "form_post"), nil).shows(http.StatusOK, `value="login_required"`)
		if p.header.Get("Location") != "" {
			t.Errorf("sent on to %s, want no redirect", p.header.Get("Location"))
		}
	})
}

// TestSignInsOfCertifiedApps checks which requests keep a person signed in and which ask
// them to sign in again.
func TestSignInsOfCertifiedApps(t *testing.T) {
	testkit.Long(t)
	g := openGate(t, nil)
	stays := g.visitor()
	first := g.redeem(stays.code())
	_, before := g.signed(first["id_token"])
	again := map[string]*visitor{"prompt=login": g.visitor(), "max_age=1": g.visitor()}
	were := map[string]object{}
	for name, v := range again {
		were[name] = v.identity(v.code())
	}
	time.Sleep(2100 * time.Millisecond)

	for name, v := range again {
		g.each(name, func(t *testing.T, _ *visitor) {
			parameter, value, _ := strings.Cut(name, "=")
			if parameter == "max_age" {
				v.refusal("login_required", v.get(ask(parameter, value, "prompt", "none")).leads(shopURI))
			}
			login := v.get(ask(parameter, value)).shows(http.StatusOK, `name="password"`)
			answer := v.signIn(login, "ann").leads(shopURI)
			id, was := v.identity(answer.Get("code")), were[name]
			at, ok := id["auth_time"].(float64)
			if !ok || at <= was["auth_time"].(float64) || time.Since(time.Unix(int64(at), 0)) > 10*time.Second || id["sub"] != was["sub"] {
				t.Errorf("ID token %v, was %v, want a later auth_time for the same subject", id, was)
			}
		})
	}
	for name, pairs := range map[string][]string{
		"prompt none":                   {"prompt", "none"},
		"id_token_hint":                 {"id_token_hint", first["id_token"].(string)},
		"prompt none and id_token_hint": {"prompt", "none", "id_token_hint", first["id_token"].(string)},
		"max_age not yet passed":        {"max_age", "10000"},
		"prompt none and max_age":       {"prompt", "none", "max_age", "10000"},
	} {
		g.each(name, func(t *testing.T, _ *visitor) {
			id := stays.identity(stays.silent(pairs...))
			for _, claim := range []string{"iss", "sub", "aud", "auth_time", "acr"} {
				if id[claim] != before[claim] || id[claim] == nil {
					t.Errorf("%s is %v, want %v as before", claim, id[claim], before[claim])
				}
			}
		})
	}
	g.each("refreshed", func(t *testing.T, _ *visitor) {
		p, set := g.send("/oauth/token", "shop", shopSecret, "grant_type", "refresh_token", "refresh_token", first["refresh_token"].(string), "scope", "openid email")
		p.shows(http.StatusOK)
		if p.header.Get("Cache-Control") != "no-store" || set["token_type"] != "Bearer" || set["access_token"] == first["access_token"] {
			t.Errorf("headers %v, answer %v, want a new Bearer token that is not stored", p.header, set)
		}
		_, id := g.signed(set["id_token"])
		for _, claim := range []string{"iss", "sub", "aud", "azp", "auth_time"} {
			if id[claim] != before[claim] {
				t.Errorf("%s is %v, want %v as before", claim, id[claim], before[claim])
			}
		}
		if id["iat"] == before["iat"] || id["iat"] == nil || id["nonce"] != nil && id["nonce"] != before["nonce"] {
			t.Errorf("ID token %v, was %v, want a new iat and no other nonce", id, before)
		}
	})
}

func TestTokensOfCertifiedApps(t *testing.T) {
	g := openGate(t, nil)

	g.each("the answer of the token endpoint", func(t *testing.T, v *visitor) {
		p, set := g.send("/oauth/token", "shop", shopSecret, "grant_type", "authorization_code", "code", v.code(), "redirect_uri", shopURI, "code_verifier", verifier)
		p.shows(http.StatusOK)
		seconds, ok := set["expires_in"].(float64)
		if !ok || seconds <= 0 || seconds > 365*24*3600 || set["token_type"] != "Bearer" || p.header.Get("Cache-Control") != "no-store" {
			t.Errorf("headers %v, answer %v, want a Bearer token that expires and is not stored", p.header, set)
		}
		header, id := g.signed(set["id_token"])
		now := float64(time.Now().Unix())
		for claim, near := range map[string]float64{"iat": 300, "auth_time": 300, "exp": 50 * 365 * 24 * 3600} {
			if at, ok := id[claim].(float64); !ok || at < now-near || at > now+near {
				t.Errorf("%s is %v, want a time within %v seconds of now", claim, id[claim], near)
			}
		}
		if header["kid"] == nil || id["iss"] != g.config.Issuer || id["aud"] != "shop" || id["sub"] != g.ann.Sub || id["nonce"] != "a nonce" || id["exp"].(float64) <= now {
			t.Errorf("header %v, claims %v, want a kid and those of ann for the client shop", header, id)
		}
		for _, claim := range []string{"name", "email", "preferred_username", "given_name", "email_verified"} {
			if _, there := id[claim]; there {
				t.Errorf("%s, which was not asked for, is in the ID token, want it left out", claim)
			}
		}
		sum := sha256.Sum256([]byte(set["access_token"].(string)))
		if id["at_hash"] != base64.RawURLEncoding.EncodeToString(sum[:16]) {
			t.Errorf("at_hash %v, want %v", id["at_hash"], base64.RawURLEncoding.EncodeToString(sum[:16]))
		}
	})
	g.each("the tokens say how the person signed in", func(t *testing.T, v *visitor) {
		_ = v.code()
		set := g.redeem(v.silent("claims", `{"id_token":{"acr":{"essential":true,"values":["urn:gatehouse:pwd"]}}}`))
		_, next := g.send("/oauth/token", "shop", shopSecret, "grant_type", "refresh_token", "refresh_token", set["refresh_token"].(string))
		_, id := g.signed(set["id_token"])
		for name, raw := range map[string]any{
			"ID token": set["id_token"], "access token": set["access_token"], // RFC 9068 §2.2.1
			"ID token of the refresh": next["id_token"], "access token of the refresh": next["access_token"],
		} {
			_, got := g.signed(raw)
			want := object{"auth_time": id["auth_time"], "acr": "urn:gatehouse:pwd", "amr": []any{"pwd"}}
			if diff := cmp.Diff(want, object{"auth_time": got["auth_time"], "acr": got["acr"], "amr": got["amr"]}); diff != "" {
				t.Errorf("%s: the sign-in (-want +got):\n%s", name, diff)
			}
		}
	})
	g.each("a level that no sign-in here reaches", func(t *testing.T, v *visitor) {
		_ = v.code()
		for _, who := range []*visitor{v, g.visitor()} {
			v.refusal("unmet_authentication_requirements", who.get(ask("claims", `{"id_token":{"acr":{"essential":true,"value":"urn:example:9"}}}`)).leads(shopURI))
		}
	})
	g.each("a code is used once, and then the tokens are dead", func(t *testing.T, v *visitor) {
		code := v.code()
		set := g.redeem(code)
		p, refused := g.send("/oauth/token", "shop", shopSecret, "grant_type", "authorization_code", "code", code, "redirect_uri", shopURI, "code_verifier", verifier)
		if p.status != http.StatusBadRequest || refused["error"] != "invalid_grant" || p.header.Get("Cache-Control") != "no-store" {
			t.Errorf("status %d, answer %v, want 400 and invalid_grant, not stored", p.status, refused)
		}
		v.header.Set("Authorization", "Bearer "+set["access_token"].(string))
		v.do("GET", "/oauth/userinfo", nil).shows(http.StatusUnauthorized)
		p, refused = g.send("/oauth/token", "shop", shopSecret, "grant_type", "refresh_token", "refresh_token", set["refresh_token"].(string))
		if p.status != http.StatusBadRequest || refused["error"] != "invalid_grant" {
			t.Errorf("status %d, answer %v, want 400 and invalid_grant", p.status, refused)
		}
	})
	g.each("a token or code of one app is refused to another", func(t *testing.T, v *visitor) {
		g.shop("second", func(*store.Client) {})
		set, code := g.redeem(v.code()), v.code()
		for _, pairs := range [][]string{
			{"grant_type", "refresh_token", "refresh_token", set["refresh_token"].(string)},
			{"grant_type", "authorization_code", "code", code, "redirect_uri", shopURI, "code_verifier", verifier},
		} {
			if p, refused := g.send("/oauth/token", "second", shopSecret, pairs...); p.status != http.StatusBadRequest || refused["error"] != "invalid_grant" {
				t.Errorf("%s: status %d, answer %v, want 400 and invalid_grant", pairs[1], p.status, refused)
			}
		}
	})
	g.each("credentials of an app are form-encoded in the header", func(t *testing.T, v *visitor) {
		const id, secret = "shop.1~2_3-4", "s:e+c r%41/t&=é-and-many-more-characters-to-fill-it"
		g.shop(id, func(c *store.Client) {
			c.Secrets = []store.ClientSecret{{Digest: store.DigestOf(secret), CreatedAt: time.Now().UTC()}}
		})
		p, set := g.send("/oauth/token", id, secret, "grant_type", "authorization_code", "code", v.code("client_id", id), "redirect_uri", shopURI, "code_verifier", verifier)
		if p.status != http.StatusOK || set["access_token"] == nil {
			t.Errorf("status %d, answer %v, want 200 and an access token", p.status, set)
		}
	})
	g.each("credentials of an app in the form", func(t *testing.T, v *visitor) {
		g.shop("posts", func(c *store.Client) { c.AuthMethod = "client_secret_post" })
		form := url.Values{
			"grant_type": {"authorization_code"}, "code": {v.code("client_id", "posts")}, "redirect_uri": {shopURI}, "code_verifier": {verifier},
			"client_id": {"posts"}, "client_secret": {shopSecret},
		}
		if p := g.visitor().do("POST", "/oauth/token", form).shows(http.StatusOK); p.object()["id_token"] == nil {
			t.Errorf("the answer is %s, want an ID token", p.body)
		}
	})
}

func TestClaimsOfCertifiedApps(t *testing.T) {
	g := openGate(t, nil)
	const scope = "openid profile email address phone offline_access"
	g.shop("shop-of-claims", func(c *store.Client) { c.Scope = scope })
	first, last, proved, now := "Ann", "Lee", true, time.Now().UTC()
	if err := g.db.Write(t.Context(), func(tx store.Tx) error {
		return tx.UpdateUser(g.ann.ID, store.UserChange{
			FirstName: &first, LastName: &last, EmailVerified: &proved, UpdatedAt: &now,
			Profile: new(store.Profile{
				MiddleName: "B.", Nickname: "annie", Website: "https://ann.example", PageURL: "https://ann.example/me", Picture: "https://ann.example/me.png",
				Gender: "female", Birthdate: "2000-02-29", ZoneInfo: "Europe/Berlin", Locale: "de-DE", PhoneNumber: "+49301234", PhoneProved: true,
				Address: store.Address{Formatted: "A 1\nB", Street: "A 1", Locality: "B", Region: "C", PostalCode: "12345", Country: "DE"},
			}.Text()),
		})
	}); err != nil {
		t.Fatalf("changing the user: %v", err)
	}
	text := func(v any) bool { s, ok := v.(string); return ok && s != "" && s != "null" }
	number := func(v any) bool { n, ok := v.(float64); return ok && n > 0 }
	truth := func(v any) bool { _, ok := v.(bool); return ok }
	date := func(v any) bool { s, _ := v.(string); _, err := time.Parse(time.DateOnly, s); return err == nil }
	address := func(v any) bool {
		parts, ok := v.(map[string]any)
		for name, part := range parts {
			ok = ok && text(part) && slices.Contains([]string{"formatted", "street_address", "locality", "region", "postal_code", "country"}, name)
		}
		return ok && len(parts) > 0
	}
	profile := map[string]func(any) bool{
		"name": text, "family_name": text, "given_name": text, "middle_name": text, "nickname": text, "preferred_username": text, "profile": text,
		"picture": text, "website": text, "gender": text, "birthdate": date, "zoneinfo": text, "locale": text, "updated_at": number,
	}
	email := map[string]func(any) bool{"email": text, "email_verified": truth}
	home := map[string]func(any) bool{"address": address}
	phone := map[string]func(any) bool{"phone_number": text, "phone_number_verified": truth}
	every := map[string]func(any) bool{}
	for _, some := range []map[string]func(any) bool{profile, email, home, phone} {
		maps.Copy(every, some)
	}
	for _, c := range []struct {
		name, scope, claims string
		want                map[string]func(any) bool
	}{
		{"scope profile", "openid profile", "", profile},
		{"scope email", "openid email", "", email},
		{"scope address", "openid address", "", home},
		{"scope phone", "openid phone", "", phone},
		{"all scopes", scope, "", every},
		{"an essential claim of the claims parameter", "openid", `{"userinfo":{"name":{"essential":true}}}`, map[string]func(any) bool{"name": text}},
	} {
		g.each(c.name, func(t *testing.T, v *visitor) {
			code := v.code("client_id", "shop-of-claims", "scope", c.scope, "claims", c.claims)
			p, set := g.send("/oauth/token", "shop-of-claims", shopSecret, "grant_type", "authorization_code", "code", code, "redirect_uri", shopURI, "code_verifier", verifier)
			p.shows(http.StatusOK)
			access := set["access_token"].(string)
			app := g.visitor()
			answers := []page{app.do("POST", "/oauth/userinfo", url.Values{"access_token": {access}})}
			app.header.Set("Authorization", "Bearer "+access)
			answers = append(answers, app.do("GET", "/oauth/userinfo", nil), app.do("POST", "/oauth/userinfo", nil))
			_, id := g.signed(set["id_token"])
			for _, p := range answers {
				known := p.shows(http.StatusOK).object()
				if known["sub"] != id["sub"] || len(known) != 1+len(c.want) {
					t.Errorf("%d claims, want %d more than sub: %v", len(known), len(c.want), known)
				}
				for name, good := range c.want {
					if !good(known[name]) {
						t.Errorf("%s is %v, want the claim of the user", name, known[name])
					}
				}
			}
			for name := range c.want {
				if _, there := id[name]; there {
					t.Errorf("%s is in the ID token, want it from UserInfo alone", name)
				}
			}
		})
	}
}

func TestDiscoveryOfCertifiedApps(t *testing.T) {
	g := openGate(t, func(cfg *config.Config) {
		cfg.Issuer, cfg.Audience = "https://login.example.com", "https://login.example.com"
	})
	v := g.visitor()

	g.each("the document", func(t *testing.T, _ *visitor) {
		document := v.do("GET", "/.well-known/openid-configuration", nil).shows(http.StatusOK).object()
		// The registered members by their JSON type.
		registered := map[string][]string{
			"address": {
				"authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri", "revocation_endpoint", "introspection_endpoint",
				"pushed_authorization_request_endpoint", "device_authorization_endpoint", "end_session_endpoint", "registration_endpoint",
				"authorization_challenge_endpoint", // draft-ietf-oauth-first-party-apps-03 §4
				"service_documentation", "op_policy_uri", "op_tos_uri", "check_session_iframe", "issuer",
			},
			"list": {
				"scopes_supported", "response_types_supported", "response_modes_supported", "grant_types_supported", "code_challenge_methods_supported",
				"token_endpoint_auth_methods_supported", "token_endpoint_auth_signing_alg_values_supported", "revocation_endpoint_auth_methods_supported",
				"revocation_endpoint_auth_signing_alg_values_supported", "introspection_endpoint_auth_methods_supported",
				"introspection_endpoint_auth_signing_alg_values_supported", "subject_types_supported", "id_token_signing_alg_values_supported",
				"claims_supported", "claim_types_supported", "acr_values_supported", "ui_locales_supported", "display_values_supported",
				"request_object_signing_alg_values_supported", "dpop_signing_alg_values_supported", "prompt_values_supported", "claims_locales_supported",
			},
			"truth": {
				"authorization_response_iss_parameter_supported", "claims_parameter_supported", "request_parameter_supported", "request_uri_parameter_supported",
				"require_request_uri_registration", "backchannel_logout_supported", "backchannel_logout_session_supported",
				"frontchannel_logout_supported", "frontchannel_logout_session_supported", "require_pushed_authorization_requests",
			},
		}
		for name, value := range document {
			switch {
			case slices.Contains(registered["address"], name):
				u, err := url.Parse(value.(string))
				if err != nil || u.Scheme != "https" || u.Host != "login.example.com" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
					t.Errorf("%s is %v, want an https address at the issuer", name, value)
				}
			case slices.Contains(registered["list"], name):
				all, ok := value.([]any)
				for _, one := range all {
					s, isText := one.(string)
					ok = ok && isText && s != ""
				}
				if !ok || len(all) == 0 {
					t.Errorf("%s is %v, want a list with members", name, value)
				}
			case slices.Contains(registered["truth"], name):
				if _, ok := value.(bool); !ok {
					t.Errorf("%s is %v, want true or false", name, value)
				}
			default:
				t.Errorf("%s is registered nowhere, want a registered member", name)
			}
		}
		if document["issuer"] != g.config.Issuer {
			t.Errorf("issuer %v, want %v", document["issuer"], g.config.Issuer)
		}
		for name, want := range map[string]string{
			"scopes_supported": "openid", "response_types_supported": "code", "grant_types_supported": "authorization_code", "subject_types_supported": "public",
			"id_token_signing_alg_values_supported": "RS256", "claims_supported": "sub", "code_challenge_methods_supported": "S256",
			"response_modes_supported": "form_post", "acr_values_supported": "urn:gatehouse:pwd", "token_endpoint_auth_methods_supported": "client_secret_basic",
		} {
			if all, ok := document[name].([]any); !ok || !slices.Contains(all, any(want)) {
				t.Errorf("%s is %v, want %v among it", name, document[name], want)
			}
		}
		for name, want := range map[string]any{
			"request_parameter_supported": true, "request_uri_parameter_supported": false, "claims_parameter_supported": true,
			"authorization_response_iss_parameter_supported": true, "backchannel_logout_supported": true, "backchannel_logout_session_supported": true,
		} {
			if document[name] != want {
				t.Errorf("%s is %v, want %v", name, document[name], want)
			}
		}
		for _, one := range document["ui_locales_supported"].([]any) {
			if !regexp.MustCompile(`^[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?$`).MatchString(one.(string)) { // BCP 47
				t.Errorf("the language %v, want a BCP 47 tag", one)
			}
		}
		for _, name := range []string{"authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri", "end_session_endpoint"} {
			if document[name] == nil {
				t.Errorf("the document has no %s, want it", name)
			}
		}
	})
	g.each("the keys", func(t *testing.T, _ *visitor) {
		keys := v.do("GET", "/.well-known/jwks.json", nil).shows(http.StatusOK).object()["keys"].([]any)
		seen := map[any]bool{}
		for _, one := range keys {
			key := one.(map[string]any)
			if kid, ok := key["kid"].(string); !ok || kid == "" || seen[kid] || key["kty"] == "oct" || key["use"] != "sig" {
				t.Errorf(`key %v, want a kid of its own and the use "sig"`, key)
			}
			seen[key["kid"]] = true
			for _, private := range []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"} {
				if _, there := key[private]; there {
					t.Errorf("%s of key %v is published, want public members alone", private, key["kid"])
				}
			}
		}
		if len(keys) == 0 {
			t.Error("the JWKS has no keys, want one")
		}
	})
}

func TestLogoutOfCertifiedApps(t *testing.T) {
	testkit.Long(t)
	told := make(chan *http.Request, 4)
	ear := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.PostForm, _ = url.ParseQuery(string(body))
		told <- r
	}))
	defer ear.Close()
	g := openGate(t, func(cfg *config.Config) { cfg.PrivateTargets = true })
	g.shop("hears", func(c *store.Client) { c.BackchannelLogoutURI, c.BackchannelSession = ear.URL+"/bye?at=shop", true })
	out := func(raw, to string, more ...string) string {
		query := url.Values{"id_token_hint": {raw}, "post_logout_redirect_uri": {to}, "state": {"st/ate +&="}}
		for i := 0; i < len(more); i += 2 {
			query.Set(more[i], more[i+1])
		}
		return "/oauth/logout?" + query.Encode()
	}
	signedIn := func(v *visitor) (string, object) {
		v.t.Helper()
		p, set := g.send("/oauth/token", "hears", shopSecret, "grant_type", "authorization_code", "code", v.code("client_id", "hears"), "redirect_uri", shopURI, "code_verifier", verifier)
		p.shows(http.StatusOK)
		_, id := g.signed(set["id_token"])
		return set["id_token"].(string), id
	}

	g.each("an address that is not exactly the registered one", func(t *testing.T, v *visitor) {
		raw, _ := signedIn(v)
		for _, to := range []string{shopBye + "/", shopBye + "?x=1", "https://other.example.com/bye", shopURI} {
			if p := v.get(out(raw, to)).shows(http.StatusBadRequest, "Authorization error"); p.header.Get("Location") != "" {
				t.Errorf("sent on to %s, want no redirect", p.header.Get("Location"))
			}
		}
		if v.get(ask("client_id", "hears", "prompt", "none")).leads(shopURI).Get("code") == "" {
			t.Error("the browser was signed out, want it still signed in")
		}
	})
	g.each("a tampered hint, and none", func(t *testing.T, v *visitor) {
		raw, _ := signedIn(v)
		for _, hint := range []string{"", raw[:len(raw)-8] + "AAAAAAAA"} {
			if p := v.get(out(hint, shopBye)); p.header.Get("Location") != "" {
				t.Errorf("sent on to %s, want no redirect", p.header.Get("Location"))
			}
		}
	})
	g.each("the app is told, and the state comes back", func(t *testing.T, v *visitor) {
		raw, id := signedIn(v)
		answer := v.get(out(raw, shopBye)).leads(shopBye)
		if answer.Get("state") != "st/ate +&=" || len(answer) != 1 {
			t.Errorf("back with %v, want the state alone, as it was sent", answer)
		}
		v.refusal("login_required", v.get(ask("client_id", "hears", "prompt", "none")).leads(shopURI))
		select {
		case r := <-told:
			if r.Method != "POST" || r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" || r.URL.RequestURI() != "/bye?at=shop" || len(r.PostForm) != 1 {
				t.Errorf("told by %s %s %v, want POST /bye?at=shop with a form", r.Method, r.URL, r.Header)
			}
			header, token := g.signed(r.PostForm.Get("logout_token"))
			events, err := json.Marshal(token["events"])
			if err != nil || string(events) != `{"http://schemas.openid.net/event/backchannel-logout":{}}` {
				t.Errorf("events %s, want the back-channel event alone", events)
			}
			for _, claim := range []string{"iss", "aud", "sub", "sid"} {
				if token[claim] != id[claim] || token[claim] == nil {
					t.Errorf("%s is %v, want %v as in the ID token", claim, token[claim], id[claim])
				}
			}
			at, ok := token["iat"].(float64)
			if jti, isText := token["jti"].(string); !ok || time.Since(time.Unix(int64(at), 0)).Abs() > time.Minute || !isText || jti == "" || token["exp"].(float64) <= at {
				t.Errorf("logout token %v, want a recent iat, a jti and a later exp", token)
			}
			if _, there := token["nonce"]; there || header["typ"] != "logout+jwt" {
				t.Errorf("header %v, logout token %v, want logout+jwt and no nonce", header, token)
			}
		case <-time.After(10 * time.Second):
			t.Error("the app was not told, want a logout token")
		}
	})
	g.each("a state alone, and nothing, ask the person", func(_ *testing.T, v *visitor) {
		_, _ = signedIn(v)
		v.get("/oauth/logout?state=x").shows(http.StatusOK, "Sign out?")
		v.get("/oauth/logout").shows(http.StatusOK, "Sign out?")
	})
	g.each("no state, none returned", func(t *testing.T, v *visitor) {
		raw, _ := signedIn(v)
		if p := v.get(out(raw, shopBye, "state", "")); p.header.Get("Location") != shopBye {
			t.Errorf("sent on to %s, want %s", p.header.Get("Location"), shopBye)
		}
	})
}
