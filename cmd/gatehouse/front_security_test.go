package main

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse/config"
	"gatehouse/internal/account"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/internal/test/testkit"
	"gatehouse/store"
)

// TestSessionFixation checks that the cookie changes at every sign-in, and that one that
// was planted before opens nothing.
func TestSessionFixation(t *testing.T) {
	g := openGate(t, nil)
	const planted = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	door, err := url.Parse(g.door.URL)
	if err != nil {
		t.Fatalf("parsing the URL: %v", err)
	}
	v := g.visitor()
	v.client.Jar.SetCookies(door, []*http.Cookie{{Name: "gh_sid", Value: planted, Path: "/"}})
	_ = v.signIn(v.get(ask()), "ann").shows(http.StatusOK, "Allow")
	first := v.cookie("gh_sid")
	if first == "" || first == planted {
		t.Fatalf("the cookie after the sign-in is %q, want one, and not the one that was planted", first)
	}
	thief := g.visitor()
	thief.client.Jar.SetCookies(door, []*http.Cookie{{Name: "gh_sid", Value: planted, Path: "/"}})
	thief.get("/").shows(http.StatusOK, "Sign in")

	// A second sign-in, which the app asks for, sets another cookie and ends the old one.
	_ = v.signIn(v.get(ask("prompt", "login")).shows(http.StatusOK, "You are signed in as"), "ann").shows(http.StatusOK, "Allow")
	if second := v.cookie("gh_sid"); second == first {
		t.Error("the cookie is the same after another sign-in, want a new one")
	}
	thief.client.Jar.SetCookies(door, []*http.Cookie{{Name: "gh_sid", Value: first, Path: "/"}})
	thief.get("/").shows(http.StatusOK, "Gatehouse is running")
}

// TestSigningInAgainAndAsSomebodyElse checks that a second sign-in of the same person
// keeps the sessions of the first, and that another person's sign-in ends them, in apps
// as well.
func TestSigningInAgainAndAsSomebodyElse(t *testing.T) {
	g := openGate(t, nil)
	g.person("bob", "user")
	v := g.visitor()
	set := g.redeem(v.code())
	_ = v.signIn(v.get(ask("prompt", "login")), "ann").leads(shopURI)
	set = g.tokens(http.StatusOK, "grant_type", "refresh_token", "refresh_token", set["refresh_token"].(string))

	login := v.get(ask("prompt", "select_account")).shows(http.StatusOK, "Use another account")
	other := v.get(hrefOf(t, login, "Use another account")).shows(http.StatusOK, "<h1>Sign in</h1>")
	v.signIn(other, "bob").shows(http.StatusOK, "bob@example.com")
	g.tokens(http.StatusBadRequest, "grant_type", "refresh_token", "refresh_token", set["refresh_token"].(string))
}

func hrefOf(t *testing.T, p page, label string) string {
	t.Helper()
	before, _, found := strings.Cut(p.body, `">`+label+`</a>`)
	i := strings.LastIndex(before, `href="`)
	if !found || i < 0 {
		t.Fatalf("want a link %q in\n%s", label, p.body)
	}
	return strings.ReplaceAll(before[i+len(`href="`):], "&amp;", "&")
}

// TestNoBrowserOutlivesItsPerson checks that whatever ends a person's sessions ends
// their browser session too.
func TestNoBrowserOutlivesItsPerson(t *testing.T) {
	testkit.Long(t)
	for name, act := range map[string]func(g *gate) error{
		"a new password": func(g *gate) error {
			_, err := g.people.Change(t.Context(), authz.Operator, g.ann, account.Input{Password: fields.Given("another long secret of ann")}, false)
			return err
		},
		"deactivation": func(g *gate) error {
			_, err := g.people.Change(t.Context(), authz.Operator, g.ann, account.Input{Active: fields.On(false)}, false)
			return err
		},
		"deletion": func(g *gate) error { return g.people.Delete(t.Context(), authz.Operator, g.ann.ID, "") },
		"an end of all sessions": func(g *gate) error {
			_, err := g.sessions.EndAll(t.Context(), "cli", g.ann.ID, "", "ended by admin")
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := openGate(t, nil)
			v := g.visitor()
			set := g.redeem(v.code())
			unused := v.code()
			if err := act(g); err != nil {
				t.Fatalf("acting on the person: %v", err)
			}
			if got := v.get(ask("prompt", "none")).leads(shopURI); got.Get("error") != "login_required" {
				t.Errorf("the cookie still opens: %v, want login_required", got)
			}
			g.tokens(http.StatusBadRequest, "grant_type", "refresh_token", "refresh_token", set["refresh_token"].(string))
			g.tokens(http.StatusBadRequest, "grant_type", "authorization_code", "code", unused, "redirect_uri", shopURI, "code_verifier", verifier)
		})
	}
}

