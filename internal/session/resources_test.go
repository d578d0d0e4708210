package session_test

import (
	"errors"
	"testing"

	"gatehouse/internal/apis"
	"gatehouse/internal/oauth"
	"gatehouse/internal/test/testkit"
	"gatehouse/store"
)

// A repeated refresh token gets the same successor whatever resource it names, and beside it
// an access token for the API that is named now. A resource that was not granted uses
// nothing up.
func TestARepeatNamesAnotherResource(t *testing.T) {
	testkit.Long(t)
	onEveryStore(t, func(t *testing.T, g *rig) {
		for _, rule := range store.RotationRules() {
			g.twoResources(t, rule)
		}
	})
}

func (g *rig) twoResources(t *testing.T, rule string) {
	t.Helper()
	shop := g.shop
	shop.Rotation = rule
	granted := apis.Grant{Scope: "openid account", Resources: []string{issuer, orders}}
	if rule == store.RotationRules()[0] {
		g.forAPI(t)
	}
	first, err := g.Begin(t.Context(), g.proof(), shop, granted, apis.Asked{Resources: []string{issuer}})
	if err != nil {
		t.Fatalf("beginning a session: %v", err)
	}
	for range 2 {
		_, err := g.Refresh(t.Context(), shop, first.RefreshToken, apis.Asked{Resources: []string{"https://other.example"}})
		if !errors.Is(err, oauth.InvalidTarget) {
			t.Fatalf("%s: a resource that was not granted: %v, want InvalidTarget", rule, err)
		}
	}
	var successor string
	for _, audience := range []string{orders, issuer, orders} {
		set, err := g.Refresh(t.Context(), shop, first.RefreshToken, apis.Asked{Resources: []string{audience}})
		if err != nil || set.Access.Audience != audience {
			t.Fatalf("%s: a refresh has the audience %q, %v, want %q", rule, set.Access.Audience, err, audience)
		}
		if successor == "" {
			successor = set.RefreshToken
		}
		if set.RefreshToken != successor {
			t.Errorf("%s: a repeat for %s has another successor, want the same", rule, audience)
		}
	}
}
