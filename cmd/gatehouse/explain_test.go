package main

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse/config"
	"gatehouse/internal/refusal"
	"gatehouse/internal/test/testkit"
	"gatehouse/store"
)

// keyOfBank makes the key with which the app bank signs, and registers it.
func (g *gate) keyOfBank() *rsa.PrivateKey {
	g.t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		g.t.Fatalf("making a key: %v", err)
	}
	b64 := base64.RawURLEncoding.EncodeToString
	set := fmt.Sprintf(`{"keys":[{"kty":"RSA","kid":"k","alg":"RS256","use":"sig","n":%q,"e":%q}]}`, b64(key.N.Bytes()), b64(big.NewInt(int64(key.E)).Bytes()))
	g.shop("bank", func(c *store.Client) { c.AuthMethod, c.Secrets, c.JWKS = store.PrivateKeyJWT, nil, set })
	return key
}

// asBank sends a token request with an assertion that the claims complete.
func (g *gate) asBank(key *rsa.PrivateKey, claims object) {
	g.t.Helper()
	all := object{"iss": "bank", "sub": "bank", "aud": g.config.Issuer, "jti": rand.Text(), "exp": time.Now().Add(time.Minute).Unix()}
	for name, value := range claims {
		all[name] = value
	}
	payload, err := json.Marshal(all)
	if err != nil {
		g.t.Fatalf("encoding the claims: %v", err)
	}
	signed := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256","kid":"k"}`)) + "." + base64.RawURLEncoding.EncodeToString(payload)
	sum := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		g.t.Fatalf("signing the assertion: %v", err)
	}
	g.visitor().post("/oauth/token", "grant_type", "authorization_code", "code", "x", "redirect_uri", shopURI,
		"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
		"client_assertion", signed+"."+base64.RawURLEncoding.EncodeToString(signature))
}

// bought returns the tokens of a person who has just signed in.
func (g *gate) bought() object { return g.redeem(g.visitor().code()) }

// A mistake is one that an app makes, and what is said of it.
type mistake struct {
	kind            refusal.Kind
	make            func(g *gate)
	given, expected string
}

func (g *gate) refresh(status int, set object) object {
	g.t.Helper()
	return g.tokens(status, "grant_type", "refresh_token", "refresh_token", set["refresh_token"].(string))
}

func (g *gate) refuse(pairs ...string) { g.tokens(http.StatusBadRequest, pairs...) }

// mistakesAtAuthorize are those of authorization requests.
func mistakesAtAuthorize() []mistake {
	return []mistake{
		{refusal.RedirectUnregistered, func(g *gate) { g.visitor().get(ask("redirect_uri", shopURI+"/")) }, shopURI + "/", shopURI},
		{refusal.RedirectMissing, func(g *gate) { g.visitor().get(ask("redirect_uri", "")) }, "", shopURI},
		{refusal.ClientUnknown, func(g *gate) { g.visitor().get(ask("client_id", "shoq")) }, "", ""},
		{refusal.ScopeUnregistered, func(g *gate) { g.visitor().get(ask("scope", "openid users:write")) }, "users:write", "openid profile email offline_access"},
		{refusal.PKCEMissing, func(g *gate) {
			g.shop("spa", func(c *store.Client) { c.AuthMethod, c.Secrets = store.NoSecret, nil })
			g.visitor().get(ask("client_id", "spa", "code_challenge", "", "code_challenge_method", ""))
		}, "", "S256"},
		{refusal.PKCEMethod, func(g *gate) { g.visitor().get(ask("code_challenge_method", "plain")) }, "plain", "S256"},
		{refusal.ResourceUnknown, func(g *gate) { g.visitor().get(ask("resource", "https://nowhere.example")) }, "https://nowhere.example", ""},
		{refusal.ResponseTypeUnsupported, func(g *gate) { g.visitor().get(ask("response_type", "token")) }, "token", "code"},
		{refusal.RequestUnsigned, func(g *gate) {
			g.shop("signer", func(c *store.Client) { c.RequireSignedRequestObject = true })
			g.visitor().get(ask("client_id", "signer"))
		}, "", ""},
		{refusal.PARRequired, func(g *gate) {
			g.shop("pusher", func(c *store.Client) { c.RequirePAR = true })
			g.visitor().get(ask("client_id", "pusher"))
		}, "", ""},
		{refusal.PARGone, func(g *gate) {
			g.visitor().get(ask("request_uri", "urn:ietf:params:oauth:request_uri:spent"))
		}, "", ""},
		{refusal.ConsentDenied, func(g *gate) {
			v := g.visitor()
			v.post("/consent", append(v.signIn(v.get(ask()), "ann").fields(), "answer", "deny")...)
		}, "", ""},
	}
}

