package handlers_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"gatehouse/handlers"
)

// An accepted form comes from the body alone, is within the bounds, and has no secret
// in the URL.
func FuzzFormAndQuery(f *testing.F) {
	for _, s := range [][3]string{
		{"", "a=1", formType}, {"client_secret=s", "a=1", formType}, {"a=2&b=3", "a=1", formType + "; charset=UTF-8"},
		{"%63ode=x", "", formType}, {"a;b", "a=1", formType}, {"", "a=1", "text/plain"}, {"x=%", "a=1", formType},
	} {
		f.Add(s[0], s[1], s[2])
	}
	f.Fuzz(func(t *testing.T, query, body, contentType string) {
		r := post("/oauth/token", body, contentType)
		r.URL.RawQuery = query
		form, err := handlers.Form(r)
		if err != nil {
			return
		}
		sent, err := url.ParseQuery(body)
		if err != nil || len(form) > 64 || len(body) > 64<<10 {
			t.Fatalf("accepted %d parameters in %d bytes, %v; want at most 64 in 64 KiB", len(form), len(body), err)
		}
		for name, values := range form {
			if !slices.Equal(values, sent[name]) || r.FormValue(name) != values[0] {
				t.Errorf("%q is %q, want %q as in the body", name, values, sent[name])
			}
		}
		for _, secret := range []string{"client_secret", "code", "password", "refresh_token", "token"} {
			if r.URL.Query().Has(secret) {
				t.Errorf("accepted %s in the query %q, want a refusal", secret, query)
			}
		}
	})
}

// An accepted token is the only word after the scheme in the only header.
func FuzzBearer(f *testing.F) {
	for _, s := range [][2]string{{"Bearer a.b.c", ""}, {"bearer  x", ""}, {"Bearer", ""}, {"Bearer a b", ""}, {"Basic x", ""}, {"Bearer a", "Bearer b"}, {"Bearer\ta", ""}, {"Bearer a,b", ""}} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, first, second string) {
		h := http.Header{"Authorization": {first}}
		if second != "" {
			h.Add("Authorization", second)
		}
		raw, err := handlers.Bearer(h)
		if err != nil {
			return
		}
		if second != "" || raw == "" || strings.ContainsAny(raw, " \t\r\n") || !strings.HasSuffix(strings.TrimSpace(first), raw) || !strings.EqualFold(first[:min(len(first), 6)], "Bearer") && !strings.EqualFold(strings.Fields(first)[0], "Bearer") {
			t.Errorf("Bearer of %q and %q = %q, want the token of a single header", first, second, raw)
		}
	})
}
