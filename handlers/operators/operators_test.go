package operators

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"gatehouse/handlers/api"
	"gatehouse/internal/apis"
	"gatehouse/internal/authz"
	"gatehouse/internal/client"
	"gatehouse/internal/clock"
	"gatehouse/internal/cursor"
	"gatehouse/internal/ending"
	"gatehouse/internal/grant"
	"gatehouse/internal/test/testdb"
	"gatehouse/keys"
	"gatehouse/store"
	"gatehouse/store/sqlstore"
)

// door authenticates every token as the actor of its name.
type door map[string]authz.Actor

func (d door) Authenticate(_ context.Context, raw string) (authz.Actor, store.User, error) {
	return d[raw], store.User{}, nil
}

// figures are fixed counts.
type figures struct{}

func (figures) CountSessions(context.Context, time.Time) (int64, error) { return 7, nil }
func (figures) CountClients(context.Context) (int64, error)             { return 3, nil }

// ring is a key ring with one key.
type ring struct{ retired []string }

func (r *ring) List(context.Context) ([]keys.Status, error) {
	return []keys.Status{{ID: "k1", Algorithm: "RS256", Generation: 1, State: "signing", CreatedAt: time.Unix(0, 0), SignFrom: time.Unix(0, 0)}}, nil
}

func (r *ring) Rotate(_ context.Context, algorithm, _ string) (keys.Status, error) {
	return keys.Status{ID: "k2", Algorithm: algorithm, Generation: 2, State: "published"}, nil
}

func (r *ring) Retire(_ context.Context, kid, actor string) error {
	if kid != "k1" {
		return keys.ErrUnknownKey
	}
	r.retired = append(r.retired, actor)
	return nil
}

