package apis

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/authz"
	"gatehouse/internal/oauth"
	"gatehouse/store"
)

const (
	audience = "https://id.example"
	orders   = "https://api.example/orders"
	billing  = "https://api.example/billing"
	agents   = "https://mcp.example"
)

// kept is a store of APIs that counts how often it is asked.
type kept struct {
	apis  map[string]store.API
	asked int
}

func (k *kept) APIByIdentifier(_ context.Context, identifier string) (store.API, error) {
	return k.find(func(a store.API) bool { return a.Identifier == identifier })
}

func (k *kept) APIByID(_ context.Context, id string) (store.API, error) {
	return k.find(func(a store.API) bool { return a.ID == id })
}

func (k *kept) find(is func(store.API) bool) (store.API, error) {
	k.asked++
	for _, a := range k.apis {
		if is(a) {
			return a, nil
		}
	}
	return store.API{}, store.ErrNotFound
}

func scopes(names ...string) (all []store.APIScope) {
	for _, name := range names {
		all = append(all, store.APIScope{Name: strings.TrimSuffix(name, "!"), Sensitive: strings.HasSuffix(name, "!")})
	}
	return all
}

// fixture has an API for registered clients, one for those that it lists, and one for all.
func fixture() (*Catalog, *kept) {
	k := &kept{apis: map[string]store.API{
		"orders":  {ID: "orders", Identifier: orders, Scopes: scopes("orders:read", "orders:write", "read"), Clients: store.ClientsRegistered},
		"billing": {ID: "billing", Identifier: billing, Scopes: scopes("read", "pay"), Clients: store.ClientsListed, ListedClients: []string{"shop"}, AccessTokenLifetime: time.Minute},
		"agents":  {ID: "agents", Identifier: agents, Scopes: scopes("tools", "admin!"), Clients: store.ClientsAny, ListedInMetadata: true},
	}}
	return &Catalog{Store: k, Audience: audience, Now: func() time.Time { return time.Unix(0, 0) }}, k
}

var (
	shop = store.Client{ID: "shop", Scope: "openid email account " + orders + "#orders:read " + orders + "#read " + billing + "#read"}
	blog = store.Client{ID: "blog", Scope: "openid account"}
	tool = store.Client{ID: "https://tool.example/client", Origin: store.OriginDocument}
	self = store.Client{ID: "self", Origin: store.OriginDynamic, Scope: "openid offline_access"}
)

func TestFind(t *testing.T) {
	c, k := fixture()
	k.apis["own"] = store.API{ID: store.OwnAPI, Clients: store.ClientsAny}
	for range 2 { // the second time all are remembered
		for spelt, want := range map[string]string{
			orders: "orders", "HTTPS://api.example/orders": "orders", audience: store.OwnAPI, audience + "/": store.OwnAPI,
			store.OwnAPI: "", "orders": "", "": "", "https://api.example/none": "",
		} {
			if got, err := c.Find(t.Context(), spelt); got.ID != want || (want == "") != errors.Is(err, store.ErrNotFound) {
				t.Errorf("finding %q: %q, %v; want %q", spelt, got.ID, err, want)
			}
		}
	}
	if k.asked != 4 { // orders, our own, and twice the one that is not there
		t.Errorf("the store was asked %d times, want 4", k.asked)
	}
}

