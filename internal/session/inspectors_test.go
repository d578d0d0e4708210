package session_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/session"
	"gatehouse/store"
)

const orders = "https://orders.example"

// forAPI lets the rig begin sessions for another's API, which has these claims.
func (g *rig) forAPI(t *testing.T, claims ...string) {
	t.Helper()
	g.resources = []string{orders}
	g.write(t, func(tx store.Tx) error {
		return errors.Join(tx.LockAPIs(), tx.CreateAPI(store.API{
			ID: "orders", Identifier: orders, Name: "Orders", Scopes: []store.APIScope{{Name: "read"}}, Clients: store.ClientsRegistered, TokenType: store.TokenTypeAccess,
			Claims: claims, IntrospectionClients: []string{"gateway"}, CreatedAt: g.clock(), UpdatedAt: g.clock(),
		}))
	})
}

func TestWhoMayInspect(t *testing.T) {
	for _, c := range []struct {
		name   string
		own    bool // the token is for our own API
		narrow bool
		caller store.Client
		want   bool
	}{
		{"own API, the client of the token", true, false, store.Client{ID: "shop"}, true},
		{"own API, another client", true, false, store.Client{ID: "resource"}, true},
		{"own API, a client by URL", true, false, store.Client{ID: "https://a.example/client", Origin: store.OriginDocument}, false},
		{"own API, a client that registered itself", true, false, store.Client{ID: "dynamic", Origin: store.OriginDynamic}, false},
		{"own API, narrowed, the client of the token", true, true, store.Client{ID: "shop"}, true},
		{"own API, narrowed, another client", true, true, store.Client{ID: "resource"}, false},
		{"another's, the client of the token", false, true, store.Client{ID: "shop"}, true},
		{"another's, the client of the token, by URL", false, false, store.Client{ID: "shop", Origin: store.OriginDocument}, true},
		{"another's, a client that the API lists", false, true, store.Client{ID: "gateway"}, true},
		{"another's, a stranger", false, false, store.Client{ID: "resource"}, false},
		{"another's, a client whose name begins alike", false, false, store.Client{ID: "gateway2"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := open(t)
			if !c.own {
				g.forAPI(t)
			}
			g.Inspectors.HoldersOnly = c.narrow
			set, _ := g.start(t)
			found, err := g.Inspect(t.Context(), c.caller, set.AccessToken)
			if err != nil || found.Active != c.want || !c.want && !cmp.Equal(found, session.Inspection{}) {
				t.Errorf("found %+v, %v; want it active: %t, and otherwise nothing else", found, err, c.want)
			}
		})
	}
}

// An answer about a token of another's API has no more of the user than the token itself.
func TestInspectionTellsNoMoreThanTheToken(t *testing.T) {
	for name, c := range map[string]struct {
		claims   []string
		username string
		role     store.Role
	}{
		"nothing":      {nil, "", ""},
		"the role":     {[]string{"role", "email"}, "", store.RoleUser},
		"the username": {[]string{"preferred_username"}, "ann", ""},
	} {
		t.Run(name, func(t *testing.T) {
			g := open(t)
			g.forAPI(t, c.claims...)
			set, s := g.start(t)
			got, err := g.Inspect(t.Context(), store.Client{ID: "gateway"}, set.AccessToken)
			want := session.Inspection{
				Active: true, Scope: "openid", TokenType: "Bearer", ClientID: "shop", Username: c.username, Subject: g.ann.Sub,
				Issuer: issuer, Audience: orders, Expires: set.Access.Expires, IssuedAt: set.Access.IssuedAt,
				JTI: set.Access.JTI, Role: c.role, SessionID: s.ID, AuthTime: s.SignIn.At.Unix(), ACR: s.SignIn.ACR, AMR: s.SignIn.AMR,
			}
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("%v, and the answer differs (-want +got):\n%s", err, diff)
			}
		})
	}
}

// The tokens of an API that was deleted die by age: their client still sees them.
func TestInspectionAfterTheAPIIsGone(t *testing.T) {
	g := open(t)
	g.forAPI(t, "role")
	set, _ := g.start(t)
	g.write(t, func(tx store.Tx) error { return errors.Join(tx.LockAPIs(), tx.DeleteAPI("orders")) })
	g.advance(time.Second) // an API is as it was at most a second ago
	if found, err := g.Inspect(t.Context(), g.shop, set.AccessToken); err != nil || !found.Active || found.Role != "" {
		t.Errorf("its client: %+v, %v; want it active, without a role", found, err)
	}
	if found, err := g.Inspect(t.Context(), store.Client{ID: "gateway"}, set.AccessToken); err != nil || found.Active {
		t.Errorf("a client that the API listed: %+v, %v; want it inactive", found, err)
	}
	g.advance(5 * time.Minute)
	if found, err := g.Inspect(t.Context(), g.shop, set.AccessToken); err != nil || found.Active {
		t.Errorf("after its time: %+v, %v; want it inactive", found, err)
	}
}

// A database that is away never makes a token inactive.
func TestInspectionWithoutTheDatabase(t *testing.T) {
	g := open(t)
	g.forAPI(t)
	set, _ := g.start(t)
	g.advance(time.Second) // the API is no longer remembered
	if err := g.db.Close(); err != nil {
		t.Fatalf("closing the store: %v", err)
	}
	for _, caller := range []string{"shop", "gateway", "resource"} {
		if _, err := g.Inspect(t.Context(), store.Client{ID: caller}, set.AccessToken); !errors.Is(err, store.ErrUnavailable) || errors.Is(err, session.ErrInvalid) {
			t.Errorf("%s: err = %v, want ErrUnavailable", caller, err)
		}
	}
}