// open returns the handlers, and a function that sends them a request. Its path begins
// with the token and a colon, as in "admin:/clients/".
func open(t *testing.T) (h *Handlers, ask func(method, path, body string) *httptest.ResponseRecorder) {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	db, err := sqlstore.Open(t.Context(), sqlstore.Options{DSN: testdb.Ready(t), Now: time.Now, Log: log})
	if err != nil {
		t.Fatalf("opening the store: %v", err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatalf("migrating the database: %v", err)
	}
	boss := store.User{Sub: uuid.NewString(), Username: "boss", UsernameKey: "boss", Email: "b@x.example", EmailKey: "b@x.example", Role: store.RoleAdmin, Active: true}
	if err := db.Write(t.Context(), func(tx store.Tx) (err error) { boss.ID, err = tx.CreateUser(boss); return err }); err != nil {
		t.Fatalf("creating the user: %v", err)
	}
	issuer, _ := url.Parse("https://id.example")
	sealer := cursor.Sealer{Keys: cursor.Fixed([32]byte{1})}
	admin := authz.Actor{UserID: boss.ID, Sub: boss.Sub, Role: store.RoleAdmin, Scope: authz.ForRole(store.RoleAdmin)}
	resources := &apis.Service{DB: db, Issuer: issuer.String(), Audience: issuer.String(), Cursors: sealer, Now: clock.Millis(time.Now)}
	h = &Handlers{
		APIs:    resources,
		Clients: &client.Service{Grants: grant.Types(), DB: db, APIs: resources, Ends: &ending.Service{DB: db, Rotations: db.Rotations(), Now: clock.Millis(time.Now), Log: log}, Cursors: sealer, Now: clock.Millis(time.Now), Log: log},
		Keys:    &ring{}, Evidence: db, People: db, Figures: figures{}, Cursors: sealer, Issuer: issuer, Now: clock.Millis(time.Now),
		Guard: api.Guard{Sessions: door{
			"admin": admin, "staff": {UserID: 2, Role: store.RoleStaff, Scope: authz.AllScopes},
			"reader": {UserID: boss.ID, Role: store.RoleAdmin, Scope: authz.ScopeUsersRead},
		}},
	}
	mux := http.NewServeMux()
	for _, rt := range h.Table().Routes {
		mux.HandleFunc(rt.Method+" "+rt.Path+"/{$}", func(w http.ResponseWriter, r *http.Request) {
			if err := rt.Serve(w, r); err != nil {
				api.Refuse(w, r, err)
			}
		})
	}
	return h, func(method, path, body string) *httptest.ResponseRecorder {
		who, path, _ := strings.Cut(path, ":")
		r := httptest.NewRequest(method, "/api/admin"+path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+who)
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		return w
	}
}

func TestEveryOperatorRouteNeedsAnAdministrator(t *testing.T) {
	h, ask := open(t)
	for _, rt := range h.Table().Routes {
		if rt.Needs.Open() {
			t.Errorf("%s %s is open, want it to need a permission", rt.Method, rt.Path)
		}
		path := strings.NewReplacer("/api/admin", "", "{id}", "x", "{kid}", "x").Replace(rt.Path) + "/"
		if w := ask(rt.Method, "staff:"+path, "{}"); w.Code != http.StatusForbidden {
			t.Errorf("%s %s as staff: %d, want 403", rt.Method, rt.Path, w.Code)
		}
		want := rt.Needs.Scope() == authz.ScopeUsersRead
		if w := ask(rt.Method, "reader:"+path, "{}"); (w.Code != http.StatusForbidden) != want {
			t.Errorf("%s %s with users:read: status %d, want it admitted: %t", rt.Method, rt.Path, w.Code, want)
		}
	}
}

func TestTheLifeOfAClient(t *testing.T) {
	_, ask := open(t)
	created := ask("POST", "admin:/clients/", `{"client_id":"shop","name":"Shop","grant_types":["client_credentials"],"scope":"users:read","access_token_lifetime":120}`)
	var c struct {
		Secret string `json:"client_secret"`
	}
	if err := json.Unmarshal(created.Body.Bytes(), &c); err != nil || created.Code != 201 || len(c.Secret) != 43 || created.Header().Get("Location") != "https://id.example/api/admin/clients/shop/" {
		t.Fatalf("status %d %s, headers %v, want 201 with a secret of 43 characters and the Location", created.Code, created.Body, created.Header())
	}
	for _, step := range []struct {
		method, path, body string
		status             int
		shows              string
	}{
		{"GET", "/clients/shop/", "", 200, `"access_token_lifetime":120,"refresh_token_idle":null`},
		{"GET", "/clients/", "", 200, `[{"client_id":"shop","name":"Shop"`},
		{"POST", "/clients/", `{"client_id":"shop","name":"Shop","grant_types":["password"]}`, 400, `{"client_id":["A client with that ID already exists."]}`},
		{"POST", "/clients/", `{"name":"Shop","client_secret":"chosen"}`, 400, `{"client_secret":["This field may not be set here."]}`},
		{"POST", "/clients/", `{}`, 400, `{"name":["This field is required."],"redirect_uris":["The grant authorization_code needs a redirect URI."]}`},
		{"POST", "/clients/", `{"name":7,"grant_types":"password"}`, 400, `"grant_types":["Expected a list of items."]`},
		{"PATCH", "/clients/shop/", `{"client_id":"shop","disabled":true}`, 200, `"disabled":true`},
		{"PATCH", "/clients/shop/", `{"client_id":"other"}`, 400, `{"client_id":["This field may not be set here."]}`},
		{"PUT", "/clients/shop/", `{}`, 400, `{"name":["This field is required."]`},
		{"POST", "/clients/shop/secret/", `{"overlap":3600}`, 200, `"client_secret":"`},
		{"POST", "/clients/shop/secret/", `{"overlap":-1}`, 400, `{"overlap":[`},
		{"POST", "/clients/shop/secret/", `{"overlap":99999999999999999}`, 400, `{"overlap":[`},
		{"POST", "/clients/nobody/secret/", ``, 404, `{"detail":"Not found."}`},
		{"PATCH", "/clients/nobody/", `{`, 404, `{"detail":"Not found."}`},
		{"DELETE", "/clients/shop/", "", 204, ""},
		{"DELETE", "/clients/shop/", "", 404, ""},
	} {
		w := ask(step.method, "admin:"+step.path, step.body)
		if w.Code != step.status || !strings.Contains(w.Body.String(), step.shows) {
			t.Errorf("%s %s %s: status %d %s, want %d and %q", step.method, step.path, step.body, w.Code, w.Body, step.status, step.shows)
		}
		if strings.Contains(w.Body.String(), c.Secret) {
			t.Errorf("%s %s shows the secret again, want it shown once", step.method, step.path)
		}
	}
	w := ask("GET", "admin:/audit/?kind=client.*&limit=2", "")
	var events []api.Event
	if err := json.Unmarshal(w.Body.Bytes(), &events); err != nil || len(events) != 2 || events[0].Kind != "client.deleted" || events[0].Subject != "client:shop" {
		t.Fatalf("status %d %s, want two events, the first client.deleted of client:shop", w.Code, w.Body)
	}
	next := strings.TrimSuffix(strings.TrimPrefix(w.Header().Get("Link"), "<https://id.example/api/admin"), `>; rel="next"`)
	if w := ask("GET", "admin:"+next, ""); w.Code != 200 || !strings.Contains(w.Body.String(), "client.created") || w.Header().Get("Link") != "" {
		t.Errorf("the next page: status %d %s, headers %v, want client.created and no link", w.Code, w.Body, w.Header())
	}
}

func TestTheLifeOfAnAPI(t *testing.T) {
	_, ask := open(t)
	created := ask("POST", "admin:/apis/", `{"id":"orders","identifier":"https://Orders.example/","name":"Orders","scopes":[{"name":"read","description":"Read your orders"}],"access_token_lifetime":120}`)
	wantBody := `{"id":"orders","identifier":"https://orders.example","name":"Orders","scopes":[{"name":"read","description":"Read your orders","sensitive":false}],"clients":"registered","listed_clients":[],"access_token_lifetime":120,"token_type":"at+jwt","signing_alg":"RS256","claims":["role"],"listed_in_metadata":false,"introspection_clients":[],"signing_alg_from":null,`
	if created.Code != http.StatusCreated || !strings.HasPrefix(created.Body.String(), wantBody) || created.Header().Get("Location") != "https://id.example/api/admin/apis/orders/" {
		t.Fatalf("created: %d, %s, Location %q; want 201 and %s", created.Code, created.Body, created.Header().Get("Location"), wantBody)
	}
	for _, c := range []struct {
		method, path, body string
		status             int
		says               string
	}{
		{"GET", "/apis/orders/", "", 200, wantBody},
		{"GET", "/apis/none/", "", 404, ""},
		{"PUT", "/apis/none/", "{", 404, ""}, // before the body is read
		{"PATCH", "/apis/orders/", `{"scopes":"read"}`, 400, "Expected a list of objects"},
		{"PATCH", "/apis/orders/", `{"scopes":null}`, 400, "Expected a list of objects"},
		{"PATCH", "/apis/orders/", `{"identifier":"https://other.example"}`, 400, "never changes"},
		{"PATCH", "/apis/orders/", `{"id":"other"}`, 400, `"id":["This field may not be set here."]`},
		{"PATCH", "/apis/orders/", `{"updated_at":"2026-01-02T03:04:05Z"}`, 400, `"updated_at"`},
		{"PATCH", "/apis/orders/", `{"id":"orders","identifier":"https://orders.example","claims":[]}`, 200, `"claims":[]`},
		{"PUT", "/apis/orders/", `{"name":"All"}`, 400, `{"scopes":["This field is required."]}`},
		{"GET", "/apis/gatehouse/", "", 200, `"created_at":null,"updated_at":null,"last_used_at":null}`},
		{"GET", "/apis/?limit=1", "", 200, `[{"id":"gatehouse",`},
		{"DELETE", "/apis/gatehouse/", "", 409, "cannot be deleted"},
		{"DELETE", "/apis/orders/", "", 204, ""},
		{"DELETE", "/apis/orders/", "", 404, ""},
	} {
		w := ask(c.method, "admin:"+c.path, c.body)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.says) {
			t.Errorf("%s %s %s: %d, %s; want %d and %q", c.method, c.path, c.body, w.Code, w.Body, c.status, c.says)
		}
	}
}

