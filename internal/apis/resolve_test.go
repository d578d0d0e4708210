package apis

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/authz"
	"gatehouse/store"
)

// api returns an API for registered clients with scopes of these names; a "!" after one
// makes it sensitive.
func api(id string, scopes ...string) store.API {
	a := store.API{ID: id, Identifier: "https://" + id + ".example", Name: strings.ToUpper(id), Clients: store.ClientsRegistered}
	for _, name := range scopes {
		name, sensitive := strings.CutSuffix(name, "!")
		a.Scopes = append(a.Scopes, store.APIScope{Name: name, Description: "Do " + name, Sensitive: sensitive})
	}
	return a
}

func ruled(a store.API, clients string, listed ...string) store.API {
	a.Clients, a.ListedClients = clients, listed
	return a
}

// some are APIs of which two have the scope read, and one is listed.
func some() []store.API {
	own := Own("https://id.example/")
	return []store.API{own, api("files", "read", "share!"), api("orders", "read", "orders:write"), ruled(api("private", "secret", "share"), store.ClientsListed, "shop"), ruled(api("open", "look"), store.ClientsAny)}
}

func TestScopesOfAClientAreResolved(t *testing.T) {
	shop, other := store.Client{ID: "shop"}, store.Client{ID: "other"}
	stranger := store.Client{ID: "https://app.example/", Origin: store.OriginDocument}
	for _, c := range []struct {
		client            store.Client
		held, scope, want string
	}{
		{shop, "", "", ""},
		{shop, "", " openid  account openid ", "openid account"},
		{other, "", "openid orders:write", "openid https://orders.example#orders:write"},
		{other, "", "https://files.example#read", "https://files.example#read"},
		{other, "", "HTTPS://Files.example/#read https://files.example#read", "https://files.example#read"},
		{other, "", "share", "https://files.example#share"}, // of the one that admits it
		{shop, "", "secret", "https://private.example#secret"},
		{shop, "", "https://id.example#account https://id.example/#clients", "account clients"},
		{shop, "https://gone.example#a", "https://gone.example#a openid", "https://gone.example#a openid"},
		{other, "https://private.example#secret", "https://private.example#secret", "https://private.example#secret"},
		{stranger, "", "openid offline_access look", "openid offline_access https://open.example#look"},
		{stranger, "account", "account", "account"},
	} {
		got, faults := Resolve(authz.Scope(c.scope), authz.Scope(c.held), c.client, some())
		if string(got) != c.want || len(faults) > 0 {
			t.Errorf("%q for %s: %q, %q; want %q", c.scope, c.client.ID, got, faults, c.want)
		}
		again, faults := Resolve(got, "", c.client, some())
		if c.held == "" && (again != got || len(faults) > 0) {
			t.Errorf("%q for %s: %q, %q; want the same", got, c.client.ID, again, faults)
		}
	}
}

func TestWhyAScopeCannotBeRegistered(t *testing.T) {
	other := store.Client{ID: "other"}
	stranger := store.Client{ID: "https://app.example/", Origin: store.OriginDocument}
	for _, c := range []struct {
		client store.Client
		scope  string
		says   []string
	}{
		{other, "orders:raed", []string{`"orders:raed"`, string(authz.AllScopes), "orders (https://orders.example)", "gatehouse api create"}},
		{other, "https://none.example#read", []string{`"https://none.example#read"`, "orders (https://orders.example)", "gatehouse api create"}},
		{other, "orders#read", []string{"absolute URI"}},
		{other, "https://orders.example#raed", []string{"the API orders has no such scope", "read orders:write"}},
		{other, "https://orders.example#", []string{"no such scope"}},
		{other, "read", []string{"several APIs", "https://files.example#read or https://orders.example#read"}},
		{other, "secret", []string{"private (https://private.example)", "gatehouse api update private --listed-client"}},
		{other, "https://private.example#secret", []string{"gatehouse api update private --listed-client"}},
		{stranger, "share", []string{"files (https://files.example) is not for this app"}},
		{stranger, "account", []string{"gatehouse (https://id.example/) is not for this app"}},
		{stranger, "clients", []string{"is not for this app"}},
	} {
		_, faults := Resolve(authz.Scope("openid "+c.scope), "", c.client, some())
		for _, says := range c.says {
			if len(faults) != 1 || !strings.Contains(faults[0], says) {
				t.Errorf("%q for %s: %q; want one fault that says %q", c.scope, c.client.ID, faults, says)
			}
		}
	}
	if _, faults := Resolve("a", "", other, some()[:1]); len(faults) != 1 || strings.Contains(faults[0], "those of the APIs") {
		t.Errorf("without APIs of others: %q; want one fault that names none", faults)
	}
}

