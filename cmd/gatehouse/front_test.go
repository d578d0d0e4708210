package main

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"gatehouse/internal/test/testkit"
	"gatehouse/store"
)

// TestASignInFromEndToEnd signs in, consents, redeems the code, calls UserInfo and signs
// out.
func TestASignInFromEndToEnd(t *testing.T) {
	g := openGate(t, nil)
	v := g.visitor()

	login := v.get(ask()).shows(http.StatusOK, "<h1>Sign in</h1>", "Photo Shop", `name="username"`, `name="password"`, `autocomplete="current-password"`, ">Sign in</button>")
	consent := v.signIn(login, "ann").shows(http.StatusOK, "Photo Shop", "ann@example.com", "shop.example.com", "Allow", "Deny")
	answer := v.post("/consent", append(consent.fields(), "answer", "allow")...).leads(shopURI)
	if answer.Get("state") != "a state" || answer.Get("iss") != g.config.Issuer || answer.Get("code") == "" {
		t.Fatalf(`answered %v, want a code, the state "a state" and the issuer`, answer)
	}
	set := g.redeem(answer.Get("code"))
	for _, name := range []string{"access_token", "refresh_token", "id_token"} {
		if text, ok := set[name].(string); !ok || text == "" {
			t.Errorf("no %s in %v, want one", name, set)
		}
	}
	v.header.Set("Authorization", "Bearer "+set["access_token"].(string))
	v.do("GET", "/oauth/userinfo", nil).shows(http.StatusOK, g.ann.Sub, `"email":"ann@example.com"`)
	v.header.Del("Authorization")

	// The second request of the same browser asks nothing.
	if again := v.get(ask("state", "2")).leads(shopURI); again.Get("code") == "" || again.Get("state") != "2" {
		t.Errorf(`the second time: %v, want a code and the state "2"`, again)
	}
	v.get("/").shows(http.StatusOK, "You are signed in", "ann@example.com")

	bye := v.get("/oauth/logout?id_token_hint=" + set["id_token"].(string) + "&post_logout_redirect_uri=" + shopBye + "&state=s").leads(shopBye)
	if bye.Get("state") != "s" {
		t.Errorf(`goodbye with %v, want the state "s"`, bye)
	}
	g.tokens(http.StatusBadRequest, "grant_type", "refresh_token", "refresh_token", set["refresh_token"].(string))
	if none := v.get(ask("prompt", "none")).leads(shopURI); none.Get("error") != "login_required" {
		t.Errorf("after the sign-out: %v, want login_required", none)
	}
}

func TestARefusalGoesBackToTheApp(t *testing.T) {
	g := openGate(t, nil)
	v := g.visitor()
	consent := v.signIn(v.get(ask()), "ann").shows(http.StatusOK, "Deny")
	answer := v.post("/consent", append(consent.fields(), "answer", "deny")...).leads(shopURI)
	if answer.Get("error") != "access_denied" || answer.Get("state") != "a state" || answer.Has("code") {
		t.Errorf(`answered %v, want access_denied, the state "a state" and no code`, answer)
	}
	// The refusal did not count as a consent, so the next request asks again.
	v.get(ask()).shows(http.StatusOK, "wants to use your account")
}

func TestConsentIsAskedOnceForEachScope(t *testing.T) {
	g := openGate(t, nil)
	v := g.visitor()
	_ = v.code("scope", "openid")
	if v.get(ask("scope", "openid")).leads(shopURI).Get("code") == "" {
		t.Error("no code for what was allowed before, want one without a question")
	}
	more := v.get(ask("scope", "openid email")).shows(http.StatusOK, "wants to use your account")
	v.post("/consent", append(more.fields(), "answer", "allow")...).leads(shopURI)
	if v.get(ask("scope", "openid email")).leads(shopURI).Get("code") == "" {
		t.Error("no code for what was allowed just now, want one without a question")
	}
}

func TestEveryReasonLooksTheSameAtTheLoginPage(t *testing.T) {
	g := openGate(t, nil)
	off := g.person("off", "user")
	(&crowd{app: g.app}).activate(t, off, false)
	v := g.visitor()
	login := v.get(ask())
	var first string
	for _, c := range [][2]string{{"ann", "wrong"}, {"nobody", "wrong"}, {"off", "wrong"}, {"off", secretPhrase}, {"nobody@example.com", secretPhrase}} {
		got := v.post("/login", append(login.fields(), "username", c[0], "password", c[1])...).shows(http.StatusUnprocessableEntity, `value="`+c[0]+`"`, "do not match")
		if strings.Contains(got.body, secretPhrase) {
			t.Error("the password is in the page, want it left out")
		}
		body := strings.ReplaceAll(got.body, `value="`+c[0]+`"`, "")
		if first == "" {
			first = body
		}
		if body != first {
			t.Errorf("%s: the page differs from the first, want the same for every refusal", c[0])
		}
	}
	if v.cookie("gh_sid") != "" {
		t.Error("a cookie without a sign-in, want none")
	}
}

func TestTheLoginPageIsThrottled(t *testing.T) {
	testkit.Long(t)
	g := openGate(t, nil)
	v := g.visitor()
	login := v.get(ask())
	var last page
	for range 7 {
		last = v.post("/login", append(login.fields(), "username", "ann", "password", "wrong")...)
	}
	last.shows(http.StatusTooManyRequests, "Too many tries", `value="ann"`)
	if last.header.Get("Retry-After") == "" {
		t.Error("the refusal has no Retry-After, want one")
	}
}

