package pages_test

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"strings"
	"time"

	"github.com/chromedp/chromedp"

	"gatehouse/internal/client"
	"gatehouse/internal/test/chromium"
	"gatehouse/keys"
	"gatehouse/store"
)

// A pasting is a token that is judged, and what is said of it.
type pasting struct{ token, verdict, wrong string }

// inspects judges a good token and bad ones. Of the token, nothing is left in the browser.
func (o *office) inspects() {
	machine, _ := client.KindNamed(client.Machine)
	p := openPortal(o.walk)
	good := o.prints(p, p.make(machine, "users:read"))
	for _, c := range append(o.bad(good), pasting{good, "takes this token", ""}) {
		o.opens("/console/inspector")
		o.goesOn(fill("token", "Bearer "+c.token), submit)
		o.tab.Says("Step by step", c.verdict)
		if wrong := `document.querySelector(".looked .bad strong")`; c.wrong != "" {
			o.is(wrong+`.textContent`, c.wrong)
		} else {
			o.is(wrong, "null")
		}
		o.is(`location.href`, o.issuer+"/console/inspector")
		o.is(`document.getElementById("token").value`, "")
		if page := chromium.Value(o.tab, chromedp.OuterHTML(chromedp.CSS("html"))); strings.Contains(page, c.token) {
			o.t.Errorf("the page about a token (%s) has the token, want it not to", c.wrong)
		}
	}
}

// forgets: neither a reload nor the way back shows what was said of a token, nor the secret
// of an app.
func (o *office) forgets() {
	o.opens("/console/inspector")
	o.goesOn(fill("token", forged), submit)
	o.goesOn(chromedp.Reload())
	o.is(`document.querySelector(".verdict")`, "null")
	o.goesOn(fill("token", forged), submit)
	o.opens("/console")
	o.isForgotten("main:not(:has(.verdict)) #token")
	o.is(`document.getElementById("token").value`, "")
	machine, _ := client.KindNamed(client.Machine)
	secret := openPortal(o.walk).make(machine, "users:read")
	o.isForgotten("main:not(:has(#made_secret)) h1")
	if page := chromium.Value(o.tab, chromedp.OuterHTML(chromedp.CSS("html"))); strings.Contains(page, secret) {
		o.t.Error("the page has the secret of the app, want it shown once")
	}
}

// bad returns what is not to be accepted.
func (o *office) bad(good string) []pasting {
	o.t.Helper()
	parts := strings.Split(good, ".")
	other := "A"
	if parts[2][10:11] == other {
		other = "B"
	}
	unsigned := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"at+jwt"}`)) + "." + parts[1] + "."
	ago := time.Now().Add(-time.Hour).Unix()
	return []pasting{
		{o.signed(parts[1], map[string]any{"iat": ago - 300, "exp": ago}), "refuses this token", "It has ended"},
		{parts[0] + "." + parts[1] + "." + parts[2][:10] + other + parts[2][11:], "refuses this token", "The signature is wrong"},
		{o.signed(parts[1], map[string]any{"iss": "https://elsewhere.example"}), "refuses this token", "It comes from another server"},
		{o.signed(parts[1], map[string]any{"aud": "https://billing.example"}), "refuses this token", "It is for an API that is not registered here"},
		{unsigned, "refuses this token", "It is not signed"},
		{"gho_16C7e42F292c6912E7710c838347Ae178B4a", "refuses this token", "It does not say what it is"},
	}
}

// signed returns a token that the server's own key has signed, with some of its claims
// changed.
func (o *office) signed(payload string, changed map[string]any) string {
	o.t.Helper()
	claims := map[string]any{}
	text, err := base64.RawURLEncoding.DecodeString(payload)
	if err == nil {
		err = json.Unmarshal(text, &claims)
	}
	if err != nil {
		o.t.Fatalf("reading the claims: %v", err)
	}
	maps.Copy(claims, changed)
	ring, err := keys.Open(o.t.Context(), keys.Options{Store: o.db, Masters: o.masters, Now: time.Now, PublishLead: time.Minute, VerifyFor: time.Hour})
	if err != nil {
		o.t.Fatalf("opening the keys: %v", err)
	}
	defer ring.Close()
	token, err := ring.Sign(o.t.Context(), store.RS256, "at+jwt", claims)
	if err != nil {
		o.t.Fatalf("signing: %v", err)
	}
	return token
}
