package client

import (
	"errors"
	"testing"

	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/store"
)

// What a document says is changed only after the client was adopted.
func TestAClientByURL(t *testing.T) {
	w := open(t)
	const id = "https://tidewater.example/app.json"
	c := store.Client{
		ID: id, Name: "Tidewater", AuthMethod: store.NoSecret, Origin: store.OriginDocument, GrantTypes: []string{DefaultGrant}, Scope: "openid",
		RedirectURIs: []string{"http://127.0.0.1/cb"}, Rotation: store.RotationStrict, CreatedAt: w.now, UpdatedAt: w.now,
	}
	err := w.db.Write(t.Context(), func(tx store.Tx) error {
		return errors.Join(tx.CreateClient(c), tx.PutClientDocument(store.ClientDocument{ClientID: id, FetchedAt: w.now, FreshUntil: w.now}))
	})
	if err != nil {
		t.Fatalf("keeping a document: %v", err)
	}
	for field, in := range map[string]Input{
		"name": {Name: fields.Given("Ours")}, "first_party": {FirstParty: fields.On(true)}, "scope": {Scope: fields.Given("openid account")},
		"redirect_uris": {RedirectURIs: fields.Listed("https://evil.example/")}, "require_par": {RequirePAR: fields.On(true)},
	} {
		if _, _, err := w.Update(t.Context(), authz.Operator, id, in, false); fault(err, field) == "" {
			t.Errorf("%s: err = %v, want a fault", field, err)
		}
	}
	if got, _, err := w.Update(t.Context(), authz.Operator, id, Input{Disabled: fields.On(true)}, false); err != nil || !got.Disabled || got.Origin != store.OriginDocument {
		t.Errorf("switched off: %+v, %v; want it disabled", got, err)
	}
	if _, _, err := w.Create(t.Context(), authz.Operator, Input{ID: fields.Given(id), Name: fields.Given("Ours"), RedirectURIs: fields.Listed("https://a.example")}); fault(err, "client_id") == "" {
		t.Errorf("registered by a URL: err = %v, want a fault", err)
	}

	if _, err := w.Adopt(t.Context(), authz.Actor{UserID: 1, Role: store.RoleUser, Scope: authz.AllScopes}, id, ""); !errors.Is(err, authz.ErrDenied) {
		t.Errorf("adopted by anybody: err = %v, want ErrDenied", err)
	}
	err = w.db.Write(t.Context(), func(tx store.Tx) error {
		return errors.Join(
			tx.CreateAPI(store.API{ID: "orders", Identifier: "https://orders.example", Clients: store.ClientsAny, Scopes: []store.APIScope{{Name: "read"}, {Name: "write"}}}),
			tx.CreateAPI(store.API{ID: "payroll", Identifier: "https://payroll.example", Clients: store.ClientsRegistered, Scopes: []store.APIScope{{Name: "read"}}}))
	})
	if err != nil {
		t.Fatalf("creating the APIs: %v", err)
	}
	if got, err := w.Adopt(t.Context(), authz.Operator, id, ""); err != nil || got.Scope != "openid https://orders.example#read https://orders.example#write" || got.Origin != store.OriginRegistered || !got.Disabled {
		t.Fatalf("adopted: %+v, %v; want it registered for what it could ask for, and as it was", got, err)
	}
	if _, err := w.db.ClientDocument(t.Context(), id); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the document: err = %v, want ErrNotFound", err)
	}
	if _, err := w.Adopt(t.Context(), authz.Operator, id, ""); fault(err, "non_field_errors") == "" {
		t.Errorf("adopted twice: err = %v, want a fault", err)
	}
	if got, _, err := w.Update(t.Context(), authz.Operator, id, Input{Name: fields.Given("Ours"), Disabled: fields.On(false)}, false); err != nil || got.Name != "Ours" {
		t.Errorf("changed: %+v, %v; want the name", got, err)
	}
	events, err := w.db.ListAudit(t.Context(), store.AuditQuery{Kind: "client.adopted", Limit: 2})
	if err != nil || len(events) != 1 || events[0].Subject != "client:"+id || string(events[0].Detail) != `{"name":"Tidewater"}` {
		t.Errorf("evidence: %+v, %v; want one event", events, err)
	}
}
