package client

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/apis"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/store"
)

func (w *world) api(t *testing.T, in apis.Input, scopes ...string) {
	t.Helper()
	var of []store.APIScope
	for _, name := range scopes {
		of = append(of, store.APIScope{Name: name, Description: "Do " + name})
	}
	in.Identifier, in.Name, in.Scopes = fields.Given("https://"+in.ID.Value+".example"), fields.Given(in.ID.Value), apis.ScopesOf(of...)
	if _, err := w.APIs.(*apis.Service).Create(t.Context(), authz.Operator, in); err != nil {
		t.Fatalf("registering the API %s: %v", in.ID.Value, err)
	}
}

func TestAScopeOfAnAPIIsKeptInItsLongForm(t *testing.T) {
	w := open(t)
	w.api(t, apis.Input{ID: fields.Given("orders")}, "read", "write")
	w.api(t, apis.Input{ID: fields.Given("files")}, "read")
	in := shop()
	in.ID, in.Scope = fields.Given("shop"), fields.Given("openid write https://files.example/#read write")
	c, _, err := w.Create(t.Context(), authz.Operator, in)
	const want = "openid https://orders.example#write https://files.example#read"
	if err != nil || c.Scope != want {
		t.Fatalf("registered with the scope %q, %v; want %q", c.Scope, err, want)
	}
	shown, err := w.Shown(t.Context(), c, store.Client{Scope: "openid"})
	if err != nil || shown[0].Scope != "openid write https://files.example#read" || shown[1].Scope != "openid" {
		t.Errorf("shown as %q and %q, %v; want the bare name where it suffices", shown[0].Scope, shown[1].Scope, err)
	}
	in.ID, in.Scope = fields.Text{}, fields.Given("openid read")
	if _, _, err := w.Create(t.Context(), authz.Operator, in); !strings.Contains(fault(err, "scope"), "https://files.example#read or https://orders.example#read") {
		t.Errorf("a scope of two APIs: err = %v, want a fault with both long forms", err)
	}
	if err := w.APIs.(*apis.Service).Delete(t.Context(), authz.Operator, "files", ""); err != nil {
		t.Fatalf("deleting the API: %v", err)
	}
	gone, err := w.Gone(t.Context(), c)
	if diff := cmp.Diff([]string{"https://files.example#read"}, gone); diff != "" || err != nil {
		t.Errorf("what is gone (-want +got):\n%s\n%v", diff, err)
	}
	// Neither another change nor the same scope again is in the way, and read is unambiguous
	// now. What was given up does not come back.
	for _, c := range []struct{ sent, want string }{{"", want}, {want, want}, {"read", "https://orders.example#read"}} {
		in := shop()
		if in.Scope = fields.Given(c.sent); c.sent == "" {
			in.Scope = fields.Text{}
		}
		got, _, err := w.Update(t.Context(), authz.Operator, "shop", in, false)
		if err != nil || got.Scope != c.want {
			t.Errorf("changed to %q: %q, %v; want %q", c.sent, got.Scope, err, c.want)
		}
	}
	if _, _, err := w.Update(t.Context(), authz.Operator, "shop", Input{Scope: fields.Given(want)}, false); !strings.Contains(fault(err, "scope"), "there is no such scope") {
		t.Errorf("a scope of the API that is gone, given up before: err = %v, want a fault", err)
	}
}

func TestADeletedClientLeavesTheListsOfAPIs(t *testing.T) {
	w := open(t)
	in := shop()
	in.ID = fields.Given("shop")
	if _, _, err := w.Create(t.Context(), authz.Operator, in); err != nil {
		t.Fatalf("creating the client: %v", err)
	}
	w.api(t, apis.Input{ID: fields.Given("orders"), Clients: fields.Given("listed"), ListedClients: fields.Listed("shop"), IntrospectionClients: fields.Listed("shop")}, "read")
	if err := w.Delete(t.Context(), authz.Operator, "shop", ""); err != nil {
		t.Fatalf("deleting the client: %v", err)
	}
	a, err := w.db.APIByID(t.Context(), "orders")
	if err != nil || len(a.ListedClients)+len(a.IntrospectionClients) != 0 {
		t.Errorf("the API lists %s and %s, %v; want nobody", a.ListedClients, a.IntrospectionClients, err)
	}
	events, err := w.db.ListAudit(t.Context(), store.AuditQuery{Kind: "api.updated", Limit: 10})
	want := `{"before":{"introspection_clients":"shop","listed_clients":"shop"},"after":{"introspection_clients":"","listed_clients":""}}`
	if err != nil || len(events) != 1 || events[0].Subject != "api:orders" || string(events[0].Detail) != want {
		t.Errorf("evidence: %+v, %v; want one event of the API with %s", events, err, want)
	}
}

// TestAReplacedClientKeepsItsOrigin: nobody vouches for a client because an administrator
// renamed it.
func TestAReplacedClientKeepsItsOrigin(t *testing.T) {
	w := open(t)
	err := w.db.Write(t.Context(), func(tx store.Tx) error {
		return tx.CreateClient(store.Client{ID: "tool", Name: "Tool", AuthMethod: store.NoSecret, Origin: store.OriginDynamic, CreatedAt: w.now, UpdatedAt: w.now})
	})
	if err != nil {
		t.Fatalf("creating the client: %v", err)
	}
	in := shop()
	in.Scope = fields.Given("openid")
	if got, _, err := w.Update(t.Context(), authz.Operator, "tool", in, true); err != nil || got.Origin != store.OriginDynamic {
		t.Errorf("replaced: %+v, %v; want the origin dynamic", got, err)
	}
	if _, _, err := w.Update(t.Context(), authz.Operator, "tool", Input{Scope: fields.Given("openid users:read")}, false); fault(err, "scope") == "" {
		t.Errorf("a scope of our own API for it: err = %v, want a fault", err)
	}
}