func TestGrant(t *testing.T) {
	for _, c := range []struct {
		name      string
		client    store.Client
		scope     string
		resources []string
		want      Grant
		refused   oauth.Code
	}{
		{"nothing in particular", blog, "", nil, Grant{"openid account", nil}, ""},
		{"a part of the registration", blog, "account", nil, Grant{"account", nil}, ""},
		{"more than the registration", blog, "openid email", nil, Grant{}, oauth.InvalidScope},
		{"repetitions collapse", blog, " openid  account openid ", nil, Grant{"openid account", nil}, ""},
		{"unknown ones are ignored", blog, "openid unknown !#[]~x", nil, Grant{"openid", nil}, ""},
		{"unknown ones alone", blog, "unknown", nil, Grant{}, oauth.InvalidScope},
		{"another spelling", blog, "openid OPENID", nil, Grant{"openid", nil}, ""},
		{"a quotation mark", blog, `openid a"b`, nil, Grant{}, oauth.InvalidScope},
		{"a backslash", blog, `a\b`, nil, Grant{}, oauth.InvalidScope},
		{"a tab", blog, "openid\taccount", nil, Grant{}, oauth.InvalidScope},
		{"not ASCII", blog, "openid\u00a0account", nil, Grant{}, oauth.InvalidScope},
		{"too long", blog, strings.Repeat("openid ", 600), nil, Grant{}, oauth.InvalidScope},

		{"a bare name means the registration's API", shop, "orders:read", nil, Grant{orders + "#orders:read", nil}, ""},
		{"a name of two APIs", shop, "read", nil, Grant{}, oauth.InvalidScope},
		{"a name of two APIs, of which one is named", shop, "read", []string{billing}, Grant{billing + "#read", []string{billing}}, ""},
		{"a long form", shop, orders + "#read", nil, Grant{orders + "#read", nil}, ""},
		{"a long form in capitals", shop, "HTTPS://API.example/orders#read", nil, Grant{orders + "#read", nil}, ""},
		{"our own in its long form", blog, audience + "#account", nil, Grant{"account", nil}, ""},
		{"a scope of the API that is not registered", shop, "orders:write", []string{orders}, Grant{}, oauth.InvalidScope},
		{"a scope that another client may have", blog, orders + "#read", nil, Grant{}, oauth.InvalidScope},
		{"a resource narrows", shop, "", []string{orders}, Grant{"openid email " + orders + "#orders:read " + orders + "#read", []string{orders}}, ""},
		{"two resources", shop, "orders:read account " + billing + "#read", []string{orders, billing}, Grant{orders + "#orders:read " + billing + "#read", []string{orders, billing}}, ""},
		{"a resource twice", shop, "orders:read", []string{orders, "https://API.EXAMPLE/orders"}, Grant{orders + "#orders:read", []string{orders}}, ""},
		{"our own as a resource", blog, "", []string{audience + "/"}, Grant{"openid account", []string{audience}}, ""},
		{"no scope of the resource", blog, "account", []string{orders}, Grant{}, oauth.InvalidScope},
		{"a resource without a scope", blog, "", []string{orders}, Grant{"openid", []string{orders}}, ""},

		{"an unknown resource", shop, "", []string{"https://api.example/none"}, Grant{}, oauth.InvalidTarget},
		{"a resource with a fragment", shop, "", []string{orders + "#x"}, Grant{}, oauth.InvalidTarget},
		{"a resource in another case", shop, "", []string{"https://api.example/Orders"}, Grant{}, oauth.InvalidTarget},
		{"a long resource", shop, "", []string{"https://api.example/" + strings.Repeat("a", 10_000)}, Grant{}, oauth.InvalidTarget},
		{"not a URI", shop, "", []string{"orders"}, Grant{}, oauth.InvalidTarget},
		{"a resource that lists others", blog, "", []string{billing}, Grant{}, oauth.InvalidTarget},
		{"too many resources", shop, "", slices21(), Grant{}, oauth.InvalidTarget},

		{"a document without scope and resource", tool, "", nil, Grant{}, oauth.InvalidScope},
		{"a document with a resource", tool, "", []string{agents}, Grant{agents + "#tools", []string{agents}}, ""},
		{"a document asks", tool, "openid admin", []string{agents}, Grant{"openid " + agents + "#admin", []string{agents}}, ""},
		{"a document asks for no scope of the API that it names", tool, "openid", []string{agents}, Grant{}, oauth.InvalidScope},
		{"a document asks for an API that is not open", tool, orders + "#read", nil, Grant{}, oauth.InvalidScope},
		{"a document names an API that is not open", tool, "", []string{orders}, Grant{}, oauth.InvalidTarget},
		{"a document asks for our own API", tool, "openid account", nil, Grant{}, oauth.InvalidScope},
		{"a document of OpenID scopes names a resource", store.Client{ID: tool.ID, Origin: store.OriginDocument, Scope: authz.OpenIDScopes}, "", []string{agents}, Grant{agents + "#tools", []string{agents}}, ""},
		{"one that registered itself", self, "", nil, Grant{"openid offline_access", nil}, ""},
		{"one that registered itself, with a resource", self, "", []string{agents}, Grant{agents + "#tools", []string{agents}}, ""},
		{"one that registered itself asks", self, "offline_access tools admin", []string{agents}, Grant{"offline_access " + agents + "#tools " + agents + "#admin", []string{agents}}, ""},
		{"one that registered itself asks for more of the person", self, "email tools", []string{agents}, Grant{}, oauth.InvalidScope},
		{"one that registered itself asks for an API that is not open", self, orders + "#read", nil, Grant{}, oauth.InvalidScope},
		{"a document names our own API", tool, "openid", []string{audience}, Grant{}, oauth.InvalidTarget},
	} {
		t.Run(c.name, func(t *testing.T) {
			catalog, _ := fixture()
			got, err := catalog.Grant(t.Context(), c.client, Asked{Scope: c.scope, Resources: c.resources})
			compare(t, got, c.want, err, c.refused)
		})
	}
}

