package oauth_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

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

func TestASignInIsFreshForTenMinutes(t *testing.T) {
	at := time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)
	b := oauth.Browser{Session: store.BrowserSession{SignIn: store.SignIn{At: at}}}
	for after, want := range map[time.Duration]bool{0: true, 10 * time.Minute: true, 10*time.Minute + time.Millisecond: false} {
		if got := b.Fresh(at.Add(after)); got != want {
			t.Errorf("%s after a sign-in it is fresh: %t, want %t", after, got, want)
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
