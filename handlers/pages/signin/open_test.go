package signin_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse/store"
)

// Browsers apply the form-action of a page to the redirects that follow its form, and the
// app may redirect anywhere. So no form is answered with a redirect, wherever it leads.
func TestNoFormIsAnsweredWithARedirect(t *testing.T) {
	s := open(t)
	s.app("mobile", func(c *store.Client) { c.RedirectURIs = []string{"claude://cb?x=1"} })
	v := s.visitor()
	v.do("/device", url.Values{"user_code": {"BBBB-BBBB"}, "answer": {"allow"}}).goesOn("/login?user_code=BBBB-BBBB")
	login := v.get(ask()).shows(http.StatusOK, "<h1>Sign in</h1>")
	signedIn := v.do("/login", login.form("username", "ann", "password", annsPassword)).goesOn("/consent?request=")
	consent := v.follow(signedIn).shows(http.StatusOK, "Allow")
	v.do("/consent", consent.form("answer", "allow")).goesOn(shopURI + "?code=")
	mobile := v.get(ask("client_id", "mobile", "redirect_uri", "claude://cb?x=1"))
	v.do("/consent", mobile.form("answer", "deny")).goesOn("claude://cb?x=1&error=access_denied")
	v.do("/logout", v.get("/oauth/logout?client_id=shop&post_logout_redirect_uri="+url.QueryEscape(shopBye)).form()).goesOn(shopBye)
}

// goesOn fails unless the page goes on to an address that begins like this, by itself and
// by a link, and leaves no trace of it.
func (p page) goesOn(to string) page {
	p.t.Helper()
	if p.status != http.StatusOK || p.header.Get("Location") != "" || !strings.HasPrefix(p.to(), to) {
		p.t.Fatalf("%s: status %d to %q, want a page that goes on to %s\n%s", p.at, p.status, p.to(), to, p.body)
	}
	_, link, _ := strings.Cut(p.body, `<a class="button" href="`)
	_, refresh, _ := strings.Cut(p.body, `content="0; url=`)
	link, _, _ = strings.Cut(link, `"`)
	refresh, _, _ = strings.Cut(refresh, `"`)
	if link != refresh {
		p.t.Errorf("%s: the link leads to %s, want %s, as the page by itself", p.at, link, refresh)
	}
	for name, want := range map[string]string{"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"} {
		if got := p.header.Get(name); got != want {
			p.t.Errorf("%s: %s = %q, want %q", p.at, name, got, want)
		}
	}
	if policy := p.header.Get("Content-Security-Policy"); !strings.Contains(policy, "form-action 'self';") {
		p.t.Errorf("%s: Content-Security-Policy = %q, want form-action 'self'", p.at, policy)
	}
	return p
}

// A page that was left open for long begins the app's request anew.
func TestAPageLeftOpenIsNoDeadEnd(t *testing.T) {
	for name, pairs := range map[string][]string{"as asked": nil, "with a new sign-in": {"prompt", "login"}, "with a new consent": {"prompt", "consent"}} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			v := s.visitor()
			login := v.get(ask(pairs...)).shows(http.StatusOK, "<h1>Sign in</h1>")
			s.wait(16 * time.Minute)
			consent := v.signIn(login, "ann").shows(http.StatusOK, "Allow")
			s.wait(16 * time.Minute)
			if name != "with a new sign-in" {
				v.get("/consent?"+consent.form().Encode()).shows(http.StatusOK, "Allow") // a reload
			}
			next := v.post("/consent", consent, "answer", "allow")
			if strings.Contains(next.body, "<h1>Sign in</h1>") { // the one that the app asked for was long ago
				next = v.signIn(next, "ann")
			}
			if answer := next.leads(shopURI); answer.Get("code") == "" || answer.Get("state") != "a state" {
				t.Errorf("answer = %v, want a code and the state", answer)
			}
		})
	}
}

// A sign-in of long ago does not count as made for a request that begins anew.
func TestARequestThatBeginsAnewAsksForTheSignInAgain(t *testing.T) {
	s := open(t)
	v := s.visitor()
	login := v.get(ask("prompt", "login"))
	v.signIn(login, "ann").shows(http.StatusOK, "Allow")
	s.wait(16 * time.Minute)
	v.get("/oauth/authorize?"+login.form().Encode()).shows(http.StatusOK, "Type your password again")
}

// A question that was put to one person cannot be answered by another, who has signed in
// at the same browser since. A sign-in page names whom it signs in, and setup has no
// person yet.
func TestAQuestionIsAnsweredByThePersonWhoSawIt(t *testing.T) {
	s := open(t)
	bob := s.person("bob")
	v := s.visitor()
	code := s.began().UserCode
	device := v.signIn(v.get("/device?user_code="+code), "ann").shows(http.StatusOK, "Connect a device to", "ann@example.com")
	consent := v.get(ask()).shows(http.StatusOK, "Allow", "ann@example.com")
	logout := v.get("/logout").shows(http.StatusOK, "Sign out?", "ann@example.com")
	leaving := v.get("/oauth/logout?client_id=shop&post_logout_redirect_uri="+url.QueryEscape(shopBye)).shows(http.StatusOK, "asks to sign you out")
	v.signIn(v.get("/login?another=1"), "bob").shows(http.StatusOK, "bob@example.com")

	for _, answer := range []string{"allow", "deny"} {
		v.post("/device", device, "answer", answer).shows(http.StatusOK, "Connect a device to", "bob@example.com")
		v.post("/consent", consent, "answer", answer).shows(http.StatusOK, "Allow", "bob@example.com")
	}
	v.post("/logout", logout).shows(http.StatusOK, "Sign out?", "bob@example.com")
	again := v.post("/logout", leaving).shows(http.StatusOK, "asks to sign you out", "bob@example.com")
	for _, u := range []store.User{s.ann, bob} {
		if _, err := s.db.ConsentOf(t.Context(), u.ID, "shop"); err == nil {
			t.Errorf("a consent of %s is recorded, want none", u.Username)
		}
	}
	v.post("/device", v.get("/device?user_code="+code), "answer", "deny").shows(http.StatusOK, "Device refused") // nothing was decided
	v.post("/logout", again).leads(shopBye)
}

// Two tabs wait for a sign-in. When one has it, the other goes on by itself.
func TestTheOtherTabGoesOnByItself(t *testing.T) {
	s := open(t)
	v := s.visitor()
	first, second := v.get(ask("state", "1")), v.get(ask("state", "2"))
	code := s.began().UserCode
	third := "/login?user_code=" + code
	v.get(third).shows(http.StatusOK, "<h1>Sign in</h1>")
	consent := v.signIn(first, "ann").shows(http.StatusOK, "Allow")
	reload := "/login?" + second.form().Encode()
	other := v.get(reload).shows(http.StatusOK, "Allow")
	v.get(third).shows(http.StatusOK, "Connect a device to")
	v.post("/consent", consent, "answer", "allow").leads(shopURI)
	for _, at := range []string{reload, "/consent?" + other.form().Encode()} {
		if answer := v.get(at).leads(shopURI); answer.Get("state") != "2" || answer.Get("code") == "" {
			t.Errorf("answer at %s = %v, want a code for the second tab", at, answer)
		}
	}
	v.get(reload+"&another=1").shows(http.StatusOK, "<h1>Sign in</h1>") // the person chose to
	v.signIn(second, "ann").leads(shopURI)                              // a tab that was not reloaded
}
