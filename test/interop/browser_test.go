package interop_test

import (
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"gatehouse/internal/test/testkit"
)

// A browser keeps cookies, fills in the forms for the site's user, and follows redirects until
// they lead to the app.
type browser struct {
	t      *testing.T
	site   *site
	client *http.Client
	// at says to which replica the load balancer sends a path; the default is A.
	at map[string]string
	// asked are the pages that had a form.
	asked []string
}

func (s *site) browser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil) // it keeps cookies by host, as browsers do, so for both replicas
	if err != nil {
		t.Fatalf("making a cookie jar: %v", err)
	}
	client := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return &browser{t: t, site: s, client: client, at: map[string]string{}}
}

// visit goes to an address, and returns the parameters that reach the app in the end,
// which must be at the address want.
func (b *browser) visit(address, want string) url.Values {
	b.t.Helper()
	form := url.Values(nil)
	for range 10 {
		to, err := url.Parse(address)
		if err != nil {
			b.t.Fatalf("parsing the URL: %v", err)
		}
		if to.IsAbs() && !strings.HasPrefix(address, b.site.issuer+"/") {
			answer := to.Query()
			if to.RawQuery = ""; to.String() != want {
				b.t.Fatalf("led to %s, want %s", address, want)
			}
			return answer
		}
		address, form = b.step(to, form)
	}
	b.t.Fatal("the redirects do not end, want an end within ten steps")
	return nil
}

// step sends a request to a replica, and returns the next address and form.
func (b *browser) step(to *url.URL, form url.Values) (string, url.Values) {
	b.t.Helper()
	base := b.site.issuer
	if other := b.at[to.Path]; other != "" {
		base = other
	}
	address := base + to.RequestURI()
	var resp *http.Response
	var err error
	if form == nil {
		resp, err = b.client.Get(address)
	} else {
		resp, err = b.client.PostForm(address, form)
	}
	if err != nil {
		b.t.Fatalf("visiting the page: %v", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatalf("reading the body: %v", err)
	}
	if next := testkit.GoesOn(resp.Header, string(body)); next != "" {
		return next, nil
	}
	if resp.StatusCode != http.StatusOK || form != nil {
		b.t.Fatalf("%s: status %s, want an answer that leads on, or 200 before a form was sent:\n%s", to.Path, resp.Status, body)
	}
	b.asked = append(b.asked, to.Path)
	return to.Path, b.fillIn(string(body))
}

var hidden = regexp.MustCompile(`<input type="hidden" name="([a-z_]+)" value="([^"]*)">`)

// fillIn returns the form of a page, filled in by the site's user.
func (b *browser) fillIn(page string) url.Values {
	form := url.Values{"username": {b.site.user}, "password": {b.site.password}}
	if strings.Contains(page, `action="/consent"`) {
		form = url.Values{"answer": {"allow"}}
	}
	for _, m := range hidden.FindAllStringSubmatch(page, -1) {
		form.Add(m[1], html.UnescapeString(m[2]))
	}
	return form
}
