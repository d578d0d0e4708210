package protocol

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// An accepted access token comes in one way only, and is one word of it (RFC 6750 §2).
func FuzzAccessToken(f *testing.F) {
	for _, s := range [][3]string{{"Bearer a.b.c", "", ""}, {"bearer  a", "", ""}, {"", "", "access_token=a"}, {"Bearer a", "", "access_token=b"}, {"", "access_token=a", ""}, {"Bearer a,b", "", ""}, {"Bearer", "", ""}, {"Basic a", "", ""}, {"", "", "access_token=a&access_token=b"}, {"", "%61ccess_token=x", ""}} {
		f.Add(s[0], s[1], s[2])
	}
	f.Fuzz(func(t *testing.T, header, query, body string) {
		r := httptest.NewRequest(http.MethodPost, "/userinfo", strings.NewReader(body))
		r.URL.RawQuery = query
		if header != "" {
			r.Header.Set("Authorization", header)
		}
		if body != "" {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		raw, err := accessToken(r)
		var refused *BearerError
		if err != nil {
			if !errors.As(err, &refused) || refused.Status != http.StatusBadRequest && refused.Status != http.StatusUnauthorized {
				t.Errorf("err = %v, want a refusal with 400 or 401", err)
			}
			return
		}
		form, _ := url.ParseQuery(body)
		fromHeader := strings.HasSuffix(strings.TrimSpace(header), raw) && !strings.ContainsAny(raw, " \t")
		if raw == "" || r.URL.Query().Has("access_token") || header != "" && form.Get("access_token") != "" || !fromHeader && form.Get("access_token") != raw {
			t.Errorf("%q came out of %q, %q and %q, want the token of one place, and never of the query", raw, header, query, body)
		}
	})
}