// TestAnAppIsShownWithTheScopesOfAPIs: what is shown can be sent back, also when the API is
// gone.
func TestAnAppIsShownWithTheScopesOfAPIs(t *testing.T) {
	_, ask := open(t)
	want := func(status int, scope, method, path, body string) {
		t.Helper()
		if w := ask(method, "admin:"+path, body); w.Code != status || !strings.Contains(w.Body.String(), `"scope":"`+scope+`"`) {
			t.Errorf("%s %s: %d, %s; want %d and the scope %q", method, path, w.Code, w.Body, status, scope)
		}
	}
	for _, id := range []string{"a", "b"} {
		body := fmt.Sprintf(`{"id":%q,"identifier":"https://%s.example","name":"API","scopes":[{"name":"read","description":"Read"},{"name":%q,"description":"Only here"}]}`, id, id, id)
		if w := ask("POST", "admin:/apis/", body); w.Code != http.StatusCreated {
			t.Fatalf("creating the API %s: %d, %s; want 201", id, w.Code, w.Body)
		}
	}
	const long = "openid https://a.example#read b"
	app := `{"client_id":"shop","name":"Shop","redirect_uris":["https://shop.example"],"scope":"` + long + `"}`
	want(201, long, "POST", "/clients/", app)
	want(200, long, "GET", "/clients/shop/", "")
	want(200, long, "PUT", "/clients/shop/", app)
	if w := ask("DELETE", "admin:/apis/b/", ""); w.Code != http.StatusNoContent {
		t.Fatalf("deleting the API: %d, %s; want 204", w.Code, w.Body)
	}
	const gone = "openid read https://b.example#b"
	want(200, gone, "GET", "/clients/", "")
	want(200, gone, "PATCH", "/clients/shop/", `{"scope":"`+gone+`","name":"The shop"}`)
	if w := ask("PATCH", "admin:/clients/shop/", `{"scope":"https://b.example#read"}`); w.Code != http.StatusBadRequest {
		t.Errorf("a scope of the API that is gone, which the app did not have: %d, want 400", w.Code)
	}
}

