package session_test

import (
	"errors"
	"testing"

	"gatehouse/internal/apis"
	"gatehouse/internal/authz"
	"gatehouse/internal/oauth"
	"gatehouse/internal/session"
	"gatehouse/internal/test/testkit"
	"gatehouse/store"
)

// consents stores ann's consent to the shop.
func (g *rig) consents(t *testing.T, scope, withdrawn string) {
	t.Helper()
	g.write(t, func(tx store.Tx) error {
		return tx.PutConsent(store.Consent{UserID: g.ann.ID, ClientID: "shop", Scope: scope, Withdrawn: withdrawn, GrantedAt: g.clock()})
	})
}

// What was taken away is gone at the next use of each token, and comes back if it is
// granted again. The refresh token stays as it was.
func TestAScopeThatIsTakenAwayIsGoneAtOnce(t *testing.T) {
	testkit.Long(t)
	onEveryStore(t, func(t *testing.T, g *rig) {
		set, _ := g.start(t)
		g.consents(t, "openid account", "")
		for _, step := range []struct{ consented, withdrawn, left string }{
			{"openid", "account", "openid"}, {"openid account", "", "openid account"}, {"account", "openid", "account"},
			{"openid account", "https://api.example#account", "openid account"},
		} {
			g.consents(t, step.consented, step.withdrawn)
			left := authz.Scope(step.left)
			actor, _, err := g.Authenticate(t.Context(), set.AccessToken)
			if err != nil || actor.Scope != left && set.Access.Scope == "openid account" {
				t.Errorf("without %q an access token for %q may do %q here, %v; want %q", step.withdrawn, set.Access.Scope, actor.Scope, err, left)
			}
			if holder, err := g.Holder(t.Context(), set.AccessToken); err != nil || holder.Token.Scope != actor.Scope {
				t.Errorf("without %q the holder has %q, %v; want %q", step.withdrawn, holder.Token.Scope, err, actor.Scope)
			}
			if found, err := g.Inspect(t.Context(), g.shop, set.AccessToken); err != nil || found.Scope != actor.Scope {
				t.Errorf("without %q introspection tells %q, %v; want %q", step.withdrawn, found.Scope, err, actor.Scope)
			}
			set = g.mustRefresh(t, set.RefreshToken)
			if claims, err := g.Verifier.Refresh(t.Context(), set.RefreshToken); err != nil || set.Access.Scope != left || claims.Scope != "openid account" {
				t.Errorf("without %q a refresh gives %q and a refresh token for %q, %v; want %q, and openid account", step.withdrawn, set.Access.Scope, claims.Scope, err, left)
			}
		}
		g.consents(t, "account", "openid")
		if _, err := g.Refresh(t.Context(), g.shop, set.RefreshToken, apis.Asked{Scope: "openid"}); !errors.Is(err, oauth.InvalidScope) {
			t.Errorf("a refresh for what was taken away: %v, want InvalidScope", err)
		}
		g.consents(t, "", "openid account")
		if _, err := g.refresh(t, set.RefreshToken); !errors.Is(err, session.ErrInvalid) {
			t.Errorf("a refresh when nothing is left: %v, want ErrInvalid", err)
		}
		if found, err := g.Inspect(t.Context(), g.shop, set.AccessToken); err != nil || found.Active {
			t.Errorf("an access token of which nothing is left: %+v, %v; want it inactive", found, err)
		}
	})
}

// A password does not bring back what its owner took away from the app.
func TestASignInDoesNotBringBackWhatWasTakenAway(t *testing.T) {
	const read = orders + "#read"
	g := open(t)
	g.forAPI(t)
	g.consents(t, "openid", "account "+read)
	shop := g.shop
	shop.Scope += " " + read
	set, err := g.Begin(t.Context(), g.proof(), shop, apis.Grant{Scope: "openid account"}, apis.Asked{})
	if err != nil {
		t.Fatalf("beginning a session: %v", err)
	}
	if actor, _, err := g.Authenticate(t.Context(), set.AccessToken); err != nil || actor.Scope != "openid" {
		t.Errorf("at our own API: scope %q, %v; want openid", actor.Scope, err)
	}
	set, err = g.Begin(t.Context(), g.proof(), shop, apis.Grant{Scope: "openid " + read, Resources: []string{orders}}, apis.Asked{})
	if err != nil || set.Access.Scope != "openid" {
		t.Errorf("at another API: scope %q, %v; want openid", set.Access.Scope, err)
	}
	if set, err := g.Begin(t.Context(), g.proof(), shop, apis.Grant{Scope: read}, apis.Asked{}); !errors.Is(err, session.ErrInvalid) {
		t.Errorf("at another API, when nothing is left: scope %q, %v; want ErrInvalid", set.Access.Scope, err)
	}
}

// In another API's token, its scopes have their bare names.
func TestWhatIsLeftOfATokenForAnAPI(t *testing.T) {
	for _, c := range []struct{ scope, audience, taken, want authz.Scope }{
		{"openid read", "https://api.example", "https://api.example#read", "openid"},
		{"openid read", "https://api.example", "https://other.example#read", "openid read"},
		{"openid read", "https://api.example", "openid", "read"},
		{"read", "https://api.example", "https://api.example#read", ""},
		{"openid account", issuer, "account email", "openid"},
		{"openid  account", issuer, "", "openid  account"},
	} {
		if got := authz.Remaining(c.scope, string(c.audience), c.taken); got != c.want {
			t.Errorf("of %q at %s without %q: %q, want %q", c.scope, c.audience, c.taken, got, c.want)
		}
	}
}
