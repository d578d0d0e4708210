package pages_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/chromedp/chromedp"

	"gatehouse/internal/client"
	"gatehouse/internal/test/chromium"
	"gatehouse/internal/test/testkit"
)

const (
	verifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

// A mistake is one that an app makes: where it is explained, what mends it, and what of that
// is for administrators alone.
type mistake struct{ page, mend, alone string }

// explains: what a refusal links to tells a stranger what mends it, and an administrator
// what was sent.
func (o *office) explains() {
	spa, _ := client.KindNamed(client.SinglePage)
	p := openPortal(o.walk)
	p.make(spa, "")
	p.app = strings.TrimPrefix(chromium.Value(o.tab, chromedp.Location()), o.issuer+"/console/apps/")
	machine, _ := client.KindNamed(client.Machine)
	p.make(machine, "users:read")
	job := strings.TrimPrefix(chromium.Value(o.tab, chromedp.Location()), o.issuer+"/console/apps/")
	mistakes := []mistake{
		{p.told("redirect_uri", p.server.URL+"/callback/"), "Send one of the registered redirect URIs byte for byte", p.server.URL + "/callback/"},
		{p.told("scope", "openid users:write"), "Ask only for scopes that the app is registered for", "users:write"},
		{p.told("code_challenge", ""), "Switch PKCE on in the app's library", p.app},
		{p.redeemsTwice(), "Redeem each code once", p.app},
		{o.refused(url.Values{"grant_type": {"client_credentials"}, "client_id": {job}}, "wrong"), "Send client_id and client_secret as they are registered", "Wrong client secret"},
	}
	root, stranger := o.tab, o.first.Stranger(o.t)
	for _, m := range mistakes {
		o.kept(m.page)
		o.tab = stranger
		o.opens(m.page)
		o.tab.Says("What to do", m.mend)
		o.is(`document.querySelector("main").innerText.includes("For administrators")`, "false")
		o.is(`document.querySelector("main").innerText.includes(`+quoted(m.alone)+`)`, "false")
		o.tab = root
		o.opens(m.page)
		o.tab.Says("What to do", "For administrators", m.alone)
	}
	stranger.Quiet()
	o.opens("/console/refusals")
	o.tab.Says("Redirect URI does not match", "Scope is not registered for the app", "PKCE is missing", "Code was used twice", "Wrong client secret")
}

func quoted(text string) string {
	encoded, _ := json.Marshal(text)
	return string(encoded)
}

// kept waits until a refusal is on record, which is after its answer.
func (o *office) kept(page string) {
	o.t.Helper()
	testkit.Within(o.t, 20*time.Second, "the refusal is kept", func() error {
		resp, err := http.Get(o.issuer + page)
		if err != nil {
			return err
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return errors.New(resp.Status)
		}
		return nil
	})
}

// address returns that of a sign-in in the app, with one parameter changed.
func (p *portal) address(name, value string) string {
	query := url.Values{
		"response_type": {"code"}, "client_id": {p.app}, "redirect_uri": {p.server.URL + "/callback"}, "scope": {"openid"},
		"code_challenge": {challenge}, "code_challenge_method": {"S256"},
	}
	query.Set(name, value)
	return p.issuer + "/oauth/authorize?" + query.Encode()
}

// told opens a sign-in that is refused, and returns the path of the page that explains it:
// from the server's own page, or from what the app was told.
func (p *portal) told(name, value string) string {
	p.t.Helper()
	p.tab.Run("asking with "+name+" "+value, chromedp.Navigate(p.address(name, value)), chromedp.WaitVisible(chromedp.CSS("h1")))
	page := chromium.Value(p.tab, chromedp.Evaluate[string](`new URLSearchParams(location.search).get("error_uri") || document.querySelector("main a[href*='/e/']").href`))
	return p.path(page)
}

func (s *site) path(page string) string {
	s.t.Helper()
	path, ours := strings.CutPrefix(page, s.issuer)
	if !ours {
		s.t.Fatalf("the refusal is explained at %q, want a page of the server", page)
	}
	return path
}

// redeemsTwice redeems a code, and redeems it again.
func (p *portal) redeemsTwice() string {
	p.t.Helper()
	code := p.signsIn(p.address("state", "any"))
	form := url.Values{"grant_type": {"authorization_code"}, "client_id": {p.app}, "redirect_uri": {p.server.URL + "/callback"}, "code": {code}, "code_verifier": {verifier}}
	if resp, err := http.PostForm(p.issuer+"/oauth/token", form); err != nil || resp.StatusCode != http.StatusOK {
		p.t.Fatalf("redeeming the code: %v, %v; want tokens", resp, err)
	}
	return p.refused(form, "")
}

// refused sends a token request that is refused, and returns the path of the page that
// explains it. An app with a secret sends it in the header.
func (s *site) refused(form url.Values, secret string) string {
	s.t.Helper()
	r, _ := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.issuer+"/oauth/token", nil) // the address is right
	if secret != "" {
		r.SetBasicAuth(form.Get("client_id"), secret)
		form.Del("client_id")
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Body = io.NopCloser(strings.NewReader(form.Encode()))
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatalf("asking for a token: %v", err)
	}
	defer resp.Body.Close()
	var answer struct {
		Page string `json:"error_uri"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		s.t.Fatalf("reading the refusal: %v", err)
	}
	return s.path(answer.Page)
}
