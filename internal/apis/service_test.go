package apis

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/authz"
	"gatehouse/internal/clock"
	"gatehouse/internal/cursor"
	"gatehouse/internal/fields"
	"gatehouse/internal/test/testdb"
	"gatehouse/internal/version"
	"gatehouse/store"
	"gatehouse/store/sqlstore"
)

const issuer = "https://id.example/auth"

type world struct {
	*Service
	db *sqlstore.DB
}

func open(t *testing.T) world { return openAt(t, testdb.Ready(t)) }

func openAt(t *testing.T, dsn string) world {
	t.Helper()
	now := clock.Millis(time.Now)
	db, err := sqlstore.Open(t.Context(), sqlstore.Options{DSN: dsn, Now: now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatalf("opening the store: %v", err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatalf("migrating the database: %v", err)
	}
	return world{&Service{DB: db, Issuer: issuer, Audience: "https://tokens.example/", Cursors: cursor.Sealer{Keys: cursor.Fixed([32]byte{1})}, Now: now}, db}
}

func (w world) client(t *testing.T, id, method string) {
	t.Helper()
	err := w.db.Write(t.Context(), func(tx store.Tx) error {
		return tx.CreateClient(store.Client{ID: id, Name: id, AuthMethod: method, CreatedAt: w.Now(), UpdatedAt: w.Now()})
	})
	if err != nil {
		t.Fatalf("creating the client %s: %v", id, err)
	}
}

// ordersInput returns a valid registration.
func ordersInput() Input {
	return Input{
		ID: fields.Given("orders"), Identifier: fields.Given("https://Orders.example/"), Name: fields.Given(" Orders "),
		Scopes: ScopesOf(store.APIScope{Name: "orders:read", Description: " Read your orders "}, store.APIScope{Name: "orders:write", Description: "Place orders", Sensitive: true}),
	}
}

func (w world) add(t *testing.T, in Input) store.API {
	t.Helper()
	a, err := w.Create(t.Context(), authz.Operator, in)
	if err != nil {
		t.Fatalf("registering the API %s: %v (%v), want it registered", in.ID.Value, err, messages(err))
	}
	return a
}

// fault returns the messages for a field.
func fault(err error, field string) string {
	if faults := (*fields.Errors)(nil); errors.As(err, &faults) {
		return strings.Join(faults.Of(field), " ")
	}
	return ""
}

func messages(err error) any {
	if faults := (*fields.Errors)(nil); errors.As(err, &faults) {
		return faults.Map()
	}
	return nil
}

func (w world) events(t *testing.T, kind string) []string {
	t.Helper()
	rows, err := w.db.ListAudit(t.Context(), store.AuditQuery{Kind: kind, Limit: 100})
	if err != nil {
		t.Fatalf("listing the audit log: %v", err)
	}
	var all []string
	for _, row := range rows {
		all = append(all, row.Actor+" "+row.Subject+" "+string(row.Detail))
	}
	return all
}

func TestAnAPIIsRegisteredWithTheDefaults(t *testing.T) {
	w := open(t)
	made := w.add(t, ordersInput())
	want := store.API{
		ID: "orders", Identifier: "https://orders.example", Name: "Orders", Clients: store.ClientsRegistered, TokenType: store.TokenTypeAccess, Signing: store.SigningChoice{Alg: store.RS256}, Claims: []string{"role"},
		Scopes:    []store.APIScope{{Name: "orders:read", Description: "Read your orders"}, {Name: "orders:write", Description: "Place orders", Sensitive: true}},
		CreatedAt: made.CreatedAt, UpdatedAt: made.CreatedAt,
	}
	got, err := w.Get(t.Context(), "orders")
	if err != nil {
		t.Fatalf("looking up the API: %v", err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the API (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{`cli api:orders {"name":"Orders","identifier":"https://orders.example"}`}, w.events(t, "api.created")); diff != "" {
		t.Errorf("evidence (-want +got):\n%s", diff)
	}
	in := ordersInput()
	in.ID, in.Identifier = fields.Text{}, fields.Given("urn:example:other")
	if made := w.add(t, in); len(made.ID) != 26 {
		t.Errorf("without an ID, the API got %q; want a random one", made.ID)
	}
}

func TestWhatCannotBeRegisteredAsAnAPI(t *testing.T) {
	w := open(t)
	w.client(t, "shop", store.SecretBasic)
	w.client(t, "phone", store.NoSecret)
	w.client(t, "https://app.example/client.json", store.NoSecret)
	w.add(t, ordersInput())
	given, listed := fields.Given, fields.Listed
	scope := func(name, description string) fields.Text {
		return ScopesOf(store.APIScope{Name: name, Description: description})
	}
	var many []store.APIScope
	for i := range maxScopes + 1 {
		many = append(many, store.APIScope{Name: fmt.Sprint("s", i), Description: "S"})
	}
	for name, c := range map[string]struct {
		field, says string
		change      func(*Input)
	}{
		"the ID of another":             {"id", "already exists", func(in *Input) { in.ID = given("orders") }},
		"the ID of our own":             {"id", "already exists", func(in *Input) { in.ID = given(store.OwnAPI) }},
		"an ID with a slash":            {"id", "1 to 64", func(in *Input) { in.ID = given("a/b") }},
		"an ID that is too long":        {"id", "1 to 64", func(in *Input) { in.ID = given(strings.Repeat("a", 65)) }},
		"no identifier":                 {"identifier", "required", func(in *Input) { in.Identifier = fields.Text{} }},
		"a relative identifier":         {"identifier", "absolute URI", func(in *Input) { in.Identifier = given("/billing") }},
		"the identifier of another":     {"identifier", "already exists", func(in *Input) { in.Identifier = given("https://orders.example") }},
		"another spelling of it":        {"identifier", "already exists", func(in *Input) { in.Identifier = given("HTTPS://ORDERS.example/") }},
		"the issuer":                    {"identifier", "ours", func(in *Input) { in.Identifier = given(issuer) }},
		"the issuer with a slash":       {"identifier", "ours", func(in *Input) { in.Identifier = given(issuer + "/") }},
		"the issuer with its port":      {"identifier", "ours", func(in *Input) { in.Identifier = given("https://id.example:443/auth") }},
		"under the issuer":              {"identifier", "ours", func(in *Input) { in.Identifier = given("https://ID.example/auth/oauth/token") }},
		"under it, percent-encoded":     {"identifier", "ours", func(in *Input) { in.Identifier = given("https://id.example/%61uth/x") }},
		"under it, with a query":        {"identifier", "ours", func(in *Input) { in.Identifier = given(issuer + "?a") }},
		"our audience":                  {"identifier", "ours", func(in *Input) { in.Identifier = given("https://tokens.example") }},
		"the client_id of an app":       {"identifier", "client_id", func(in *Input) { in.Identifier = given("https://app.example/client.json") }},
		"no name":                       {"name", "required", func(in *Input) { in.Name = fields.Text{} }},
		"a blank name":                  {"name", "blank", func(in *Input) { in.Name = given(" ") }},
		"a name that changes direction": {"name", "direction", func(in *Input) { in.Name = given("a\u202eb") }},
		"no scopes":                     {"scopes", "required", func(in *Input) { in.Scopes = fields.Text{} }},
		"an empty list of scopes":       {"scopes", "at least one", func(in *Input) { in.Scopes = ScopesOf() }},
		"scopes that are words":         {"scopes", "list of objects", func(in *Input) { in.Scopes = given(`["a"]`) }},
		"scopes that are not JSON":      {"scopes", "list of objects", func(in *Input) { in.Scopes = given(`a b`) }},
		"sensitive that is a word":      {"scopes", "list of objects", func(in *Input) { in.Scopes = given(`[{"name":"a","description":"A","sensitive":"yes"}]`) }},
		"too many scopes":               {"scopes", "no more than 100", func(in *Input) { in.Scopes = ScopesOf(many...) }},
		"too many bytes of scopes":      {"scopes", "no more than 32768", func(in *Input) { in.Scopes = scope("a", strings.Repeat("a", 32<<10)) }},
		"a scope without a name":        {"scopes", "visible ASCII", func(in *Input) { in.Scopes = scope("", "A") }},
		"a scope with a blank":          {"scopes", "visible ASCII", func(in *Input) { in.Scopes = scope("a b", "A") }},
		"a scope with #":                {"scopes", "visible ASCII", func(in *Input) { in.Scopes = scope("a#b", "A") }},
		"a scope with a quotation mark": {"scopes", "visible ASCII", func(in *Input) { in.Scopes = scope(`a"b`, "A") }},
		"a scope with a backslash":      {"scopes", "visible ASCII", func(in *Input) { in.Scopes = scope(`a\b`, "A") }},
		"a scope that is not ASCII":     {"scopes", "visible ASCII", func(in *Input) { in.Scopes = scope("é", "A") }},
		"a scope that is too long":      {"scopes", "no more than 100", func(in *Input) { in.Scopes = scope(strings.Repeat("a", 101), "A") }},
		"a scope of OpenID Connect":     {"scopes", "reserved", func(in *Input) { in.Scopes = scope("openid", "A") }},
		"a scope of ours":               {"scopes", "reserved", func(in *Input) { in.Scopes = scope("users:read", "A") }},
		"a scope for claims":            {"scopes", "reserved", func(in *Input) { in.Scopes = scope("groups", "A") }},
		"a scope twice":                 {"scopes", "once", func(in *Input) { in.Scopes = ScopesOf(many[0], many[0]) }},
		"a scope without description":   {"scopes", `The description of "a": ` + fields.Blank, func(in *Input) { in.Scopes = scope("a", " ") }},
		"a description of two lines":    {"scopes", "control characters", func(in *Input) { in.Scopes = scope("a", "A\nB") }},
		"a description right to left":   {"scopes", "direction", func(in *Input) { in.Scopes = scope("a", "A\u202eB") }},
		"a long description":            {"scopes", "no more than 200", func(in *Input) { in.Scopes = scope("a", strings.Repeat("a", 201)) }},
		"an unknown rule":               {"clients", "registered, listed or any", func(in *Input) { in.Clients = given("all") }},
		"a list without the rule":       {"listed_clients", "Only an API", func(in *Input) { in.ListedClients = listed("shop") }},
		"an unknown client listed":      {"listed_clients", `"none"`, func(in *Input) { in.Clients, in.ListedClients = given("listed"), listed("shop", "none") }},
		"too many clients listed":       {"listed_clients", "no more than 100", func(in *Input) { in.Clients, in.ListedClients = given("listed"), listed(make([]string, 101)...) }},
		"an unknown client to examine":  {"introspection_clients", `"none"`, func(in *Input) { in.IntrospectionClients = listed("none") }},
		"a public client to examine":    {"introspection_clients", "is public", func(in *Input) { in.IntrospectionClients = listed("shop", "phone") }},
		"a life of 59 seconds":          {"access_token_lifetime", "from 60 to 3600", func(in *Input) { in.AccessTokenLifetime = fields.Whole(59) }},
		"a life of over an hour":        {"access_token_lifetime", "from 60 to 3600", func(in *Input) { in.AccessTokenLifetime = fields.Whole(3601) }},
		"an unknown type":               {"token_type", "at+jwt or JWT", func(in *Input) { in.TokenType = given("jwt") }},
		"an unknown claim":              {"claims", "Choose from role", func(in *Input) { in.Claims = listed("role", "sub") }},
	} {
		in := ordersInput()
		in.ID, in.Identifier = given("billing"), given("https://billing.example")
		c.change(&in)
		if _, err := w.Create(t.Context(), authz.Operator, in); !strings.Contains(fault(err, c.field), c.says) {
			t.Errorf("%s: %v; want %q to say %q", name, messages(err), c.field, c.says)
		}
	}
	if n, err := w.db.CountAPIs(t.Context()); err != nil || n != 1 {
		t.Errorf("there are %d APIs, %v; want 1", n, err)
	}
	for _, near := range []string{"https://id.example/authx", "https://id.example/", "http://id.example/auth", "https://id.example:8443/auth", "https://sub.id.example/auth", "https://tokens.example/v1"} {
		in := ordersInput()
		in.ID, in.Identifier = fields.Text{}, given(near)
		w.add(t, in)
	}
}

func TestAnAPIIsChanged(t *testing.T) {
	w := open(t)
	w.client(t, "shop", store.SecretBasic)
	w.client(t, "gateway", store.SecretBasic)
	made := w.add(t, ordersInput())
	in := Input{Clients: fields.Given("listed"), ListedClients: fields.Listed("shop", "shop"), IntrospectionClients: fields.Listed("gateway"), AccessTokenLifetime: fields.Whole(60), Claims: fields.Listed()}
	got, err := w.Update(t.Context(), authz.Operator, "orders", in, false)
	if err != nil {
		t.Fatalf("changing the API: %v", err)
	}
	if diff := cmp.Diff([]string{"shop"}, got.ListedClients); diff != "" || got.AccessTokenLifetime != time.Minute || len(got.Claims) != 0 || !slices.Equal(got.Scopes, made.Scopes) || got.UpdatedAt.Before(made.UpdatedAt) {
		t.Errorf("changed to %+v, want the list, a minute, no claims and the same scopes", got)
	}
	want := []string{`cli api:orders {"before":{"access_token_lifetime":"0s","claims":"role","clients":"registered","introspection_clients":"","listed_clients":""},"after":{"access_token_lifetime":"1m0s","claims":"","clients":"listed","introspection_clients":"gateway","listed_clients":"shop"}}`}
	if diff := cmp.Diff(want, w.events(t, "api.updated")); diff != "" {
		t.Errorf("evidence (-want +got):\n%s", diff)
	}
	if _, err := w.Update(t.Context(), authz.Operator, "orders", in, false); err != nil {
		t.Fatalf("changing nothing: %v", err)
	}
	if n := len(w.events(t, "api.updated")); n != 1 {
		t.Errorf("after a change to the same, there are %d events, want 1", n)
	}
	if got, err = w.Update(t.Context(), authz.Operator, "orders", Input{Clients: fields.Given("any")}, false); err != nil || len(got.ListedClients) != 0 {
		t.Errorf("open to any, the API lists %s, %v; want nobody", got.ListedClients, err)
	}
	all := ordersInput()
	all.Name = fields.Given("All orders")
	if got, err = w.Update(t.Context(), authz.Operator, "orders", all, true); err != nil || got.Clients != store.ClientsRegistered || got.AccessTokenLifetime != 0 || !slices.Equal(got.Claims, made.Claims) || got.Name != "All orders" || !got.CreatedAt.Equal(made.CreatedAt) {
		t.Errorf("replaced by %+v, %v; want the defaults", got, err)
	}
	for field, in := range map[string]Input{"name": {Scopes: all.Scopes}, "scopes": {Name: all.Name}} {
		if _, err := w.Update(t.Context(), authz.Operator, "orders", in, true); fault(err, field) != fields.Required {
			t.Errorf("replaced without %s: %v, want it required", field, messages(err))
		}
	}
	if _, err := w.Update(t.Context(), authz.Operator, "none", Input{}, false); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("changing an unknown API: err = %v, want ErrNotFound", err)
	}
}

func TestADeletedAPILeavesItsIdentifier(t *testing.T) {
	w := open(t)
	w.add(t, ordersInput())
	if err := w.Delete(t.Context(), authz.Operator, "orders", "of another state"); !errors.Is(err, version.ErrChanged) {
		t.Errorf("deleting an API that has changed since it was shown: %v, want version.ErrChanged", err)
	}
	if err := w.Delete(t.Context(), authz.Operator, "orders", ""); err != nil {
		t.Fatalf("deleting the API: %v", err)
	}
	if err := w.Delete(t.Context(), authz.Operator, "orders", ""); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("deleting it again: err = %v, want ErrNotFound", err)
	}
	if diff := cmp.Diff([]string{`cli api:orders {"name":"Orders","identifier":"https://orders.example"}`}, w.events(t, "api.deleted")); diff != "" {
		t.Errorf("evidence (-want +got):\n%s", diff)
	}
	w.add(t, ordersInput())
}

func TestOfOurOwnAPIOnlyTheClientsChange(t *testing.T) {
	w := open(t)
	own, err := w.Get(t.Context(), store.OwnAPI)
	if err != nil || own.Identifier != "https://tokens.example/" || !slices.Equal(names(own), authz.OwnScopes.Tokens()) || own.Clients != store.ClientsRegistered {
		t.Fatalf("our own API is %+v, %v; want the audience, our scopes and registered clients", own, err)
	}
	if _, offered := Offers(own, store.Client{Origin: store.OriginDynamic}, "account"); offered {
		t.Error("a client that registered itself is offered account, want nothing")
	}
	same := Input{Name: fields.Given(own.Name), Scopes: ScopesOf(own.Scopes...), Claims: fields.Listed(own.Claims...), Clients: fields.Given("any")}
	for range 2 {
		if own, err = w.Update(t.Context(), authz.Operator, store.OwnAPI, same, true); err != nil || own.Clients != store.ClientsAny {
			t.Fatalf("opened to any: %+v, %v; want the rule any", own, messages(err))
		}
		same.Scopes = ScopesOf(own.Scopes...)
	}
	want := []string{`cli api:gatehouse {"before":{"clients":"registered"},"after":{"clients":"any"}}`}
	if diff := cmp.Diff(want, w.events(t, "api.updated")); diff != "" {
		t.Errorf("evidence (-want +got):\n%s", diff)
	}
	for name, want := range map[string]bool{"account": true, "users:read": false, "users:write": false, "clients": false, "none": false} {
		scope, offered := Offers(own, store.Client{Origin: store.OriginDynamic}, name)
		if offered != want || offered && !scope.Sensitive {
			t.Errorf("a client that registered itself is offered %s: %t, %+v; want %t, and sensitive", name, offered, scope, want)
		}
	}
	for field, in := range map[string]Input{
		"name": {Name: fields.Given("Mine")}, "scopes": {Scopes: ordersInput().Scopes}, "token_type": {TokenType: fields.Given("JWT")},
		"clients": {Clients: fields.Given("listed")}, "claims": {Claims: fields.Listed()}, "introspection_clients": {IntrospectionClients: fields.Listed("shop")},
		"access_token_lifetime": {AccessTokenLifetime: fields.Whole(60)}, "listed_in_metadata": {ListedInMetadata: fields.On(false)},
	} {
		if _, err := w.Update(t.Context(), authz.Operator, store.OwnAPI, in, false); fault(err, field) == "" {
			t.Errorf("changing %s of our own API: err = %v, want a fault", field, err)
		}
	}
	if err := w.Delete(t.Context(), authz.Operator, store.OwnAPI, ""); !errors.Is(err, ErrOwn) {
		t.Errorf("deleting our own API: err = %v, want ErrOwn", err)
	}
	if own, err = w.Update(t.Context(), authz.Operator, store.OwnAPI, Input{Clients: fields.Given("registered")}, false); err != nil || own.Clients != store.ClientsRegistered {
		t.Errorf("closed again: %+v, %v; want registered clients", own, err)
	}
}

func TestTheListHasOursAtItsPlace(t *testing.T) {
	w := open(t)
	for _, id := range []string{"a", "f", "h", "z"} {
		in := ordersInput()
		in.ID, in.Identifier = fields.Given(id), fields.Given("urn:x:"+id)
		w.add(t, in)
	}
	walk := func(limit string) (ids []string) {
		parameters := url.Values{"limit": {limit}}
		for {
			page, err := w.List(t.Context(), parameters)
			if err != nil || page.Total != 5 {
				t.Fatalf("listing the APIs: total %d, %v; want 5", page.Total, err)
			}
			for _, a := range page.APIs {
				ids = append(ids, a.ID)
			}
			if page.Next == "" {
				return ids
			}
			parameters.Set("cursor", page.Next)
		}
	}
	want := []string{"a", "f", store.OwnAPI, "h", "z"}
	for _, changed := range []bool{false, true} {
		if changed {
			if _, err := w.Update(t.Context(), authz.Operator, store.OwnAPI, Input{Clients: fields.Given("any")}, false); err != nil {
				t.Fatalf("changing our own API: %v", err)
			}
		}
		for _, limit := range []string{"1", "2", "3", "4", "5", "6"} {
			if diff := cmp.Diff(want, walk(limit)); diff != "" {
				t.Errorf("by %s, our own changed: %t (-want +got):\n%s", limit, changed, diff)
			}
		}
	}
	for field, parameters := range map[string]url.Values{"limit": {"limit": {"0"}}, "cursor": {"cursor": {"x"}}} {
		if _, err := w.List(t.Context(), parameters); fault(err, field) == "" {
			t.Errorf("%s: err = %v, want a fault", parameters.Encode(), err)
		}
	}
}

func TestOnlyAdministratorsManageAPIs(t *testing.T) {
	w := open(t)
	w.add(t, ordersInput())
	for name, actor := range map[string]authz.Actor{
		"nobody": {}, "a staff member": {UserID: 7, Role: store.RoleStaff, Scope: authz.AllScopes},
		"an administrator in an app without the scope": {UserID: 7, Role: store.RoleAdmin, Scope: authz.ScopeAccount},
		"an administrator who is gone":                 {UserID: 7, Role: store.RoleAdmin, Scope: authz.AllScopes},
	} {
		other := ordersInput()
		other.ID, other.Identifier = fields.Text{}, fields.Given("urn:x:other")
		_, creating := w.Create(t.Context(), actor, other)
		_, changing := w.Update(t.Context(), actor, "orders", Input{Name: fields.Given("Mine")}, false)
		deleting := w.Delete(t.Context(), actor, "orders", "")
		for verb, err := range map[string]error{"creates": creating, "changes": changing, "deletes": deleting} {
			if !errors.Is(err, authz.ErrDenied) {
				t.Errorf("%s %s an API: err = %v, want ErrDenied", name, verb, err)
			}
		}
	}
}

func TestThereIsRoomForAThousand(t *testing.T) {
	w := open(t)
	err := w.db.Write(t.Context(), func(tx store.Tx) error {
		for i := range MaxAPIs - 1 {
			if err := tx.CreateAPI(store.API{ID: fmt.Sprint("a", i), Identifier: fmt.Sprint("urn:a:", i), CreatedAt: w.Now(), UpdatedAt: w.Now()}); err != nil {
				return err
			}
		}
		return tx.CreateAPI(store.API{ID: store.OwnAPI, Clients: store.ClientsAny, CreatedAt: w.Now(), UpdatedAt: w.Now()}) // it does not count
	})
	if err != nil {
		t.Fatalf("filling the table: %v", err)
	}
	w.add(t, ordersInput())
	in := ordersInput()
	in.ID, in.Identifier = fields.Text{}, fields.Given("urn:x:other")
	if _, err := w.Create(t.Context(), authz.Operator, in); !strings.Contains(fault(err, "non_field_errors"), "1000") {
		t.Errorf("one more: err = %v, want a fault that names 1000", err)
	}
	if all, err := w.All(t.Context()); err != nil || len(all) != MaxAPIs+1 {
		t.Errorf("All returned %d, %v; want %d with our own", len(all), err, MaxAPIs+1)
	}
}

// TestOneOfManyGetsTheIdentifier: administrators register it for an API in several
// spellings, while a client comes that has it as its ID.
func TestOneOfManyGetsTheIdentifier(t *testing.T) {
	for name, dsn := range map[string]func(testing.TB) string{"SQLite": testdb.Ready, "MariaDB": testdb.MySQL} {
		t.Run(name, func(t *testing.T) {
			w := openAt(t, dsn(t))
			var apis, clients atomic.Int32
			var wg sync.WaitGroup
			for i := range 20 {
				wg.Go(func() {
					in := ordersInput()
					in.ID = fields.Given(fmt.Sprint("orders", i))
					in.Identifier = fields.Given([]string{"https://orders.example", "https://ORDERS.example/", "HTTPS://orders.example"}[i%3])
					_, err := w.Create(t.Context(), authz.Operator, in)
					switch {
					case err == nil:
						apis.Add(1)
					case fault(err, "identifier") == "":
						t.Errorf("creating an API: err = %v, want nil or a fault of the identifier", err)
					}
				})
			}
			for range 5 {
				wg.Go(func() {
					err := w.db.Write(t.Context(), func(tx store.Tx) error {
						if err := CheckClientID(tx, "https://orders.example"); err != nil {
							return err
						}
						return tx.CreateClient(store.Client{ID: "https://orders.example", Origin: store.OriginDocument, AuthMethod: store.NoSecret, CreatedAt: w.Now(), UpdatedAt: w.Now()})
					})
					switch {
					case err == nil:
						clients.Add(1)
					case !errors.Is(err, ErrIsIdentifier) && !errors.Is(err, store.ErrConflict):
						t.Errorf("creating a client: err = %v, want nil, ErrIsIdentifier or ErrConflict", err)
					}
				})
			}
			wg.Wait()
			if apis.Load()+clients.Load() != 1 {
				t.Errorf("%d APIs and %d clients have the identifier, want one in all", apis.Load(), clients.Load())
			}
		})
	}
}

func TestAClientIDThatNoIdentifierHasNeedsNoLock(t *testing.T) {
	if err := CheckClientID(nil, "shop"); err != nil {
		t.Errorf("CheckClientID = %v, want nil", err)
	}
}