func slices21() (many []string) {
	for range maxResources + 1 {
		many = append(many, orders)
	}
	return many
}

func compare[T any](t *testing.T, got, want T, err error, refused oauth.Code) {
	t.Helper()
	if refused != "" || err != nil {
		if !errors.Is(err, refused) {
			t.Errorf("error = %v, want %s", err, refused)
		}
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Opened to all, our own API gives strangers account alone.
func TestOurOwnAPIOpened(t *testing.T) {
	catalog, k := fixture()
	k.apis["own"] = store.API{ID: store.OwnAPI, Clients: store.ClientsAny}
	got, err := catalog.Grant(t.Context(), tool, Asked{Scope: "account"})
	compare(t, got, Grant{Scope: "account"}, err, "")
	_, err = catalog.Grant(t.Context(), tool, Asked{Scope: "account users:read"})
	compare(t, Grant{}, Grant{}, err, oauth.InvalidScope)
	own, err := catalog.Find(t.Context(), audience)
	if err != nil || !own.Scopes[0].Sensitive {
		t.Errorf("the scope account: %+v, %v; want it to be sensitive", own.Scopes, err)
	}
}

func TestAim(t *testing.T) {
	both := Grant{Scope: "openid email account " + orders + "#orders:read " + billing + "#read"}
	named := Grant{Scope: "openid " + orders + "#orders:read " + billing + "#read", Resources: []string{orders, billing}}
	one := Grant{Scope: "openid " + orders + "#orders:read", Resources: []string{orders}}
	for _, c := range []struct {
		name      string
		client    store.Client
		granted   Grant
		scope     string
		resources []string
		audience  string
		want      authz.Scope
		refused   oauth.Code
	}{
		{"our own", blog, Grant{Scope: "openid account"}, "", nil, audience, "openid account", ""},
		{"our own, narrowed", blog, Grant{Scope: "openid account"}, "account", nil, audience, "account", ""},
		{"no scope of any API", blog, Grant{Scope: "openid"}, "", nil, audience, "openid", ""},
		{"no scope of any API, but ours is named", blog, Grant{Scope: "openid"}, "", []string{audience}, audience, "openid", ""},
		{"several, ours among them", shop, both, "", nil, audience, "openid email account", ""},
		{"several, of which one is named", shop, both, "", []string{orders}, orders, "orders:read", ""},
		{"several, of which the scope is of one", shop, both, "openid orders:read", nil, orders, "openid orders:read", ""},
		{"several, with ours named", shop, both, "", []string{audience}, audience, "openid email account", ""},
		{"several, of which one is named with the scope of another", shop, both, "read", []string{orders}, "", "", oauth.InvalidScope},
		{"several that were named", shop, named, "", nil, "", "", oauth.InvalidTarget},
		{"several that were named, of which the scope is of one", shop, named, "openid read", nil, billing, "openid read", ""},
		{"several that were named, of which one is named again", shop, named, "", []string{billing}, billing, "read", ""},
		{"one that was named", shop, one, "", nil, orders, "openid orders:read", ""},
		{"one that was named, and again", shop, one, "", []string{orders}, orders, "orders:read", ""},
		{"two for one token", shop, named, "", []string{orders, billing}, "", "", oauth.InvalidTarget},
		{"widening to a resource", shop, one, "", []string{billing}, "", "", oauth.InvalidTarget},
		{"widening to our own", shop, one, "", []string{audience}, "", "", oauth.InvalidTarget},
		{"widening to a resource of no scope", blog, Grant{Scope: "openid"}, "", []string{orders}, "", "", oauth.InvalidTarget},
		{"a resource with a fragment", shop, one, "", []string{orders + "#"}, "", "", oauth.InvalidTarget},
		{"widening the scope", shop, one, "read", nil, "", "", oauth.InvalidScope},
		{"a scope that the client has lost", blog, Grant{Scope: "openid email"}, "", nil, audience, "openid", ""},
		{"asking for a scope that the client has lost", blog, Grant{Scope: "openid email"}, "email", nil, "", "", oauth.InvalidScope},
		{"nothing is left", blog, Grant{Scope: "email"}, "", nil, "", "", oauth.InvalidGrant},
		{"an API that is gone", store.Client{ID: "a", Scope: "https://gone.example#a"}, Grant{Scope: "https://gone.example#a"}, "", nil, "", "", oauth.InvalidGrant},
		{"an API that no longer lists the client", store.Client{ID: "b", Scope: billing + "#read openid"}, Grant{Scope: "openid " + billing + "#read"}, "", nil, audience, "openid", ""},
		{"one that registered itself", self, Grant{Scope: "offline_access " + agents + "#tools", Resources: []string{agents}}, "", []string{agents}, agents, "tools", ""},
		{"a document", tool, Grant{Scope: agents + "#tools", Resources: []string{agents}}, "", []string{agents}, agents, "tools", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			catalog, _ := fixture()
			got, err := catalog.Aim(t.Context(), c.client, c.granted, Asked{Scope: c.scope, Resources: c.resources})
			compare(t, [2]string{got.API.Identifier, string(got.Scope)}, [2]string{c.audience, string(c.want)}, err, c.refused)
		})
	}
}

// The life of an API's tokens comes before that of the client's.
func TestLifeOfATarget(t *testing.T) {
	catalog, _ := fixture()
	for identifier, want := range map[string]time.Duration{billing: time.Minute, orders: time.Hour} {
		granted := Grant{Resources: []string{identifier}}
		got, err := catalog.Aim(t.Context(), shop, granted, Asked{})
		if err != nil || got.Life(time.Hour) != want {
			t.Errorf("%s: life = %s, %v; want %s", identifier, got.Life(time.Hour), err, want)
		}
	}
}

// An app that uses no API costs no query, and one that does costs one for each API.
func TestQueries(t *testing.T) {
	catalog, k := fixture()
	for _, asked := range []Asked{{}, {Scope: "openid"}, {Scope: "openid account"}} {
		granted, err := catalog.Grant(t.Context(), blog, asked)
		if err == nil {
			_, err = catalog.Aim(t.Context(), blog, granted, Asked{})
		}
		if err != nil || k.asked != 0 {
			t.Errorf("without an API: %d queries, %v; want none", k.asked, err)
		}
	}
	for range 3 {
		asked := Asked{Scope: "orders:read", Resources: []string{orders}}
		granted, err := catalog.Grant(t.Context(), shop, asked)
		if err == nil {
			_, err = catalog.Aim(t.Context(), shop, granted, asked)
		}
		if err != nil || k.asked != 1 {
			t.Errorf("with an API, again and again: %d queries, %v; want one", k.asked, err)
		}
	}
}

func FuzzGrant(f *testing.F) {
	for _, s := range [][2]string{{"openid", ""}, {" a  b", orders}, {"a\x00", agents}, {`"`, "x:"}, {orders + "#read ä", orders + "#"}} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, scope, resource string) {
		catalog, _ := fixture()
		for _, client := range []store.Client{shop, blog, tool} {
			asked := Asked{Scope: scope, Resources: []string{resource}}
			granted, err := catalog.Grant(t.Context(), client, asked)
			if err != nil {
				continue
			}
			if client.Origin == store.OriginRegistered && !granted.Scope.Within(authz.Scope(client.Scope)) {
				t.Errorf("%q and %q grant %q, want no more than the registered scope", scope, resource, granted.Scope)
			}
			again, err := catalog.Grant(t.Context(), client, Asked{Scope: string(granted.Scope), Resources: granted.Resources})
			if granted.Scope != "" && (err != nil || again.Scope != granted.Scope) {
				t.Errorf("asked for again, %q gives %q, %v; want the same", granted.Scope, again.Scope, err)
			}
		}
	})
}
