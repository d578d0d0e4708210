package signin_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"gatehouse/internal/oauth/authorize"
	"gatehouse/store"
)

func TestAPersonSignsInAndAllowsAnApp(t *testing.T) {
	s := open(t)
	v := s.visitor()
	login := v.get(ask()).shows(http.StatusOK, "<h1>Sign in</h1>", "Photo Shop", `autocomplete="current-password"`)
	consent := v.signIn(login, "ann").shows(http.StatusOK, "Photo Shop", "ann@example.com", "shop.example.com", "Allow", "Deny")
	answer := v.post("/consent", consent, "answer", "allow").leads(shopURI)
	if answer.Get("code") == "" || answer.Get("state") != "a state" || answer.Get("iss") != s.door.URL {
		t.Errorf("answer = %v, want a code, the state and the issuer", answer)
	}
	if again := v.get(ask("state", "2")).leads(shopURI); again.Get("code") == "" || again.Get("state") != "2" {
		t.Errorf("answer = %v, want a code at once the second time", again)
	}
	v.get("/").shows(http.StatusOK, "ann@example.com")
}

func TestARefusalGoesToTheApp(t *testing.T) {
	v := open(t).visitor()
	consent := v.signIn(v.get(ask()), "ann").shows(http.StatusOK, "Deny")
	answer := v.post("/consent", consent, "answer", "deny").leads(shopURI)
	if answer.Get("error") != "access_denied" || answer.Has("code") {
		t.Errorf("answer = %v, want access_denied and no code", answer)
	}
}

// A POST from the app's own site carries no cookie, so it is redirected to a GET.
func TestAnAppMayAskByPOST(t *testing.T) {
	v := open(t).visitor()
	first := v.do(authorize.Path, asked())
	if first.header.Get("Set-Cookie") != "" {
		t.Errorf("Set-Cookie = %q, want none in the answer to a POST", first.header.Get("Set-Cookie"))
	}
	v.follow(first).shows(http.StatusOK, "<h1>Sign in</h1>", "Photo Shop")
	if got := v.do(authorize.Path+"?x=%zz", nil); got.status != http.StatusBadRequest {
		t.Errorf("status of a query that cannot be read = %d, want 400", got.status)
	}
}

func TestAnAnswerCanBeAForm(t *testing.T) {
	v := open(t).visitor()
	p := v.get(ask("prompt", "none", "response_mode", "form_post")).shows(http.StatusOK, `action="`+shopURI+`"`, `value="login_required"`)
	if policy := p.header.Get("Content-Security-Policy"); strings.Contains(policy, "form-action") || !strings.Contains(policy, "default-src 'none'") {
		t.Errorf("Content-Security-Policy = %q, want no bound on where the app sends the form on, and the others", policy)
	}
}

func TestEveryRefusedSignInLooksTheSame(t *testing.T) {
	v := open(t).visitor()
	login := v.get(ask())
	pages := map[string]string{}
	for name, secret := range map[string]string{"ann": "wrong", "nobody": "wrong", "nobody@example.com": annsPassword} {
		got := v.post("/login", login, "username", name, "password", secret).shows(http.StatusUnprocessableEntity, `value="`+name+`"`, "do not match")
		if strings.Contains(got.body, secret) && secret == annsPassword {
			t.Errorf("the page for %s has the password in it, want it left out", name)
		}
		pages[strings.ReplaceAll(got.body, name, "")] = name
	}
	if len(pages) != 1 {
		t.Errorf("got %d different pages, want one for every reason", len(pages))
	}
}

func TestGuessingPasswordsIsThrottled(t *testing.T) {
	s := open(t)
	v := s.visitor()
	login := v.get(ask())
	for range s.limits.Rules.SignIn.Free {
		v.post("/login", login, "username", "ann", "password", "wrong").shows(http.StatusUnprocessableEntity)
	}
	for range 2 { // the first beyond the free ones makes the next one wait
		login = v.post("/login", login, "username", "ann", "password", "wrong")
	}
	login.shows(http.StatusTooManyRequests, "Too many tries. Please wait ", `value="ann"`)
	if login.header.Get("Retry-After") == "" {
		t.Error("Retry-After = \"\", want seconds")
	}
}

func TestTheSignInPageForSomebodyWhoIsSignedIn(t *testing.T) {
	s := open(t)
	s.person("bob")
	v := s.visitor()
	v.signIn(v.get("/login"), "ann").shows(http.StatusOK, "ann@example.com")
	v.get("/login").shows(http.StatusOK, "You are signed in") // home
	login := v.get(ask("prompt", "login")).shows(http.StatusOK, "You are signed in as", "Use another account")
	_, link, _ := strings.Cut(login.body, `href="/login?another`)
	link, _, _ = strings.Cut(link, `"`)
	other := v.get("/login?another" + strings.ReplaceAll(link, "&amp;", "&"))
	if strings.Contains(other.body, "You are signed in as") {
		t.Errorf("the page for another account names ann, want it to ask who signs in:\n%s", other.body)
	}
	v.signIn(other, "bob").shows(http.StatusOK, "bob@example.com", "Allow")
}

