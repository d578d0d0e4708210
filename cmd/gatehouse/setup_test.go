package main

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

var firstToken = regexp.MustCompile(`Bearer <span class="value">([^<]+)</span>`)

// TestTheFirstAdministratorIsSignedIn: the link leads into the console, and to a token that
// works and can do what the administrator may.
func TestTheFirstAdministratorIsSignedIn(t *testing.T) {
	g := openGate(t, nil)
	link, offered, err := g.people.Offer(t.Context())
	if err != nil || !offered {
		t.Fatalf("offering the link: %t, %v, want one", offered, err)
	}
	v := g.visitor()
	form := url.Values{"token": {link}, "username": {"mara"}, "email": {"mara@example.com"}, "password": {secretPhrase}}
	done := v.do("POST", "/setup", form).shows(http.StatusCreated, "You are in, mara", "signed in as")
	if got := done.header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("the page with the token has Cache-Control %q, want no-store", got)
	}
	found := firstToken.FindStringSubmatch(done.body)
	if found == nil {
		t.Fatalf("the page has no token, want one:\n%s", done.body)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, g.door.URL+"/api/accounts/profile/", nil)
	if err != nil {
		t.Fatalf("making the request: %v", err)
	}
	r.Header.Set("Authorization", "Bearer "+found[1])
	resp, err := http.DefaultClient.Do(r)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("the command of the page: %v, %v, want 200", resp, err)
	}
	_ = resp.Body.Close()
	v.get("/console").shows(http.StatusOK, "mara", "ann")
	v.get("/console/apps").shows(http.StatusOK, "Photo Shop")
	again := v.do("POST", "/setup", form).shows(http.StatusGone, "This link no longer works")
	if strings.Contains(again.body, "Bearer") {
		t.Error("the second try shows a token, want none")
	}
}