// mistakesOfClients are those of apps that authenticate.
func mistakesOfClients() []mistake {
	return []mistake{
		{refusal.ClientMethod, func(g *gate) {
			g.shop("poster", func(c *store.Client) { c.AuthMethod, c.AuthMethodPinned = store.SecretPost, true })
			g.send("/oauth/token", "poster", shopSecret, "grant_type", "refresh_token")
		}, "client_secret_basic", "client_secret_post"},
		{refusal.ClientSecret, func(g *gate) { g.send("/oauth/token", "shop", "wrong", "grant_type", "refresh_token") }, "", ""},
		{refusal.AssertionClock, func(g *gate) { g.asBank(g.keyOfBank(), object{"exp": time.Now().Add(-time.Hour).Unix()}) }, "T", "T"},
		{refusal.AssertionAudience, func(g *gate) { g.asBank(g.keyOfBank(), object{"aud": "https://other.example"}) }, "", "http"},
		{refusal.AssertionReplayed, func(g *gate) {
			key, once := g.keyOfBank(), object{"jti": "once"}
			g.asBank(key, once)
			g.asBank(key, once)
		}, "", ""},
		{refusal.TokenMissing, func(g *gate) { g.send("/oauth/introspect", "shop", shopSecret) }, "", ""},
		{refusal.TokenInvalid, func(g *gate) {
			v := g.visitor()
			v.header.Set("Authorization", "Bearer not-a-token")
			v.get("/oauth/userinfo")
		}, "", ""},
		{refusal.FormUnreadable, func(g *gate) { g.visitor().post("/oauth/token", "grant_type", "a", "grant_type", "b") }, "repeated", ""},
	}
}

// mistakesAtToken are those of token requests.
func mistakesAtToken() []mistake {
	redeem := func(g *gate, pairs ...string) {
		g.refuse(append([]string{"grant_type", "authorization_code", "redirect_uri", shopURI, "code_verifier", verifier}, pairs...)...)
	}
	return []mistake{
		{refusal.GrantMissing, func(g *gate) { g.refuse("scope", "openid") }, "", ""},
		{refusal.GrantUnknown, func(g *gate) { g.refuse("grant_type", "authorisation_code") }, "authorization_code", "refresh_token"},
		{refusal.GrantUnregistered, func(g *gate) { g.refuse("grant_type", "client_credentials") }, "client_credentials", "authorization_code"},
		{refusal.CodeUnknown, func(g *gate) { redeem(g, "code", "nothing") }, "", ""},
		{refusal.CodeUsed, func(g *gate) {
			code := g.visitor().code()
			g.redeem(code)
			redeem(g, "code", code)
		}, "", ""},
		{refusal.CodeExpired, func(g *gate) {
			code := store.AuthCode{Digest: store.DigestOf("late"), SessionID: "S", ClientID: "shop", UserID: g.ann.ID, RedirectURI: shopURI, ExpiresAt: time.Now().Add(-time.Second)}
			if err := g.db.AddCode(g.t.Context(), code); err != nil {
				g.t.Fatalf("adding a code: %v", err)
			}
			redeem(g, "code", "late")
		}, "T", "before"},
		{refusal.PKCEVerifier, func(g *gate) { redeem(g, "code", g.visitor().code(), "code_verifier", verifier+"x") }, "characters", "43"},
		{refusal.RedirectDiffers, func(g *gate) { redeem(g, "code", g.visitor().code(), "redirect_uri", shopURI+"?") }, shopURI + "?", shopURI},
		{refusal.RefreshReused, func(g *gate) {
			first := g.bought()
			g.refresh(http.StatusOK, g.refresh(http.StatusOK, first))
			g.refresh(http.StatusBadRequest, first)
		}, "", ""},
		{refusal.RefreshClient, func(g *gate) {
			g.shop("other", func(*store.Client) {})
			g.send("/oauth/token", "other", shopSecret, "grant_type", "refresh_token", "refresh_token", g.bought()["refresh_token"].(string))
		}, "other", "shop"},
		{refusal.RefreshInvalid, func(g *gate) { g.refuse("grant_type", "refresh_token", "refresh_token", "rubbish") }, "", ""},
		{refusal.PersonInactive, func(g *gate) {
			set := g.bought()
			(&crowd{app: g.app}).activate(g.t, g.ann, false)
			g.refresh(http.StatusBadRequest, set)
		}, "", ""},
		{refusal.DeviceExpired, func(g *gate) {
			g.shop("tv", func(c *store.Client) { c.GrantTypes = []string{deviceGrant} })
			now := time.Now()
			late := store.DeviceGrant{Device: store.DigestOf("late"), User: store.DigestOf("u"), SessionID: "S", ClientID: "tv", Status: store.DevicePending, CreatedAt: now.Add(-time.Hour), ExpiresAt: now.Add(-time.Second), Interval: 5}
			if err := g.db.AddDevice(g.t.Context(), late, store.Room{Now: now, Client: 9}); err != nil {
				g.t.Fatalf("adding a device: %v", err)
			}
			g.send("/oauth/token", "tv", shopSecret, "grant_type", deviceGrant, "device_code", "late")
		}, "T", "before"},
		{refusal.SignInCredentials, func(g *gate) {
			g.shop("old", func(c *store.Client) { c.GrantTypes = []string{"password"} })
			g.send("/oauth/token", "old", shopSecret, "grant_type", "password", "username", "ann", "password", "wrong")
		}, "", ""},
	}
}

