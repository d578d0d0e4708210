package browser

import (
	"encoding/base64"
	"net/http/httptest"
	"strings"
	"testing"

	"gatehouse/internal/secret"
)

// A cookie that is read has the form of ours and came once.
func FuzzCookies(f *testing.F) {
	good := secret.New()
	for _, s := range []string{"__Host-gh_sid=" + good, "__Host-gh_sid=\"" + good + "\"", "a=b; __Host-gh_sid=" + good + "; c", "__Host-gh_sid=" + good + "; __Host-gh_sid=x", "__host-gh_sid=" + good, "gh_sid=" + good, "__Host-gh_sid=" + good + "=", ";=;"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, header string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Cookie", header)
		got := Cookies{Secure: true}.Session(r)
		if got == "" {
			return
		}
		raw, err := base64.RawURLEncoding.DecodeString(got)
		if err != nil || len(raw) != secret.Bytes || base64.RawURLEncoding.EncodeToString(raw) != got || !strings.Contains(header, "__Host-gh_sid=") || len(r.CookiesNamed("__Host-gh_sid")) != 1 {
			t.Errorf("%q came out of %q, want a cookie of ours", got, header)
		}
	})
}