// TestConsentCannotBeForged sends consents that the person did not give.
func TestConsentCannotBeForged(t *testing.T) {
	g := openGate(t, nil)
	g.person("eve", "user")
	v, eve := g.visitor(), g.visitor()
	consent := v.signIn(v.get(ask()), "ann").shows(http.StatusOK, "Allow")
	foreign := eve.signIn(eve.get(ask()), "eve").shows(http.StatusOK, "Allow")

	nothing := func(p page) {
		t.Helper()
		if strings.Contains(p.header.Get("Location"), "code=") {
			t.Errorf("%s gave a code, want none", p.at)
		}
	}
	nothing(v.post("/consent", "answer", "allow").shows(http.StatusBadRequest, "Authorization error"))
	nothing(v.post("/consent", "answer", "allow", "request", "made-up"))
	nothing(v.post("/consent", append(foreign.fields(), "answer", "allow")...))
	nothing(v.post("/consent", consent.fields()...).shows(http.StatusBadRequest))
	if _, err := g.db.ConsentOf(t.Context(), g.ann.ID, "shop"); err == nil {
		t.Error("a consent was recorded, want none")
	}
	// A request for openid alone asks for consent as well.
	if got := v.get(ask("scope", "openid")); !strings.Contains(got.body, "Allow") {
		t.Errorf("not asked: status %d, sent to %s, want the question for consent", got.status, got.header.Get("Location"))
	}
}

// TestFormsOfOtherSites sends forms from other sites, from an opaque origin, and from a
// plain http page of our own host.
func TestFormsOfOtherSites(t *testing.T) {
	testkit.Long(t)
	for name, c := range map[string]struct {
		headers map[string]string
		https   bool
	}{
		"cross-site":            {map[string]string{"Sec-Fetch-Site": "cross-site"}, false},
		"same-site":             {map[string]string{"Sec-Fetch-Site": "same-site"}, false},
		"null":                  {map[string]string{"Origin": "null"}, false},
		"another origin":        {map[string]string{"Origin": "https://evil.example.com"}, false},
		"in clear":              {map[string]string{"Origin": "http://gate.example.com"}, true},
		"another port":          {map[string]string{"Origin": "https://gate.example.com:8443"}, true},
		"cross-site, ours said": {map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://gate.example.com"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			g := openGate(t, func(cfg *config.Config) {
				if c.https {
					cfg.Issuer = "https://gate.example.com"
					cfg.Audience = cfg.Issuer
				}
			})
			for _, path := range []string{"/login", "/consent", "/logout", "/device", "/setup"} {
				r := httptest.NewRequest("POST", "https://gate.example.com"+path, strings.NewReader("username=ann&password="+url.QueryEscape(secretPhrase)+"&answer=allow"))
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				for name, value := range c.headers {
					r.Header.Set(name, value)
				}
				w := httptest.NewRecorder()
				g.handler.ServeHTTP(w, r)
				if w.Code != http.StatusForbidden || w.Header().Get("Set-Cookie") != "" {
					t.Errorf("%s: status %d, cookies %q, want 403 and no cookie", path, w.Code, w.Header().Get("Set-Cookie"))
				}
			}
		})
	}
}