func TestASentenceNamesFewOfManyAPIs(t *testing.T) {
	all := some()[:1]
	var tokens []string
	for i := range 300 {
		a := api(fmt.Sprint("a", i), "read", fmt.Sprint("s", i))
		all, tokens = append(all, a), append(tokens, fmt.Sprint("s", i))
	}
	for _, token := range []string{"none", "read"} {
		if _, faults := Resolve(authz.Scope(token), "", store.Client{}, all); len(faults) != 1 || len(faults[0]) > 1000 {
			t.Errorf("%q: %q; want one fault of at most 1000 bytes", token, faults)
		}
	}
	for n, want := range map[int]bool{80: true, 90: false} { // 81 of them have 2,048 bytes
		got, faults := Resolve(authz.Scope(strings.Join(tokens[:n], " ")), "", store.Client{}, all)
		if ok := len(faults) == 0; ok != want || ok != (len(got) <= maxKeptBytes) {
			t.Errorf("%d scopes, %d bytes: %q; want them accepted: %t", n, len(got), faults, want)
		}
	}
}

func TestScopesAreShownAsTheyCanBeSentBack(t *testing.T) {
	shop := store.Client{ID: "shop"}
	for canonical, want := range map[string]string{
		"": "",
		"openid account https://orders.example#orders:write": "openid account orders:write",
		"https://orders.example#read":                        "https://orders.example#read", // files has it, too
		"https://private.example#share":                      "https://private.example#share",
		"https://gone.example#orders:write":                  "https://gone.example#orders:write",
		"https://orders.example#gone":                        "https://orders.example#gone",
	} {
		short := Short(authz.Scope(canonical), shop, some())
		if string(short) != want {
			t.Errorf("%q is shown as %q, want %q", canonical, short, want)
		}
		if back, faults := Resolve(short, authz.Scope(canonical), shop, some()); string(back) != canonical || len(faults) > 0 {
			t.Errorf("%q, shown as %q, comes back as %q, %q; want the same", canonical, short, back, faults)
		}
	}
	if short := Short("https://private.example#secret", store.Client{ID: "other"}, some()); short != "https://private.example#secret" {
		t.Errorf("to an app that is not listed any more, a scope is shown as %q, want the long form", short)
	}
	want := []string{"https://gone.example#a", "https://orders.example#gone"}
	if diff := cmp.Diff(want, Gone("openid account none https://gone.example#a https://orders.example#gone https://orders.example#read", some())); diff != "" {
		t.Errorf("what is gone (-want +got):\n%s", diff)
	}
}

type finder []store.API

func (f finder) Find(_ context.Context, identifier string) (store.API, error) {
	at := slices.IndexFunc(f, func(a store.API) bool { return a.Identifier == identifier })
	if at < 0 {
		return store.API{}, store.ErrNotFound
	}
	return f[at], nil
}

func TestAScopeIsExplainedByAPI(t *testing.T) {
	all := some()
	own := all[0]
	text := func(api, name string) ScopeText {
		return ScopeText{Token: "https://" + api + ".example#" + name, Name: name, Text: "Do " + name}
	}
	share, gone, never := text("files", "share"), text("gone", "a"), text("orders", "never")
	share.Sensitive = true
	gone.Text, gone.Gone, never.Text, never.Gone = "a", true, "never", true
	want := []Section{
		{"https://files.example", "FILES", []ScopeText{share, text("files", "read")}},
		{"", "", []ScopeText{{Token: "openid", Name: "openid", Text: "Know that it is you"}, {Token: "email", Name: "email", Text: "See your e-mail address"}}},
		{own.Identifier, "Gatehouse", []ScopeText{{Token: "account", Name: "account", Text: "See and change your account here"}}},
		{"https://orders.example", "ORDERS", []ScopeText{text("orders", "orders:write"), never}},
		{"https://gone.example", "", []ScopeText{gone}},
	}
	scope := authz.Scope("https://orders.example#orders:write email account https://gone.example#a https://files.example#read openid https://files.example#share https://orders.example#never")
	got, err := Explain(t.Context(), finder(all), own, scope)
	if err != nil {
		t.Fatalf("explaining the scope: %v", err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("explained as (-want +got):\n%s", diff)
	}
	own = opened(Own("https://id.example/"), store.API{Clients: store.ClientsAny})
	if got, err = Explain(t.Context(), finder(all), own, "openid account"); err != nil || len(got) != 2 || got[0].Name != "Gatehouse" || !got[0].Scopes[0].Sensitive {
		t.Errorf("our own API, open to any: %+v, %v; want it first, and account sensitive", got, err)
	}
}