func TestOddQueriesOfTheAuditLog(t *testing.T) {
	_, ask := open(t)
	for _, query := range []string{"limit=0", "limit=1001", "since=yesterday", "until=2026", "cursor=x", "kind=a&kind=b", "actor=%00", "kind=" + strings.Repeat("k", 256)} {
		if w := ask("GET", "admin:/audit/?"+query, ""); w.Code != 400 {
			t.Errorf("%s: %d %s, want 400", query, w.Code, w.Body)
		}
	}
	if w := ask("GET", "admin:/audit/?since=2026-01-01T00:00:00Z&until=2026-01-02T00:00:00%2B01:00", ""); w.Code != 200 || w.Body.String() != "[]" {
		t.Errorf("status %d %s, want 200 and an empty list", w.Code, w.Body)
	}
}

func TestKeysAndFigures(t *testing.T) {
	h, ask := open(t)
	for _, step := range []struct {
		method, path string
		status       int
		body         string
	}{
		{"GET", "/keys/", 200, `[{"kid":"k1","alg":"RS256","generation":1,"state":"signing","created_at":"1970-01-01T00:00:00Z","sign_from":"1970-01-01T00:00:00Z","gone_at":null}]`},
		{"POST", "/keys/", 201, `{"kid":"k2","alg":"RS256","generation":2,"state":"published","created_at":"0001-01-01T00:00:00Z","sign_from":"0001-01-01T00:00:00Z","gone_at":null}`},
		{"POST", "/keys/k1/retire/", 204, ""},
		{"POST", "/keys/k9/retire/", 404, `{"detail":"Not found."}`},
		{"GET", "/stats/", 200, `{"users":{"admin":{"active":1,"inactive":0},"staff":{"active":0,"inactive":0},"user":{"active":0,"inactive":0}},"sessions":7,"clients":3}`},
	} {
		if w := ask(step.method, "admin:"+step.path, ""); w.Code != step.status || w.Body.String() != step.body {
			t.Errorf("%s %s: status %d %s, want %d %s", step.method, step.path, w.Code, w.Body, step.status, step.body)
		}
	}
	if got := h.Keys.(*ring).retired; len(got) != 1 || !strings.HasPrefix(got[0], "user:") {
		t.Errorf("retired by %v, want one user", got)
	}
}

func TestReadiness(t *testing.T) {
	var asked atomic.Int32
	var fault error
	now := time.Unix(1000, 0)
	h := &Health{Now: func() time.Time { return now }, Checks: []Check{
		{Name: "database", Ask: func(context.Context) error { asked.Add(1); return fault }},
		{Name: "keys", Ask: func(context.Context) error { return nil }},
	}}
	ready := func(want int, body string) {
		t.Helper()
		w := httptest.NewRecorder()
		if err := h.Ready(w, httptest.NewRequest("GET", "/", nil)); err != nil || w.Code != want || w.Body.String() != body {
			t.Errorf("%d %s %v, want %d %s", w.Code, w.Body, err, want, body)
		}
	}
	const fine = `{"status":"ok","parts":{"database":"ok","keys":"ok"}}`
	ready(200, fine)
	fault = errors.New("dial tcp 10.0.0.7:3306: refused")
	now = now.Add(999 * time.Millisecond)
	ready(200, fine) // the answer of a second ago
	now = now.Add(time.Millisecond)
	ready(503, `{"status":"unavailable","parts":{"database":"unavailable","keys":"ok"}}`)
	ready(503, `{"status":"unavailable","parts":{"database":"unavailable","keys":"ok"}}`)
	if n := asked.Load(); n != 2 {
		t.Errorf("the database was asked %d times, want 2", n)
	}
}