// TestNoOpenRedirector checks that no parameter sends a browser to an address that is
// not registered.
func TestNoOpenRedirector(t *testing.T) {
	g := openGate(t, nil)
	v := g.visitor()
	for _, evil := range []string{"//evil.example", `/\evil.example`, "https:evil.example", "https://evil.example", "javascript:alert(1)"} {
		for _, path := range []string{
			ask("client_id", "nobody", "redirect_uri", evil), ask("redirect_uri", evil), ask("redirect_uri", evil, "prompt", "none"), ask("redirect_uri", evil, "scope", "no such"),
			"/login?next=" + url.QueryEscape(evil), "/login?request=" + url.QueryEscape(evil), "/consent?request=" + url.QueryEscape(evil),
			"/oauth/authorize?request=" + url.QueryEscape(evil), "/logout?request=" + url.QueryEscape(evil), "/device?user_code=" + url.QueryEscape(evil),
			"/oauth/logout?post_logout_redirect_uri=" + url.QueryEscape(evil), "/oauth/logout?client_id=shop&post_logout_redirect_uri=" + url.QueryEscape(evil),
		} {
			p := v.do("GET", path, nil)
			if to := p.header.Get("Location"); to != "" && (!strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.HasPrefix(to, `/\`)) {
				t.Errorf("%s leads to %s, want a path of ours", path, to)
			}
			if p.status >= 500 {
				t.Errorf("%s: status %d, want one below 500", path, p.status)
			}
		}
	}
	login := v.get("/login?next=//evil.example")
	if got := v.do("POST", "/login", url.Values{"username": {"ann"}, "password": {secretPhrase}, "next": {"//evil.example"}}); got.to() != "/" {
		t.Errorf(`after the sign-in: status %d, sent to %q (%s), want "/"`, got.status, got.to(), login.at)
	}
}

// TestHeadersOfEveryPage checks the headers and cookies that all pages share.
func TestHeadersOfEveryPage(t *testing.T) {
	g := openGate(t, nil)
	v := g.visitor()
	login := v.get(ask())
	pages := []page{
		login, v.get("/nowhere"), v.do("DELETE", "/login", nil), v.get(ask("client_id", "nobody")), v.do("GET", ask(), nil), v.get("/logout"), v.get("/device"),
		v.do("POST", "/login", url.Values{"request": {login.fields()[1]}, "username": {"ann"}, "password": {"wrong"}}),
		v.do("POST", "/login", url.Values{"request": {login.fields()[1]}, "username": {"ann"}, "password": {secretPhrase}}),
		v.get(ask()), v.get("/"),
	}
	for _, p := range pages {
		policy := p.header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "frame-ancestors 'none'") || strings.Contains(policy, "unsafe") || p.header.Get("X-Frame-Options") != "DENY" {
			t.Errorf("%s: policy %q, want frame-ancestors 'none' and nothing unsafe", p.at, policy)
		}
		referrer := "no-referrer"
		if strings.Contains(p.body, "<form") { // otherwise browsers do not say where the form comes from
			referrer = "same-origin"
		}
		if p.header.Get("Cache-Control") != "no-store" || p.header.Get("Referrer-Policy") != referrer {
			t.Errorf(`%s: Cache-Control %q, Referrer-Policy %q, want "no-store" and %q`, p.at, p.header.Get("Cache-Control"), p.header.Get("Referrer-Policy"), referrer)
		}
		for _, inline := range []string{"<script>", "<script type", "<style", " style=", " onclick", " onload"} {
			if strings.Contains(p.body, inline) {
				t.Errorf("%s has %s, want nothing inline", p.at, inline)
			}
		}
		for _, c := range p.header.Values("Set-Cookie") {
			if !strings.Contains(c, "HttpOnly") || !strings.Contains(c, "SameSite=Lax") || !strings.Contains(c, "Path=/") || strings.Contains(c, "Domain") {
				t.Errorf("%s: cookie %s, want HttpOnly, SameSite=Lax, the path / and no domain", p.at, c)
			}
		}
	}
}

func TestCookiesOfAnHTTPSServer(t *testing.T) {
	g := openGate(t, func(cfg *config.Config) { cfg.Issuer = "https://gate.example.com"; cfg.Audience = cfg.Issuer })
	p := g.visitor().do("POST", "/login", url.Values{"username": {"ann"}, "password": {secretPhrase}})
	cookies := strings.Join(p.header.Values("Set-Cookie"), "\n")
	for _, name := range []string{"__Host-gh_sid=", "__Host-gh_pre="} {
		i := strings.Index(cookies, name)
		if i < 0 || !strings.Contains(strings.SplitN(cookies[i:], "\n", 2)[0], "; Secure") {
			t.Errorf("%s is not there, or not Secure, want both:\n%s", name, cookies)
		}
	}
}

// TestNamesAreText checks that pages escape the names of people and apps.
func TestNamesAreText(t *testing.T) {
	const evil = `"><svg/onload=alert(1)>{{7*7}}<b>`
	g := openGate(t, nil)
	g.shop("evil", func(c *store.Client) { c.Name = evil })
	v := g.visitor()
	login := v.get(ask("client_id", "evil", "login_hint", evil, "state", evil))
	consent := v.signIn(login, "ann").shows(http.StatusOK, evil)
	logout := v.get("/oauth/logout?client_id=evil&state=" + url.QueryEscape(evil) + "&post_logout_redirect_uri=" + url.QueryEscape(shopBye))
	again := v.do("POST", "/login", url.Values{"username": {evil}, "password": {"x"}})
	for _, p := range []page{login, consent, logout, again, v.get("/device?user_code=" + url.QueryEscape(evil))} {
		if strings.Contains(p.body, "<svg/onload") || strings.Contains(p.body, "<b>") {
			t.Errorf("%s has a name as markup, want it escaped:\n%s", p.at, p.body)
		}
	}
}

// TestLogoutMatrix checks who is asked and who is sent where (RP-Initiated Logout 1.0).
func TestLogoutMatrix(t *testing.T) {
	g := openGate(t, nil)
	g.shop("other", func(c *store.Client) { c.PostLogoutRedirectURIs = []string{"https://other.example.com/bye"} })
	g.person("bob", "user")
	annsToken := g.redeem(g.visitor().code())["id_token"].(string)
	forged := annsToken[:len(annsToken)-8] + "AAAAAAAA"
	bye, query := "post_logout_redirect_uri="+url.QueryEscape(shopBye), func(parts ...string) string { return "/oauth/logout?" + strings.Join(parts, "&") }
	for _, c := range []struct {
		name, path string
		as         string // who is signed in
		outcome    string // asked, out, error, or an address
		stays      bool
	}{
		{"their app, with a hint", query("id_token_hint="+annsToken, bye), "ann", shopBye, false},
		{"with a hint and nowhere to go", query("id_token_hint=" + annsToken), "ann", "out", false},
		{"with a hint and client_id", query("id_token_hint="+annsToken, "client_id=shop", bye), "ann", shopBye, false},
		{"with a hint and another client_id", query("id_token_hint="+annsToken, "client_id=other", bye), "ann", "error", true},
		{"with a hint and an address that is not registered", query("id_token_hint="+annsToken, bye+"x"), "ann", "error", true},
		{"with a hint and a longer query", query("id_token_hint="+annsToken, bye+url.QueryEscape("?x=1")), "ann", "error", true},
		{"with a hint and another app's address", query("id_token_hint="+annsToken, "post_logout_redirect_uri=https://other.example.com/bye"), "ann", "error", true},
		{"a forged hint", query("id_token_hint="+forged, bye), "ann", "asked", true},
		{"without a hint", query(bye), "ann", "asked", true},
		{"with client_id alone", query("client_id=shop", bye), "ann", "asked", true},
		{"somebody else's hint", query("id_token_hint="+annsToken, bye), "bob", "asked", true},
		{"nothing", "/oauth/logout", "ann", "asked", true},
		{"nobody is signed in, with a hint", query("id_token_hint="+annsToken, bye), "", shopBye, false},
		{"nobody is signed in, with client_id", query("client_id=shop", bye), "", "out", false},
		{"nobody is signed in", "/oauth/logout", "", "out", false},
		{"the same parameter twice", query("state=1", "state=2"), "ann", "error", true},
		{"a hint that is not a token of ours", query("id_token_hint=x.y.z", bye), "ann", "asked", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := g.visitor()
			v.t = t
			if c.as != "" {
				v.signIn(v.get("/login"), c.as).shows(http.StatusOK, "You are signed in")
			}
			p := v.get(c.path)
			switch c.outcome {
			case "asked":
				p.shows(http.StatusOK, "Sign out?", ">Sign out</button>")
			case "out":
				p.shows(http.StatusOK, "signed out")
			case "error":
				p.shows(http.StatusBadRequest, "Authorization error", p.header.Get("X-Request-Id"))
			default:
				p.leads(c.outcome)
			}
			if in := strings.Contains(v.get("/").body, "You are signed in"); in != c.stays {
				t.Errorf("signed in afterwards: %v, want %v", in, c.stays)
			}
		})
	}
}

func TestTheLogoutPage(t *testing.T) {
	g := openGate(t, nil)
	v := g.visitor()
	v.signIn(v.get("/login"), "ann").shows(http.StatusOK, "You are signed in")
	asked := v.get("/oauth/logout?client_id=shop&state=s&post_logout_redirect_uri="+url.QueryEscape(shopBye)).shows(http.StatusOK, "Photo Shop", "Sign out?")
	if got := v.post("/logout", asked.fields()...).leads(shopBye); got.Get("state") != "s" {
		t.Errorf(`back with %v, want the state "s"`, got)
	}
	v.get("/logout").shows(http.StatusOK, "You are signed out")
	v.signIn(v.get("/login"), "ann").shows(http.StatusOK, "You are signed in")
	v.post("/logout").shows(http.StatusOK, "You are signed out")

	// A form on the app's own site sends no cookie.
	v.signIn(v.get("/login"), "ann").shows(http.StatusOK, "You are signed in")
	stranger := g.visitor()
	sealed := stranger.do("POST", "/oauth/logout", url.Values{"client_id": {"shop"}}).header.Get("Location")
	v.get(sealed).shows(http.StatusOK, "Sign out?")
}

// TestAppsAreToldOfASignOut checks that every app of the browser session gets a signed
// logout token (OpenID Connect Back-Channel Logout 1.0).
func TestAppsAreToldOfASignOut(t *testing.T) {
	testkit.Long(t)
	told := make(chan url.Values, 4)
	app := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		told <- r.PostForm
	}))
	defer app.Close()
	for private, limit := range map[bool]time.Duration{true: 30 * time.Second, false: 4 * time.Second} {
		g := openGate(t, func(cfg *config.Config) { cfg.PrivateTargets = private })
		g.shop("listener", func(c *store.Client) {
			c.BackchannelLogoutURI = app.URL + "/logout"
			c.AuthMethod = "none"
			c.Secrets = nil
		})
		v := g.visitor()
		code := v.code("client_id", "listener")
		g.public(code)
		v.post("/logout").shows(http.StatusOK, "signed out")
		select {
		case form := <-told:
			if !private {
				t.Errorf("an app at a private address was called, want no call: %v", form)
			}
			v, err := g.ring.Verify(t.Context(), form.Get("logout_token"))
			if err != nil || v.Type != "logout+jwt" || !strings.Contains(string(v.Payload), g.ann.Sub) || !strings.Contains(string(v.Payload), `"sid":`) ||
				!strings.Contains(string(v.Payload), `"http://schemas.openid.net/event/backchannel-logout":{}`) || strings.Contains(string(v.Payload), "nonce") {
				t.Errorf("told %v: %s, %v; want a logout token for ann with a sid", form, v.Payload, err)
			}
		case <-time.After(limit):
			if private {
				t.Error("the app was not told")
			}
		}
	}
}

// public redeems a code of the app listener, which has no secret.
func (g *gate) public(code string) {
	g.t.Helper()
	resp, err := http.PostForm(g.door.URL+"/oauth/token", url.Values{
		"grant_type": {"authorization_code"}, "client_id": {"listener"}, "code": {code}, "redirect_uri": {shopURI}, "code_verifier": {verifier},
	})
	if err != nil || resp.StatusCode != http.StatusOK {
		g.t.Fatalf("answer %v, %v; want 200", resp, err)
	}
	resp.Body.Close()
}