// kept waits for a refusal of that kind.
func (g *gate) kept(kind refusal.Kind) (found store.Refusal) {
	g.t.Helper()
	testkit.Within(g.t, 10*time.Second, "a refusal of the kind "+string(kind), func() error {
		all, err := g.db.ListRefusals(g.t.Context(), store.RefusalQuery{Kind: string(kind), Limit: 1})
		if err != nil || len(all) == 0 {
			return fmt.Errorf("none, %w", err)
		}
		found = all[0]
		return nil
	})
	return found
}

// TestEveryMistakeHasAMend makes typical mistakes against the real server, and wants each to
// be explained.
func TestEveryMistakeHasAMend(t *testing.T) {
	for _, m := range append(append(mistakesAtAuthorize(), mistakesOfClients()...), mistakesAtToken()...) {
		t.Run(string(m.kind), func(t *testing.T) {
			g := openGate(t, nil)
			m.make(g)
			got := g.kept(m.kind)
			if !strings.Contains(got.Given, m.given) || m.given == "" && got.Given != "" {
				t.Errorf("given %q, want %q", got.Given, m.given)
			}
			if !strings.Contains(got.Expected, m.expected) {
				t.Errorf("expected %q, want %q", got.Expected, m.expected)
			}
			if got.RequestID == "" || got.Endpoint == "" || got.Network == "" {
				t.Errorf("%+v: want the number of the request, the path and the network", got)
			}
			about := refusal.Public(string(m.kind))
			g.visitor().get("/e/"+got.ID).shows(http.StatusOK, about.Title, about.Mend, about.Section)
		})
	}
}

// TestUnknownNamesAndWrongPasswordsExplainAlike to everybody but administrators.
func TestUnknownNamesAndWrongPasswordsExplainAlike(t *testing.T) {
	g := openGate(t, nil)
	g.shop("old", func(c *store.Client) { c.GrantTypes = []string{"password"} })
	root := g.administrator()
	pages := map[string]string{}
	for _, name := range []string{"ann", "nobody"} {
		_, answer := g.send("/oauth/token", "old", shopSecret, "grant_type", "password", "username", name, "password", "wrong")
		page, _ := answer["error_uri"].(string)
		id := page[strings.LastIndexByte(page, '/')+1:]
		testkit.Within(t, 10*time.Second, "the explanation", func() error {
			_, err := g.db.RefusalByID(t.Context(), id)
			return err
		})
		pages[name] = g.visitor().get("/e/"+id).shows(http.StatusOK, "invalid_grant").body
		want := map[string]string{"ann": "The name is right", "nobody": "Nobody has this name."}[name]
		root.get("/e/"+id).shows(http.StatusOK, want)
	}
	if pages["ann"] != pages["nobody"] {
		t.Errorf("the pages differ, want the same:\n%s\n%s", pages["ann"], pages["nobody"])
	}
	unknown := g.visitor().get("/e/NEVERWASANYTHINGLIKETHIS22").shows(http.StatusNotFound, "Nothing is kept under this number")
	if strings.Contains(unknown.body, "NEVERWAS") {
		t.Errorf("the page of an unknown number repeats it, want it left out")
	}
}

