package recovery_test

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/clock"
	"gatehouse/internal/recovery"
	"gatehouse/store"
)

// TestAnAPIAllowsWhatBothAllow: an API that was changed after the backup loses what it lost
// then, and gains nothing.
func TestAnAPIAllowsWhatBothAllow(t *testing.T) {
	scopes := func(names ...string) (all []store.APIScope) {
		for _, name := range names {
			all = append(all, store.APIScope{Name: name, Description: name})
		}
		return all
	}
	base := store.API{
		Name: "API", Scopes: scopes("a", "b"), Clients: store.ClientsListed, ListedClients: []string{"x", "y"}, TokenType: store.TokenTypeAccess,
		Claims: []string{"role", "email"}, IntrospectionClients: []string{"x", "y"}, ListedInMetadata: true, AccessTokenLifetime: time.Minute,
	}
	closed := func(a *store.API) {
		a.Clients, a.ListedClients, a.IntrospectionClients = store.ClientsListed, nil, nil
	}
	cases := map[string]struct{ was, since, want func(*store.API) }{
		"same": {},
		"narrowed": {since: func(a *store.API) {
			a.Scopes, a.ListedClients, a.Claims, a.IntrospectionClients, a.ListedInMetadata = scopes("c", "b"), []string{"y", "z"}, []string{"name", "role"}, []string{"z", "x"}, false
		}, want: func(a *store.API) {
			a.Scopes, a.ListedClients, a.Claims, a.IntrospectionClients, a.ListedInMetadata = scopes("b"), []string{"y"}, []string{"role"}, []string{"x"}, false
		}},
		"sensitive":  {since: func(a *store.API) { a.Scopes[1].Sensitive = true }, want: func(a *store.API) { a.Scopes[1].Sensitive = true }},
		"opened":     {since: func(a *store.API) { a.Clients, a.ListedClients = store.ClientsAny, nil }},
		"listed":     {was: func(a *store.API) { a.Clients, a.ListedClients = store.ClientsAny, nil }},
		"registered": {was: func(a *store.API) { a.Clients = store.ClientsAny }, since: func(a *store.API) { a.Clients, a.ListedClients = store.ClientsRegistered, nil }, want: func(a *store.API) { a.Clients, a.ListedClients = store.ClientsRegistered, nil }},
		"deleted":    {since: func(a *store.API) { a.ID = "" }, want: closed},
		"replaced":   {since: func(a *store.API) { a.Identifier = "urn:other" }, want: closed},
		"gatehouse":  {was: func(a *store.API) { *a = store.API{ID: a.ID, Clients: store.ClientsAny} }, since: func(a *store.API) { a.ID = "" }, want: func(a *store.API) { a.Clients = store.ClientsRegistered }},
	}
	apply := func(f func(*store.API), a store.API) store.API {
		a.Scopes = slices.Clone(a.Scopes)
		if f != nil {
			f(&a)
		}
		return a
	}
	folder := t.TempDir()
	restored, replaced := open(t, "sqlite:"+filepath.Join(folder, "restored.db")), open(t, "sqlite:"+filepath.Join(folder, "replaced.db"))
	then(t, restored)
	then(t, replaced)
	want, changed := map[string]store.API{}, []string{}
	for id, c := range cases {
		a := base
		a.ID, a.Identifier = id, "urn:"+id
		was := apply(c.was, a)
		since := apply(c.since, was)
		if id == "listed" {
			since = a
		}
		want[id] = apply(c.want, was)
		if id == "listed" {
			want[id] = a
		}
		if !cmp.Equal(was, want[id]) {
			changed = append(changed, id)
		}
		write(t, restored, func(tx store.Tx) error { return tx.CreateAPI(was) })
		if since.ID != "" {
			write(t, replaced, func(tx store.Tx) error { return tx.CreateAPI(since) })
		}
	}
	slices.Sort(changed)
	over := &recovery.CarryOver{Restored: restored, Replaced: replaced, Now: clock.Millis(time.Now), Actor: "cli", Reseal: reseal}
	for _, names := range [][]string{changed, nil} { // the second time, nothing is left to do
		done, err := over.Do(t.Context())
		if err != nil {
			t.Fatalf("carrying over: %v", err)
		}
		if diff := cmp.Diff(names, done.APIs); diff != "" || done.Count() != len(names) {
			t.Errorf("carried over for (-want +got):\n%s", diff)
		}
	}
	for id, want := range want {
		got, err := restored.APIByID(t.Context(), id)
		if err != nil {
			t.Fatalf("looking up the API %s: %v", id, err)
		}
		want.UpdatedAt, want.CreatedAt = got.UpdatedAt, got.CreatedAt
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", id, diff)
		}
	}
	events, err := restored.ListAudit(t.Context(), store.AuditQuery{Kind: "api.updated", Limit: 100})
	if err != nil || len(events) != len(changed) {
		t.Errorf("there are %d events, %v; want %d", len(events), err, len(changed))
	}
}
