package signin_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// This table follows RP-Initiated Logout 1.0: it says who is asked, and where people are
// sent.
func TestLogoutRequestsOfApps(t *testing.T) {
	s := open(t)
	s.person("bob")
	hint, bye := "id_token_hint="+s.hint(), "post_logout_redirect_uri="+url.QueryEscape(shopBye)
	for _, c := range []struct {
		name, query, as string // as names the person who is signed in
		want            string // asked, out, refused, or an address
		stays           bool
	}{
		{"a hint and an address", hint + "&" + bye + "&state=s", "ann", shopBye, false},
		{"a hint alone", hint, "ann", "out", false},
		{"a hint and another address", hint + "&" + bye + "x", "ann", "refused", true},
		{"the hint of somebody else", hint + "&" + bye, "bob", "asked", true},
		{"a forged hint", hint + "A&" + bye, "ann", "asked", true},
		{"the app's name and an address", "client_id=shop&" + bye, "ann", "asked", true},
		{"nothing", "", "ann", "asked", true},
		{"a parameter twice", "state=1&state=2", "ann", "refused", true},
		{"a query that cannot be read", "state=%zz", "ann", "refused", true},
		{"a hint, and nobody is signed in", hint + "&" + bye, "", shopBye, false},
		{"an address, and nobody is signed in", "client_id=shop&" + bye, "", "out", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := s.visitor()
			if c.as != "" {
				v.signIn(v.get("/login"), c.as).shows(http.StatusOK, "You are signed in")
			}
			p := v.get("/oauth/logout?" + c.query)
			switch c.want {
			case "asked":
				p.shows(http.StatusOK, "Sign out?", c.as+"@example.com")
			case "out":
				p.shows(http.StatusOK, "You are signed out")
			case "refused":
				p.shows(http.StatusBadRequest, "Authorization error")
			default:
				p.leads(c.want)
			}
			if stays := strings.Contains(v.get("/").body, "You are signed in"); stays != c.stays {
				t.Errorf("signed in afterwards = %v, want %v", stays, c.stays)
			}
		})
	}
}

func TestTheAnswerLeadsBackToTheApp(t *testing.T) {
	v := open(t).visitor()
	v.signIn(v.get("/login"), "ann").shows(http.StatusOK, "You are signed in")
	asked := v.get("/oauth/logout?client_id=shop&state=s&post_logout_redirect_uri="+url.QueryEscape(shopBye)).shows(http.StatusOK, "Photo Shop", "Sign out?")
	if got := v.post("/logout", asked).leads(shopBye); got.Get("state") != "s" {
		t.Errorf("state = %q, want s", got.Get("state"))
	}
}

func TestSigningOutHere(t *testing.T) {
	v := open(t).visitor()
	v.signIn(v.get("/login"), "ann").shows(http.StatusOK, "You are signed in")
	asked := v.get("/logout").shows(http.StatusOK, "Sign out?")
	v.post("/logout", asked).shows(http.StatusOK, "You are signed out")
	v.get("/").shows(http.StatusOK, `href="/login"`)
}

// A form on an app's own site carries no cookie, so only the GET that follows shows who
// is signed in.
func TestAnAppMayAskForASignOutByPOST(t *testing.T) {
	s := open(t)
	v := s.visitor()
	v.signIn(v.get("/login"), "ann").shows(http.StatusOK, "You are signed in")
	sealed := s.visitor().do("/oauth/logout", url.Values{"client_id": {"shop"}})
	if sealed.status != http.StatusSeeOther || !strings.HasPrefix(sealed.header.Get("Location"), "/logout?request=") {
		t.Fatalf("status %d to %q, want 303 to /logout?request=…", sealed.status, sealed.header.Get("Location"))
	}
	v.follow(sealed).shows(http.StatusOK, "Sign out?", "Photo Shop")
}
