package signin_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// A name alone leads to the second step, which does not tell whether anybody has it.
func TestTheSecondStepIsTheSameForEveryName(t *testing.T) {
	s := open(t)
	of := func(name string) string {
		v := s.visitor()
		p := v.post("/login", v.get("/login"), "username", name).shows(http.StatusOK, "Type your password", name)
		if strings.Contains(p.body, `id="username"`) || !strings.Contains(p.body, `autocomplete="username" readonly`) {
			t.Errorf("the second step asks for the name, want it carried for password managers alone:\n%s", p.body)
		}
		return strings.ReplaceAll(p.body, name, "NAME")
	}
	if ann, nobody := of("ann"), of("ayy"); ann != nobody {
		t.Errorf("the second steps of a person and of nobody differ, want the same:\n%s\n%s", ann, nobody)
	}
}

func TestTheSecondStepSignsIn(t *testing.T) {
	s := open(t)
	v := s.visitor()
	second := v.post("/login", v.get(ask()), "username", "ann").shows(http.StatusOK, "to continue to")
	wrong := v.post("/login", second, "username", "ann", "password", "wrong").shows(http.StatusUnprocessableEntity, "Type your password", "do not match")
	v.post("/login", wrong, "username", "ann", "password", annsPassword).shows(http.StatusOK, "wants to use your account")
}

// TestStayingSignedInIsAChoice: without it, the cookie ends with the browser.
func TestStayingSignedInIsAChoice(t *testing.T) {
	s := open(t)
	for stay, want := range map[string]string{"": "", "1": "Max-Age="} {
		got := s.visitor().do("/login", url.Values{"username": {"ann"}, "password": {annsPassword}, "stay": {stay}})
		for _, cookie := range got.header.Values("Set-Cookie") {
			if strings.HasPrefix(cookie, "gh_sid") && strings.Contains(cookie, "Max-Age=") != (want != "") {
				t.Errorf("stay %q: the cookie is %s, want %q in it", stay, cookie, want)
			}
		}
	}
}

// TestASignInGoesBackToTheRoomThatAskedForIt, and never elsewhere.
func TestASignInGoesBackToTheRoomThatAskedForIt(t *testing.T) {
	s := open(t)
	for to, want := range map[string]string{"/console/people": "/console/people", "/console/people?search=x&role=user": "/console/people?role=user&search=x", "/account?x=//evil.example": "/account?x=%2F%2Fevil.example", "/\\evil.example?x=1": "/", "//evil.example": "/", "https://evil.example/account": "/"} {
		v := s.visitor()
		at := v.do("/login?to="+url.QueryEscape(to), nil)
		if got := v.do("/login", at.form("username", "ann", "password", annsPassword)).to(); got != want {
			t.Errorf("to %s: led to %s, want %s", to, got, want)
		}
	}
}

// An app may say in which language its person reads the pages.
func TestTheAppAsksForALanguage(t *testing.T) {
	s := open(t)
	v := s.visitor()
	login := v.get(ask("ui_locales", "xx de")).shows(http.StatusOK, "Anmelden", `<html lang="de">`)
	v.signIn(login, "ann").shows(http.StatusOK, "möchte Ihr Konto verwenden")
	english := s.visitor()
	english.get(ask()).shows(http.StatusOK, `<html lang="en">`)
}
