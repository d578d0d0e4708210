package oauth_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/authz"
	"gatehouse/internal/oauth"
	"gatehouse/store"
)

func TestAUserErrorKeepsItsReasonFromThePerson(t *testing.T) {
	err := error(oauth.MessageStale.Because("opening a request: %w", io.ErrUnexpectedEOF))
	shown, ok := errors.AsType[*oauth.UserError](err)
	if !ok || shown.Message != oauth.MessageStale || strings.Contains(string(shown.Message), "EOF") {
		t.Errorf("message = %+v, want MessageStale and no reason", shown)
	}
	if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), "opening a request") {
		t.Errorf("error = %v, want its reason and cause in it, for the log", err)
	}
}

// Every scope that can be registered has an explanation for the consent page.
func TestEveryScopeIsExplained(t *testing.T) {
	var got []string
	for _, text := range oauth.Explain(authz.AllScopes) {
		got = append(got, text.Token)
		if text.Text == "" {
			t.Errorf("text of scope %s is empty, want a sentence", text.Token)
		}
	}
	if want := len(authz.AllScopes.Tokens()); len(got) != want {
		t.Errorf("explained scopes = %q, want all %d of %q", got, want, authz.AllScopes)
	}
	want := []oauth.ScopeText{{Token: "openid", Text: "Know that it is you"}, {Token: "email", Text: "See your e-mail address"}}
	if diff := cmp.Diff(want, oauth.Explain("email unknown openid")); diff != "" {
		t.Errorf("explanation of a scope (-want +got):\n%s", diff)
	}
}

func TestGrantedScope(t *testing.T) {
	for _, c := range []struct {
		registered string
		asked      authz.Scope
		want       authz.Scope
		refused    bool
	}{
		{"openid email", "", "openid email", false},
		{"openid email", "email", "email", false},
		{"openid email", "email phone", "", true},
		{"", "openid", "", true},
	} {
		got, err := oauth.GrantedScope(store.Client{Scope: c.registered}, c.asked)
		if got != c.want || errors.Is(err, oauth.InvalidScope) != c.refused {
			t.Errorf("GrantedScope(%q, %q) = %q, %v, want %q, refused: %t", c.registered, c.asked, got, err, c.want, c.refused)
		}
	}
}

func TestSignedIn(t *testing.T) {
	session, user := store.BrowserSession{ID: "s"}, store.User{ID: 1}
	for _, c := range []struct {
		browser oauth.Browser
		want    bool
	}{
		{oauth.Browser{Pre: "cookie", Session: session, User: user}, true},
		{oauth.Browser{Pre: "cookie"}, false},
		{oauth.Browser{Session: session}, false},
		{oauth.Browser{User: user}, false},
	} {
		if got := c.browser.SignedIn(); got != c.want {
			t.Errorf("SignedIn of %+v = %t, want %t", c.browser, got, c.want)
		}
	}
}

func TestNotBase64URL(t *testing.T) {
	if s := "AZaz09-_"; strings.ContainsFunc(s, oauth.NotBase64URL) {
		t.Errorf("%q has a character outside base64url, want none", s)
	}
	for _, r := range "+/= .~@[`{\x00é" {
		if !oauth.NotBase64URL(r) {
			t.Errorf("NotBase64URL(%q) = false, want true", r)
		}
	}
}
