package pages_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"gatehouse/handlers/pages"
	"gatehouse/web"
)

// TestASignInLeadsToOurOwnRoomsAlone: whatever an address that somebody made up says.
func TestASignInLeadsToOurOwnRoomsAlone(t *testing.T) {
	for to, want := range map[string]string{
		"/account": "/account", "/account/password": "/account/password", "/console/people": "/console/people",
		"/console/apis/Orders.v1_a~b": "/console/apis/Orders.v1_a~b", "/console/.": "", "/console/..": "", "/console/a/../b": "", "/console/a;b": "", "/console/a@b": "", "/console/a:b": "",
		"": "", "/": "", "/login": "", "/logout": "", "/accounting": "", "/account/../logout": "", "/account/": "", "/account//x": "",
		"//evil.example/account": "", "https://evil.example/account": "", "/account\\@evil.example": "", "/account%2f..%2flogout": "", "/account#x": "",
		"javascript:alert(1)": "", "/account\r\nSet-Cookie: x": "", "account": "", "/account/" + strings.Repeat("x", 3000): "",
		// With a query, which never decides where the browser goes.
		"/console/people?search=x": "/console/people?search=x", "/console/people?search=Lindgren+%26+S%C3%B8n&role=user": "/console/people?role=user&search=Lindgren+%26+S%C3%B8n",
		"/console/people?": "/console/people", "/account?x=//evil.example": "/account?x=%2F%2Fevil.example", "/account?\\evil.example": "/account?%5Cevil.example=",
		"/account?x=1\r\nSet-Cookie: x": "/account?x=1%0D%0ASet-Cookie%3A+x", "/account?x=\x00\x7f#y": "/account?x=%00%7F%23y", "/account?x=%0d%0ay": "/account?x=%0D%0Ay",
		"/account?x=%zz": "/account", "/account?a;b": "/account", "/account?x=" + strings.Repeat("x", 3000): "/account",
		"?search=x": "", "/login?to=%2Faccount": "", "//evil.example?/account": "", "//evil.example/account?x": "", "/\\evil.example?x": "", "\\\\evil.example?x": "",
		"%2f%2fevil.example?x": "", "/%2f%2fevil.example?x": "", "/account%3Fx": "", "https://evil.example/account?x": "", "\t/account?x": "", "/account\t?x": "", "/account\u2028?x": "",
	} {
		if got := pages.ReturnPath(to); got != want {
			t.Errorf("ReturnPath(%.60q) = %.60q, want %q", to, got, want)
		}
	}
}

// The language of a page: its address, the person's choice, the browser.
func TestTheLanguageOfAPage(t *testing.T) {
	for _, c := range []struct {
		name, address, cookie, browser, want, sets string
	}{
		{"nothing", "/setup", "", "", "en", ""},
		{"the browser", "/setup", "", "de-CH,en;q=0.5", "de", ""},
		{"the address", "/setup?ui_locales=de", "", "en", "de", "gh_lang=de"},
		{"the choice before", "/setup", "de", "en", "de", ""},
		{"the address and another choice before", "/setup?ui_locales=en", "de", "de", "en", "gh_lang=en"},
		{"one that we do not have", "/setup?ui_locales=xx", "", "de", "de", "gh_lang=de"},
		{"a cookie of others", "/setup", "<script>", "de", "de", ""},
	} {
		r := httptest.NewRequest("GET", "https://id.example.com"+c.address, nil)
		r.Header.Set("Accept-Language", c.browser)
		if c.cookie != "" {
			r.Header.Set("Cookie", "gh_lang="+c.cookie)
		}
		w := httptest.NewRecorder()
		web.Site{Secure: true}.Within(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := (pages.Setup{}).Show(w, r); err != nil {
				t.Errorf("%s: showing the page: %v", c.name, err)
			}
		})).ServeHTTP(w, r)
		set := w.Header().Get("Set-Cookie")
		if got := w.Header().Get("Content-Language"); got != c.want || !strings.Contains(w.Body.String(), `<html lang="`+c.want+`">`) {
			t.Errorf("%s: the page is in %q, want %q", c.name, got, c.want)
		}
		if !strings.HasPrefix(set, c.sets) || (c.sets == "") != (set == "") || set != "" && !strings.Contains(set, "Secure") {
			t.Errorf("%s: the page sets %q, want %q, for https alone", c.name, set, c.sets)
		}
		if w.Header().Get("Vary") == "" {
			t.Errorf("%s: the page has no Vary, want one: its language depends on the request", c.name)
		}
	}
}
