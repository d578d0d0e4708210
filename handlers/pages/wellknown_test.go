package pages_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"gatehouse/handlers/pages"
)

func TestWellKnownAddresses(t *testing.T) {
	now := time.Date(2026, 11, 3, 12, 30, 0, 0, time.UTC)
	e := pages.Endpoints{WellKnown: pages.WellKnown{SecurityContact: "mailto:security@example.com", Now: func() time.Time { return now }}}
	for path, want := range map[string]string{
		"/robots.txt":               "User-agent: *\nDisallow: /\n",
		"/.well-known/security.txt": "Contact: mailto:security@example.com\nExpires: 2027-02-01T00:00:00Z\nPreferred-Languages: en\n",
	} {
		w := ask(t, e, "GET", path, nil)
		if w.Code != http.StatusOK || w.Body.String() != want || w.Header().Get("Content-Type") != "text/plain; charset=utf-8" {
			t.Errorf("%s: status = %d, %s, body %q, want 200, text/plain and %q", path, w.Code, w.Header().Get("Content-Type"), w.Body, want)
		}
	}
	if w := ask(t, e, "GET", "/.well-known/change-password", nil); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/account/password" {
		t.Errorf("change-password: status = %d to %q, want 303 to /account/password", w.Code, w.Header().Get("Location"))
	}
	if w := ask(t, e, "GET", "/favicon.ico", nil); w.Code != http.StatusOK || !bytes.Contains(w.Body.Bytes(), []byte("\x89PNG")) {
		t.Errorf("favicon.ico: status = %d with %d bytes, want 200 and an icon", w.Code, w.Body.Len())
	}
	if w := ask(t, pages.Endpoints{}, "GET", "/.well-known/security.txt", nil); w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "Page not found") {
		t.Errorf("security.txt without a contact: status = %d, want 404 and a page", w.Code)
	}
}