// TestAWrongCodeIsExplained at the page and at the token endpoint, without what was typed.
func TestAWrongCodeIsExplained(t *testing.T) {
	const typed = "c4nary-c0de-9999"
	g := openTill(t)
	g.shop("old", func(c *store.Client) { c.GrantTypes, c.FirstParty = []string{"password"}, true })
	_, _ = g.enrolled()
	v := g.visitor()
	page := v.signIn(v.get("/login"), "ann").shows(http.StatusOK, "Recovery code")
	v.sends(page, "/login/factor", "recovery_code", typed).shows(http.StatusUnprocessableEntity)
	atPage := g.kept(refusal.SignInFactor)
	_, answer := g.send("/oauth/token", "old", shopSecret, "grant_type", "password", "username", "ann", "password", secretPhrase, "recovery_code", typed)
	var atToken store.Refusal
	testkit.Within(t, 10*time.Second, "the refusal at the token endpoint", func() error {
		if atToken = g.kept(refusal.SignInFactor); atToken.ID == atPage.ID {
			return errors.New("only that of the page is kept")
		}
		return nil
	})
	if page, _ := answer["error_uri"].(string); !strings.HasSuffix(page, "/"+atToken.ID) {
		t.Errorf("the answer leads to %q, want it to lead to %s", page, atToken.ID)
	}
	for where, r := range map[string]store.Refusal{"page": atPage, "token endpoint": atToken} {
		if r.UserID != g.ann.ID || strings.Contains(fmt.Sprintf("%+v %s", r, r.Parameters), "c4nary") {
			t.Errorf("the refusal of the %s is %+v with %s, want it to be about ann, without what was typed", where, r, r.Parameters)
		}
	}
	g.visitor().get("/e/"+atPage.ID).shows(http.StatusOK, "Second factor is not right")
}

// canaries are what must be kept nowhere: a secret, a token, a password and a code.
var canaries = []string{
	"c4naryS3cretAbCdEfGhIjKlMnOpQrStUvWxYz01234", "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c4narySignature", "c4nary horse battery staple", "c4nary-code",
}

// everyParameter are the parameters of all endpoints, and one that nobody reads.
var everyParameter = []string{
	"client_id", "client_secret", "client_assertion", "client_assertion_type", "redirect_uri", "response_type", "response_mode", "scope", "resource", "state", "nonce",
	"code_challenge", "code_challenge_method", "prompt", "max_age", "login_hint", "id_token_hint", "acr_values", "ui_locales", "claims", "request", "request_uri",
	"registration", "grant_type", "code", "code_verifier", "device_code", "username", "password", "otp", "totp", "recovery_code", "auth_session", "passkey",
	"refresh_token", "token", "token_type_hint", "access_token", "unknown",
}

// elsewhere returns a visitor from a network of its own, so that each refusal is kept.
func (g *gate) elsewhere() *visitor {
	v, b := g.visitor(), make([]byte, 2)
	_, _ = rand.Read(b) // never fails, as documented
	v.header.Set("X-Forwarded-For", fmt.Sprintf("10.%d.%d.1", b[0], b[1]))
	return v
}

// sing puts a canary into every parameter of every endpoint, and into the fields of forms.
func (g *gate) sing(canary string) {
	g.t.Helper()
	v := g.visitor()
	login := v.get("/login").fields()
	v.post("/login", append(login, "username", canary, "password", canary)...)
	v.post("/api/accounts/login/", "username", canary, "password", canary)
	v.post("/api/accounts/token/refresh/", "refresh", canary)
	asShop := func(path string, pairs ...string) {
		v := g.elsewhere()
		v.header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte("shop:"+shopSecret)))
		v.post(path, pairs...)
	}
	for _, name := range everyParameter {
		for _, value := range []string{canary, "https://shop.example.com/" + canary, shopURI + "?code=" + canary} {
			g.elsewhere().get(ask(name, value))
			asShop("/oauth/par", name, value)
			asShop("/oauth/token", name, value)
		}
		for _, path := range []string{"/oauth/introspect", "/oauth/revoke", "/oauth/device_authorization", "/oauth/challenge"} {
			asShop(path, name, canary)
		}
	}
	g.send("/oauth/token", canary, canary, "grant_type", "password")
	g.send("/oauth/token", "shop", canary, "grant_type", "password")
	for _, field := range []string{"otp", "recovery_code"} {
		waiting := g.elsewhere()
		page := waiting.signIn(waiting.get("/login"), "ann")
		waiting.sends(page, "/login/factor", field, canary)
	}
	for _, path := range []string{"/signup", "/forgot", "/reset", "/invite", "/verify", "/device"} {
		v := g.elsewhere()
		v.post(path, "username", canary, "email", canary, "password", canary, "token", canary, "user_code", canary, "passkey", canary)
		v.get(path + "?token=" + url.QueryEscape(canary) + "&user_code=" + url.QueryEscape(canary))
	}
	v.header.Set("Authorization", "Bearer "+strings.ReplaceAll(canary, " ", ""))
	v.get("/oauth/userinfo")
}

