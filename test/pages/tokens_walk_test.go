package pages_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jwt"

	"gatehouse/internal/client"
	"gatehouse/internal/test/chromium"
	"gatehouse/internal/test/testkit"
)

const orders = "https://orders.example"

// makesAnAPI makes an API with two scopes, and an app that gets a token for it by the
// snippet of its page.
func (o *office) makesAnAPI() {
	o.opens("/console/apis/new")
	o.goesOn(fill("name", "Orders"), fill("identifier", orders), fill("id", "orders"), fill("name_0", "orders:read"), fill("text_0", "See your orders"),
		fill("name_1", "orders:place"), fill("text_1", "Place orders that you pay for"), chromedp.Click(chromedp.CSS(`input[name="clients"][value="registered"]`)), submit)
	o.tab.Says("Orders", orders, "See your orders", "Place orders that you pay for")
	token := o.buys()
	found := o.verified(token, orders)
	if scope, _ := found.Get("scope"); scope != "orders:read" {
		o.t.Errorf("the token has the scope %v, want orders:read", scope)
	}
	if _, err := jwt.ParseString(token, jwt.WithKeySet(o.keySet()), jwt.WithAudience("https://billing.example")); err == nil {
		o.t.Error("another API takes the token, want it to refuse")
	}
	r, _ := http.NewRequestWithContext(o.t.Context(), http.MethodGet, o.issuer+"/oauth/userinfo", nil) // the address is right
	r.Header.Set("Authorization", "Bearer "+token)
	if resp, err := http.DefaultClient.Do(r); err != nil || resp.StatusCode != http.StatusUnauthorized {
		o.t.Errorf("the server itself answers %v, %v; want 401", resp, err)
	}
}

// buys makes an app of the kind machine for orders, and returns its token.
func (o *office) buys() (token string) {
	o.t.Helper()
	machine, _ := client.KindNamed(client.Machine)
	p := openPortal(o.walk)
	return o.prints(p, p.make(machine, "orders:read"))
}

// prints runs the snippet of the page, and returns the token that it prints.
func (o *office) prints(p *portal, secret string) string {
	o.t.Helper()
	out, err := p.snippet(secret).Output()
	var answer struct {
		Token string `json:"access_token"`
	}
	if err != nil || json.Unmarshal(out, &answer) != nil || answer.Token == "" {
		o.t.Fatalf("the snippet printed %s, %v; want a token", out, err)
	}
	return answer.Token
}

// verified checks a token as an API does that knows the key set alone.
func (o *office) verified(token, audience string) jwt.Token {
	o.t.Helper()
	found, err := jwt.ParseString(token, jwt.WithKeySet(o.keySet()), jwt.WithIssuer(o.issuer), jwt.WithAudience(audience))
	if err != nil {
		o.t.Fatalf("verifying the token: %v", err)
	}
	return found
}

func (o *office) keySet() jwk.Set {
	o.t.Helper()
	set, err := jwk.Fetch(o.t.Context(), o.issuer+"/.well-known/jwks.json")
	if err != nil {
		o.t.Fatalf("fetching the key set: %v", err)
	}
	return set
}

// kids are the IDs of the keys in the key set.
func (o *office) kids() (all []string) {
	o.t.Helper()
	for i := range o.keySet().Len() {
		key, _ := o.keySet().Key(i)
		all = append(all, key.KeyID())
	}
	return all
}

// rotates publishes the next key, waits until it signs, and withdraws the old one.
func (o *office) rotates() {
	old := o.kids()
	o.opens("/console/keys")
	o.goesOn(submit)
	o.tab.Says("is published, and signs from")
	both := o.kids()
	if len(old) != 1 || len(both) != 2 || !slices.Contains(both, old[0]) {
		o.t.Fatalf("the key set had %q and has %q, want one and then another beside it", old, both)
	}
	next := both[1-slices.Index(both, old[0])]
	testkit.Within(o.t, 30*time.Second, "the next key signs", func() error {
		o.goesOn(chromedp.Reload())
		return o.signs(next)
	})
	o.goesOn(chromedp.SetValue(chromedp.ID("kid"), old[0]), chromedp.Click(chromedp.CSS(".stolen button")))
	o.tab.Says("all that live now", "Tokens that it signed are refused here within a second.", "This cannot be undone.")
	o.goesOn(submit)
	o.tab.Says("is withdrawn")
	if got := o.kids(); !slices.Equal(got, []string{next}) {
		o.t.Errorf("the key set has %q, want %q alone", got, next)
	}
}

// signs returns an error unless the page says that the key signs.
func (o *office) signs(kid string) error {
	o.t.Helper()
	shown := chromium.Value(o.tab, chromedp.Text(chromedp.CSS(".figures code")))
	if !strings.HasPrefix(kid, strings.TrimSuffix(shown, "…")) {
		return fmt.Errorf("%s signs", shown)
	}
	return nil
}