// TestADeviceIsLetIn has a person with a browser allow or deny a device without one
// (RFC 8628).
func TestADeviceIsLetIn(t *testing.T) {
	g := openGate(t, nil)
	const grant = "urn:ietf:params:oauth:grant-type:device_code"
	g.shop("tv", func(c *store.Client) { c.Name, c.GrantTypes = "Living Room TV", []string{grant, "refresh_token"} })
	for _, answer := range []string{"allow", "deny"} {
		began := g.asApp("tv", "/oauth/device_authorization", "scope", "openid email")
		code, secret := began["user_code"].(string), began["device_code"].(string)
		v := g.visitor()
		login := v.get("/device?user_code="+strings.ToLower(strings.ReplaceAll(code, "-", ""))).shows(http.StatusOK, "<h1>Sign in</h1>")
		question := v.signIn(login, "ann").shows(http.StatusOK, "Living Room TV", code, "127.0.0.1", "ann@example.com")
		v.get("/device?user_code=BBBB-BBBB").shows(http.StatusUnprocessableEntity, "is unknown")
		done := v.post("/device", append(question.fields(), "answer", answer)...)
		v.post("/device", append(question.fields(), "answer", answer)...).shows(http.StatusUnprocessableEntity)
		polled := g.asApp("tv", "/oauth/token", "grant_type", grant, "device_code", secret)
		if answer == "deny" {
			done.shows(http.StatusOK, "Device refused")
			if polled["error"] != "access_denied" {
				t.Errorf("a refused device got %v, want access_denied", polled)
			}
			continue
		}
		done.shows(http.StatusOK, "Device connected")
		if polled["access_token"] == nil || polled["id_token"] == nil {
			t.Errorf("the device got %v, want an access token and an ID token", polled)
		}
		// The browser allowed the device, so signing out of it signs the device out too.
		v.post("/logout").shows(http.StatusOK, "signed out")
		if again := g.asApp("tv", "/oauth/token", "grant_type", "refresh_token", "refresh_token", polled["refresh_token"].(string)); again["error"] != "invalid_grant" {
			t.Errorf("after the sign-out the device got %v, want invalid_grant", again)
		}
	}
	g.visitor().get("/device").shows(http.StatusOK, "<h1>Sign in</h1>")
}

// asApp posts a form as an app, and returns the answer.
func (g *gate) asApp(id, path string, pairs ...string) object {
	g.t.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	r, err := http.NewRequestWithContext(g.t.Context(), http.MethodPost, g.door.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		g.t.Fatalf("making the request: %v", err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(id, shopSecret)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		g.t.Fatalf("sending the request: %v", err)
	}
	defer resp.Body.Close()
	var answer object
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		g.t.Fatalf("decoding the JSON: %v", err)
	}
	return answer
}

// TestARequestStaysInItsBrowser checks that a link that is carried to another browser
// gives the first browser nothing.
func TestARequestStaysInItsBrowser(t *testing.T) {
	g := openGate(t, nil)
	first, second := g.visitor(), g.visitor()
	carried := first.do("GET", ask(), nil).header.Get("Location")
	if !strings.HasPrefix(carried, "/login?request=") {
		t.Fatalf(`led to %s, want it to begin with "/login?request="`, carried)
	}
	// The second browser starts over, with a request of its own.
	login := second.get(carried).shows(http.StatusOK, "<h1>Sign in</h1>")
	if strings.Contains(carried, url.QueryEscape(login.fields()[1])) {
		t.Error("the second browser continues the first one's request, want its own")
	}
	consent := second.signIn(login, "ann").shows(http.StatusOK, "Allow")
	second.post("/consent", append(consent.fields(), "answer", "allow")...).leads(shopURI)
	// The first browser still has to sign in.
	resumed := first.get("/oauth/authorize?" + strings.TrimPrefix(carried, "/login?"))
	resumed.shows(http.StatusOK, "<h1>Sign in</h1>")
}

// TestAppsOfTheHouseAskForNoConsent signs in to a first-party app.
func TestAppsOfTheHouseAskForNoConsent(t *testing.T) {
	g := openGate(t, nil)
	g.shop("house", func(c *store.Client) { c.FirstParty = true })
	v := g.visitor()
	if v.signIn(v.get(ask("client_id", "house")), "ann").leads(shopURI).Get("code") == "" {
		t.Error("the sign-in gave no code, want one")
	}
}

// TestCodesOfDevicesCannotBeGuessed checks the throttle of user codes, because their 34
// bits alone do not stop somebody who may keep trying.
func TestCodesOfDevicesCannotBeGuessed(t *testing.T) {
	g := openGate(t, nil)
	v := g.visitor()
	v.signIn(v.get("/login"), "ann").shows(http.StatusOK, "You are signed in")
	for range g.limits.Rules.UserCode.Free {
		v.get("/device?user_code=BBBB-BBBB").shows(http.StatusUnprocessableEntity)
	}
	limited := v.get("/device?user_code=BBBB-BBBB").shows(http.StatusTooManyRequests, "Too many wrong codes")
	if limited.header.Get("Retry-After") == "" {
		t.Error("the refusal has no Retry-After, want one")
	}
}