// A request belongs to the browser that began it, and to the person who was shown the
// question.
func TestARequestThatMovesToAnotherBrowserStartsAgain(t *testing.T) {
	s := open(t)
	s.person("eve")
	first, second := s.visitor(), s.visitor()
	carried := first.do(ask(), nil).header.Get("Location")
	anew := second.get(carried).shows(http.StatusOK, "<h1>Sign in</h1>")
	sealed := url.QueryEscape(anew.form().Get("request"))
	if sealed == "" || strings.Contains(carried, sealed) {
		t.Errorf("request = %q, want another one than that of %s", sealed, carried)
	}
	second.signIn(first.get(carried), "ann") // the form of the first browser
	consent := first.signIn(first.get(ask()), "ann").shows(http.StatusOK, "Allow")
	eve := s.visitor()
	eve.signIn(eve.get("/login"), "eve").shows(http.StatusOK, "eve@example.com")
	for _, p := range []page{
		eve.post("/consent", consent, "answer", "allow"), eve.get("/consent?" + consent.form().Encode()),
		first.post("/consent", page{t: t}, "answer", "allow"),
	} {
		if strings.Contains(p.to(), "code=") {
			t.Errorf("%s gave a code, want none", p.at)
		}
	}
	if _, err := s.db.ConsentOf(t.Context(), s.ann.ID, "shop"); err == nil {
		t.Error("a consent of ann is recorded, want none")
	}
}

func TestFormsThatCannotBeRead(t *testing.T) {
	v := open(t).visitor()
	consent := v.signIn(v.get(ask()), "ann").shows(http.StatusOK, "Allow")
	v.post("/consent", consent).shows(http.StatusBadRequest, "neither of the two answers")
	v.post("/device", page{}, "user_code", "BBBB-BBBB").shows(http.StatusBadRequest, "neither of the two answers")
	for _, path := range []string{"/login", "/consent", "/logout", "/device"} {
		resp, err := v.client.Post(v.door.URL+path, "text/plain", strings.NewReader("x"))
		v.must("posting to "+path, err)
		resp.Body.Close()
		if resp.StatusCode != http.StatusBadRequest {
			t.Errorf("POST %s in text/plain: status = %d, want 400", path, resp.StatusCode)
		}
	}
	v.get("/login?request=made-up").shows(http.StatusBadRequest, "Authorization error")
	v.get("/consent?request=made-up").shows(http.StatusBadRequest, "Authorization error")
	v.get("/logout?request=made-up").shows(http.StatusOK, "Sign out?") // as without one
}

func TestOtherSitesCannotSendOurForms(t *testing.T) {
	s := open(t)
	for _, path := range []string{"/login", "/consent", "/logout", "/device"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.door.URL+path, strings.NewReader(""))
		s.must("making a request", err)
		r.Header.Set("Origin", "https://evil.example.com")
		resp, err := http.DefaultClient.Do(r)
		s.must("posting to "+path, err)
		resp.Body.Close()
		if resp.StatusCode != http.StatusForbidden || resp.Header.Get("Set-Cookie") != "" {
			t.Errorf("POST %s: status = %d with cookie %q, want 403 and none", path, resp.StatusCode, resp.Header.Get("Set-Cookie"))
		}
	}
}

// The developer of an app learns which parameter is at fault. Nobody who writes a link
// can make our page say a sentence.
func TestARefusalOfAnAppShowsWhatItSent(t *testing.T) {
	v := open(t).visitor()
	long := "https://shop.example.com/" + strings.Repeat("a", 1000)
	for path, want := range map[string]string{
		ask("redirect_uri", shopURI+"?x=1&y"):             "<code>redirect_uri=https://shop.example.com/cb?x=1&y</code>",
		ask("redirect_uri", "Call 555 0100 \u202enow<b>"): "<code>redirect_uri=Call%20555%200100%20%E2%80%AEnow<b></code>",
		ask("redirect_uri", long):                         "<code>redirect_uri=" + long[:400] + "…</code>",
		ask("client_id", "shopp"):                         "<code>client_id=shopp</code>",
		"/oauth/logout?client_id=shop&post_logout_redirect_uri=" + url.QueryEscape(shopBye+"/"): "<code>post_logout_redirect_uri=" + shopBye + "/</code>",
	} {
		p := v.get(path).shows(http.StatusBadRequest, "Authorization error", want)
		if strings.Contains(p.body, "now<b>") || strings.Contains(p.body, `href="https`) {
			t.Errorf("%s: the page runs or links what the app sent, want it as text:\n%s", p.at, p.body)
		}
	}
}

func TestNamesAreText(t *testing.T) {
	const evil = `"><svg/onload=alert(1)>`
	s := open(t)
	s.app("evil", func(c *store.Client) { c.Name = evil })
	v := s.visitor()
	login := v.get(ask("client_id", "evil", "login_hint", evil))
	for _, p := range []page{login, v.signIn(login, "ann"), v.get("/oauth/logout?client_id=evil"), v.get("/device?user_code=" + url.QueryEscape(evil))} {
		if strings.Contains(p.body, "<svg/onload") || strings.Contains(p.body, "alert(1)>") {
			t.Errorf("%s runs the name of an app, want it escaped:\n%s", p.at, p.body)
		}
	}
}

func TestAMethodThatAPageDoesNotHave(t *testing.T) {
	s := open(t)
	for _, path := range []string{"/login", "/oauth/logout"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, s.door.URL+path, nil)
		s.must("making a request", err)
		resp, err := http.DefaultClient.Do(r)
		s.must("asking for "+path, err)
		resp.Body.Close()
		if resp.StatusCode != http.StatusMethodNotAllowed || resp.Header.Get("Allow") != "GET, HEAD, POST" {
			t.Errorf("DELETE %s: status = %d, Allow = %q; want 405 and GET, HEAD, POST", path, resp.StatusCode, resp.Header.Get("Allow"))
		}
	}
}