// TestNoCanaryIsKept crawls what is kept and shown of refusals.
func TestNoCanaryIsKept(t *testing.T) {
	testkit.Long(t)
	for _, canary := range canaries {
		t.Run(canary, func(t *testing.T) { noneIsKept(t, canary) })
	}
}

func noneIsKept(t *testing.T, canary string) {
	g := openGate(t, func(c *config.Config) { c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} })
	root := g.administrator()
	_, _ = g.enrolled()
	g.sing(canary)
	g.kept(refusal.TokenInvalid) // the last one: they are written in order
	all, err := g.db.ListRefusals(t.Context(), store.RefusalQuery{Limit: 1000})
	if err != nil || len(all) < 200 {
		t.Fatalf("%d refusals, %v; want many", len(all), err)
	}
	var rows strings.Builder
	for i, r := range all {
		fmt.Fprintf(&rows, "%+v %s\n", r, r.Parameters)
		if rows.WriteString(root.get("/e/" + r.ID).shows(http.StatusOK).body); i%10 == 0 {
			rows.WriteString(g.visitor().get("/e/" + r.ID).shows(http.StatusOK).body)
		}
	}
	for where, text := range map[string]string{
		"table and pages": rows.String(), "command line": g.explainedByCommand(all), "API": g.explainedByAPI(len(all)), "console": root.explainedInConsole(),
	} {
		for _, canary := range []string{"c4nary", url.QueryEscape(canaries[1]), "Y2FuYXJ5"} {
			if i := strings.Index(text, canary); i >= 0 {
				t.Errorf("the %s has a canary, want none: …%s…", where, text[max(0, i-200):min(len(text), i+60)])
			}
		}
	}
}

// explainedByAPI reads all pages of the list of refusals, as an administrator's program does.
func (g *gate) explainedByAPI(number int) string {
	g.t.Helper()
	var tokens struct{ Access string }
	v := g.elsewhere()
	if err := json.Unmarshal([]byte(v.post("/api/accounts/login/", "username", "root", "password", secretPhrase).shows(http.StatusOK).body), &tokens); err != nil {
		g.t.Fatalf("reading the tokens: %v", err)
	}
	v.header.Set("Authorization", "Bearer "+tokens.Access)
	var text strings.Builder
	found := 0
	for next := g.door.URL + "/api/admin/refusals/?limit=100"; next != ""; {
		got := v.get(next).shows(http.StatusOK)
		var list []json.RawMessage
		if err := json.Unmarshal([]byte(got.body), &list); err != nil {
			g.t.Fatalf("reading the refusals: %v", err)
		}
		found += len(list)
		text.WriteString(got.body)
		at, more, _ := strings.Cut(strings.TrimPrefix(got.header.Get("Link"), "<"+g.config.Issuer), ">")
		if next = ""; more != "" {
			next = g.door.URL + at
		}
	}
	if found != number {
		g.t.Errorf("the API has %d refusals, want all %d", found, number)
	}
	return text.String()
}

// explainedByCommand runs the command for one refusal of each kind, for an app and for the
// latest.
func (g *gate) explainedByCommand(all []store.Refusal) string {
	g.t.Helper()
	g.t.Setenv("GATEHOUSE_DATABASE", g.config.Database.Reveal())
	g.t.Setenv("GATEHOUSE_ISSUER", g.config.Issuer)
	asked := [][]string{{"explain", "--last"}, {"explain", "--last", "--json"}, {"explain", "--client", "shop", "--limit", "1000"}, {"explain", "--client", "shop", "--limit", "1000", "--json"}}
	seen := map[string]bool{}
	for _, r := range all {
		if !seen[r.Kind] {
			asked = append(asked, []string{"explain", r.ID})
		}
		seen[r.Kind] = true
	}
	var out, faults bytes.Buffer
	for _, args := range asked {
		if status := run(g.t.Context(), args, strings.NewReader(""), &out, &faults); status != 0 {
			g.t.Fatalf("%v ended with %d, want 0: %s", args, status, faults.String())
		}
	}
	return out.String() + faults.String()
}

// explainedInConsole opens the pages of the console that tell of refusals.
func (v *visitor) explainedInConsole() string {
	v.t.Helper()
	var text strings.Builder
	for _, path := range []string{"/console", "/console/refusals", "/console/refusals?app=shop", "/console/apps/shop", "/console/audit", "/console/audit?kind=signin.*"} {
		text.WriteString(v.get(path).shows(http.StatusOK).body)
	}
	return text.String()
}
