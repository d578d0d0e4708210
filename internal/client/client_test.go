package client

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"gatehouse/internal/apis"
	"gatehouse/internal/authz"
	"gatehouse/internal/cursor"
	"gatehouse/internal/ending"
	"gatehouse/internal/fields"
	"gatehouse/internal/grant"
	"gatehouse/internal/test/testdb"
	"gatehouse/store"
	"gatehouse/store/sqlstore"
)

type world struct {
	*Service
	db        *sqlstore.DB
	now       time.Time
	forgotten []string
}

func (w *world) Forget(_ context.Context, sids ...string) error {
	w.forgotten = append(w.forgotten, sids...)
	return nil
}

func open(t *testing.T) *world {
	t.Helper()
	w := &world{now: time.Now().UTC().Truncate(time.Millisecond)}
	now := func() time.Time { return w.now }
	log := slog.New(slog.DiscardHandler)
	db, err := sqlstore.Open(t.Context(), sqlstore.Options{DSN: testdb.Ready(t), Now: now, Log: log})
	if err != nil {
		t.Fatalf("opening the store: %v", err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatalf("migrating the database: %v", err)
	}
	w.db = db
	w.Service = &Service{Grants: grant.Types(), DB: db, Ends: &ending.Service{DB: db, Rotations: w, Now: now, Log: log}, Cursors: cursor.Sealer{Keys: cursor.Fixed([32]byte{1})}, Now: now, Log: log}
	w.APIs = &apis.Service{DB: db, Issuer: "https://id.example", Audience: "https://id.example", Now: now}
	return w
}

func (w *world) person(t *testing.T, name string, role store.Role) store.User {
	t.Helper()
	u := store.User{Sub: uuid.NewString(), Username: name, UsernameKey: name, Email: name + "@example.com", EmailKey: name + "@example.com", Role: role, Active: true, JoinedAt: w.now}
	err := w.db.Write(t.Context(), func(tx store.Tx) (err error) {
		u.ID, err = tx.CreateUser(u)
		return err
	})
	if err != nil {
		t.Fatalf("creating the user: %v", err)
	}
	return u
}

// shop returns a valid registration.
func shop() Input {
	return Input{Name: fields.Given("Shop"), Scope: fields.Given("openid  profile openid"), RedirectURIs: fields.Listed("https://shop.example/cb")}
}

func TestCreate(t *testing.T) {
	w := open(t)
	c, secret, err := w.Create(t.Context(), authz.Operator, shop())
	if err != nil {
		t.Fatalf("creating the client: %v", err)
	}
	got, err := w.Get(t.Context(), c.ID)
	if err != nil || got.Name != "Shop" || got.Scope != "openid profile" || got.AuthMethod != "client_secret_basic" || !slices.Equal(got.GrantTypes, []string{"authorization_code"}) {
		t.Errorf("the client is %+v, %v; want it as created", got, err)
	}
	if len(secret) != 43 || len(got.Secrets) != 1 || got.Secrets[0].Digest != store.DigestOf(secret) {
		t.Errorf("secret %q, on record %+v, want one secret of 43 characters with its digest on record", secret, got.Secrets)
	}
	in := shop()
	in.ID, in.AuthMethod = fields.Given("phone"), fields.Given("none")
	phone, secret, err := w.Create(t.Context(), authz.Operator, in)
	if err != nil || phone.ID != "phone" || secret != "" || len(phone.Secrets) != 0 {
		t.Errorf("a public client: %+v, secret %q, %v; want none", phone, secret, err)
	}
	if _, _, err := w.Create(t.Context(), authz.Operator, in); fault(err, "client_id") == "" {
		t.Errorf("the same ID again: err = %v, want a fault", err)
	}
	events, err := w.db.ListAudit(t.Context(), store.AuditQuery{Kind: "client.created", Limit: 10})
	if err != nil || len(events) != 2 || events[0].Subject != "client:phone" || events[0].Actor != "cli" || string(events[0].Detail) != `{"name":"Shop"}` {
		t.Errorf("evidence: %+v, %v; want two events, the first of the client phone", events, err)
	}
}

// fault returns the message for a field.
func fault(err error, field string) string {
	var faults *fields.Errors
	if errors.As(err, &faults) && faults.Has(field) {
		return faults.Of(field)[0]
	}
	return ""
}

func TestWhatCannotBeRegistered(t *testing.T) {
	w := open(t)
	w.person(t, "ann", store.RoleUser)
	given, listed := fields.Given, fields.Listed
	for _, c := range []struct {
		name, field string
		change      func(*Input)
	}{
		{"no name", "name", func(in *Input) { in.Name = fields.Text{} }},
		{"blank name", "name", func(in *Input) { in.Name = given("  ") }},
		{"name with a control character", "name", func(in *Input) { in.Name = given("a\nb") }},
		{"name that changes direction", "name", func(in *Input) { in.Name = given("Gatehouse \u202egro.live") }},
		{"name with half a surrogate pair", "name", func(in *Input) { in.Name = given("\xed\xa0\x80") }},
		{"long name", "name", func(in *Input) { in.Name = given(strings.Repeat("n", 101)) }},
		{"ID with a blank", "client_id", func(in *Input) { in.ID = given("a b") }},
		{"ID with a slash", "client_id", func(in *Input) { in.ID = given("a/b") }},
		{"ID of dots", "client_id", func(in *Input) { in.ID = given("..") }},
		{"long ID", "client_id", func(in *Input) { in.ID = given(strings.Repeat("i", 65)) }},
		{"ID like a subject", "client_id", func(in *Input) { in.ID = given(uuid.NewString()) }},
		{"ID like a subject without dashes", "client_id", func(in *Input) { in.ID = given(strings.ReplaceAll(uuid.NewString(), "-", "")) }},
		{"ID of the built-in app", "client_id", func(in *Input) { in.ID = given("accounts") }},
		{"ID that is a person's name", "client_id", func(in *Input) { in.ID = given("ANN") }},
		{"unknown method", "auth_method", func(in *Input) { in.AuthMethod = given("client_secret_jwt") }},
		{"unknown grant", "grant_types", func(in *Input) { in.GrantTypes = listed("implicit") }},
		{"public with client_credentials", "grant_types", func(in *Input) { in.AuthMethod, in.GrantTypes = given("none"), listed("client_credentials") }},
		{"unknown scope", "scope", func(in *Input) { in.Scope = given("openid root") }},
		{"no redirect URI", "redirect_uris", func(in *Input) { in.RedirectURIs = fields.List{} }},
		{"21 redirect URIs", "redirect_uris", func(in *Input) {
			in.RedirectURIs = listed()
			for i := range 21 {
				in.RedirectURIs.Values = append(in.RedirectURIs.Values, fmt.Sprintf("https://a.example/%d", i))
			}
		}},
		{"bad address after sign-out", "post_logout_redirect_uris", func(in *Input) { in.PostLogoutRedirectURIs = listed("javascript:alert(1)") }},
		{"short life", "access_token_lifetime", func(in *Input) { in.AccessTokenLifetime = fields.Whole(59) }},
		{"long life", "access_token_lifetime", func(in *Input) { in.AccessTokenLifetime = fields.Whole(3601) }},
		{"negative life", "refresh_token_idle", func(in *Input) { in.RefreshTokenIdle = fields.Whole(-1) }},
		{"a problem of the wire", "grant_types", func(in *Input) { in.GrantTypes = fields.List{Sent: true, Problem: fields.NotAList} }},
	} {
		in := shop()
		c.change(&in)
		if _, _, err := w.Create(t.Context(), authz.Operator, in); fault(err, c.field) == "" {
			t.Errorf("%s: err = %v, want a fault in %s", c.name, err, c.field)
		}
	}
}

func TestRedirectURIs(t *testing.T) {
	for _, uri := range []string{
		"https://shop.example/cb", "https://shop.example:8443/cb?x=1", "http://127.0.0.1/cb", "http://127.0.0.1:9/cb", "http://[::1]/cb", "http://localhost:3000/cb",
		"com.example.app:/cb", "com.example.app://cb/x",
	} {
		if f := redirectFault(uri); f != "" {
			t.Errorf("%s: fault %s, want none", uri, f)
		}
	}
	for _, uri := range []string{
		"", "/cb", "//shop.example/cb", "shop.example/cb", "https:", "https://", "https:///cb", "https:shop.example", "https://*.shop.example/cb",
		"https://shop.example/cb#x", "https://shop.example/cb#", "https://user@shop.example/", "https://u:p@shop.example/", "https://shop.example\\@evil.example/",
		"http://shop.example/cb", "http://127.0.0.1.evil.example/", "http://localhost.evil.example/", "http://[fe80::1%25eth0]/",
		"https://shop.example/c b", "https://shop.example/\ncb", "https://shöp.example/", " https://shop.example/", "app:/cb", "http://[::1", "https://shop.example/%zz",
		"https://shop.example/" + strings.Repeat("p", 2000),
		"javascript:alert(1)", "JavaScript:alert(1)", "java\tscript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "blob:https://x/y", "about:blank",
		"ftp://x/", "ws://x/", "filesystem:http://x/", "view-source:https://x/", "chrome://settings", "ms-settings:x", "intent://x#Intent;end", "mailto:a@b.example",
	} {
		if redirectFault(uri) == "" {
			t.Errorf("%q was accepted, want a fault", uri)
		}
	}
}

// A parser reads the host in front of a port as a scheme.
func TestARedirectURIWithoutAScheme(t *testing.T) {
	for uri, want := range map[string]string{
		"shop.example/cb":      "https://shop.example/cb",
		"shop.example":         "https://shop.example",
		"shop.example:8443/cb": "https://shop.example:8443/cb",
		"localhost:3000/cb":    "http://localhost:3000/cb",
		"127.0.0.1:3000":       "http://127.0.0.1:3000",
		"[::1]:3000/cb":        "http://[::1]:3000/cb",
		"http://shop.example/": "https://shop.example/",
	} {
		if got := redirectFault(uri); !strings.HasSuffix(got, "did you mean "+want+"?") {
			t.Errorf("%s: fault %q, want one that suggests %s", uri, got, want)
		}
	}
}

func TestTheHostOfARedirectURI(t *testing.T) {
	for name, uri := range map[string]string{
		"percent-encoded non-ASCII at the end": "https://0%8000000",
		"percent-encoded non-ASCII":            "https://shop%C3%B6.example/",
		"percent-encoded dot":                  "https://shop%2eexample/",
		"zone of an address":                   "https://[fe80::1%25eth0]/",
		"semicolon":                            "https://shop.example;evil.example/",
		"quotation mark":                       `https://shop".example/`,
		"port alone":                           "https://:8443/",
	} {
		if redirectFault(uri) == "" {
			t.Errorf("%s: %q was accepted, want a fault", name, uri)
		}
	}
	for name, uri := range map[string]string{
		"underscore":      "https://my_shop.example/",
		"IPv6":            "https://[2001:db8::1]/",
		"punycode":        "https://xn--shp-sna.example/",
		"upper case":      "https://Shop.Example/",
		"dot at the end":  "https://shop.example./",
		"without a path":  "https://shop.example",
		"a name in a LAN": "https://intranet/",
	} {
		if fault := redirectFault(uri); fault != "" {
			t.Errorf("%s: %q: fault %q, want none", name, uri, fault)
		}
	}
}

func TestRotationKeepsTwoSecretsAtMost(t *testing.T) {
	w := open(t)
	c, first, err := w.Create(t.Context(), authz.Operator, shop())
	if err != nil {
		t.Fatalf("creating the client: %v", err)
	}
	w.now = w.now.Add(time.Minute)
	c, second, err := w.RotateSecret(t.Context(), authz.Operator, c.ID, time.Hour, "")
	if err != nil || len(c.Secrets) != 2 || second == first {
		t.Fatalf("after a rotation: %+v, %v; want two different secrets", c.Secrets, err)
	}
	if until := c.Secrets[1].ExpiresAt; c.Secrets[1].Digest != store.DigestOf(first) || !until.Equal(w.now.Add(time.Hour)) || !c.Secrets[0].ExpiresAt.IsZero() {
		t.Errorf("the secrets are %+v, want the first to expire in an hour and the second never", c.Secrets)
	}
	w.now = w.now.Add(time.Minute)
	c, third, err := w.RotateSecret(t.Context(), authz.Operator, c.ID, time.Hour, "")
	if err != nil || len(c.Secrets) != 2 || c.Secrets[0].Digest != store.DigestOf(third) || c.Secrets[1].Digest != store.DigestOf(second) {
		t.Errorf("after another rotation: %+v, %v; want the third secret and the second", c.Secrets, err)
	}
	c, _, err = w.RotateSecret(t.Context(), authz.Operator, c.ID, 0, "")
	if err != nil || len(c.Secrets) != 1 {
		t.Errorf("rotated without overlap: %+v, %v; want one secret", c.Secrets, err)
	}
	if _, _, err := w.RotateSecret(t.Context(), authz.Operator, c.ID, 91*24*time.Hour, ""); fault(err, "overlap") == "" {
		t.Errorf("too long: err = %v, want a fault", err)
	}
	if _, _, err := w.RotateSecret(t.Context(), authz.Operator, "nobody", 0, ""); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an unknown client: err = %v, want ErrNotFound", err)
	}
}

func TestUpdate(t *testing.T) {
	w := open(t)
	c, _, err := w.Create(t.Context(), authz.Operator, shop())
	if err != nil {
		t.Fatalf("creating the client: %v", err)
	}
	got, secret, err := w.Update(t.Context(), authz.Operator, c.ID, Input{Disabled: fields.On(true), AccessTokenLifetime: fields.Whole(60)}, false)
	if err != nil || secret != "" || !got.Disabled || got.AccessTokenLifetime != time.Minute || got.Name != "Shop" || len(got.RedirectURIs) != 1 {
		t.Errorf("updated: %+v, %v; want it disabled, with tokens of a minute and the rest as before", got, err)
	}
	got, _, err = w.Update(t.Context(), authz.Operator, c.ID, Input{Name: fields.Given("Store"), GrantTypes: fields.Listed("client_credentials")}, true)
	if err != nil || got.Disabled || got.AccessTokenLifetime != 0 || got.Scope != "" || len(got.RedirectURIs) != 0 || len(got.Secrets) != 1 {
		t.Errorf("replaced: %+v, %v; want the fields that were not sent at their defaults, and the secret kept", got, err)
	}
	if _, _, err := w.Update(t.Context(), authz.Operator, c.ID, Input{AuthMethod: fields.Given("none")}, false); fault(err, "grant_types") == "" {
		t.Errorf("public with client_credentials: err = %v, want a fault", err)
	}
	got, _, err = w.Update(t.Context(), authz.Operator, c.ID, Input{AuthMethod: fields.Given("none"), GrantTypes: fields.Listed("password")}, false)
	if err != nil || len(got.Secrets) != 0 {
		t.Errorf("public: %+v, %v; want no secrets", got, err)
	}
	got, secret, err = w.Update(t.Context(), authz.Operator, c.ID, Input{AuthMethod: fields.Given("client_secret_post")}, false)
	if err != nil || len(got.Secrets) != 1 || store.DigestOf(secret) != got.Secrets[0].Digest {
		t.Errorf("confidential again: %+v, %v; want one new secret", got, err)
	}
}

// A refresh token is for the client as it authenticated when the token was issued: one
// that needed a secret must not start to work without it.
func TestAnotherWayToAuthenticateEndsTheSessions(t *testing.T) {
	w := open(t)
	in := shop()
	in.GrantTypes = fields.Listed("password", "refresh_token")
	c, _, err := w.Create(t.Context(), authz.Operator, in)
	if err != nil {
		t.Fatalf("creating the client: %v", err)
	}
	ann := w.person(t, "ann", store.RoleUser)
	session := store.Session{ID: "7HX4DE3VFQ2CQM37AIKZEH2JU6", UserID: ann.ID, ClientID: c.ID, ExpiresAt: w.now.Add(time.Hour)}
	if err := w.db.Write(t.Context(), func(tx store.Tx) error { return tx.CreateSession(session) }); err != nil {
		t.Fatalf("creating the session: %v", err)
	}
	for _, step := range []struct {
		in   Input
		want int
	}{{Input{Name: fields.Given("Store")}, 0}, {Input{AuthMethod: fields.Given("none")}, 1}} {
		if _, _, err := w.Update(t.Context(), authz.Operator, c.ID, step.in, false); err != nil {
			t.Fatalf("updating the client: %v", err)
		}
		if len(w.forgotten) != step.want {
			t.Errorf("%d sessions ended, want %d", len(w.forgotten), step.want)
		}
	}
	if s, _, err := w.db.SessionWithUser(t.Context(), session.ID); err != nil || s.EndedAt.IsZero() {
		t.Errorf("the session is %+v, %v; want it ended", s, err)
	}
}

func TestWhoMayManageClients(t *testing.T) {
	w := open(t)
	boss, stef := w.person(t, "boss", store.RoleAdmin), w.person(t, "stef", store.RoleStaff)
	admin := authz.Actor{UserID: boss.ID, Sub: boss.Sub, Role: store.RoleAdmin, Scope: "clients"}
	for name, actor := range map[string]authz.Actor{
		"staff":                   {UserID: stef.ID, Role: store.RoleStaff, Scope: authz.AllScopes},
		"admin without the scope": {UserID: boss.ID, Role: store.RoleAdmin, Scope: "users:write"},
		"just demoted":            {UserID: stef.ID, Role: store.RoleAdmin, Scope: "clients"},
		"just deleted":            {UserID: 999, Role: store.RoleAdmin, Scope: "clients"},
		"a machine":               {ClientID: "robot", Scope: authz.AllScopes},
	} {
		if _, _, err := w.Create(t.Context(), actor, shop()); !errors.Is(err, authz.ErrDenied) {
			t.Errorf("%s: err = %v, want ErrDenied", name, err)
		}
	}
	c, _, err := w.Create(t.Context(), admin, shop())
	if err != nil {
		t.Fatalf("creating the client: %v", err)
	}
	if err := w.Delete(t.Context(), admin, c.ID, ""); err != nil {
		t.Errorf("deleting the client: %v", err)
	}
	if err := w.Delete(t.Context(), admin, c.ID, ""); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("twice: err = %v, want ErrNotFound", err)
	}
}

func TestListPages(t *testing.T) {
	w := open(t)
	for i := range 5 {
		in := shop()
		in.ID = fields.Given(fmt.Sprintf("c%d", i))
		if _, _, err := w.Create(t.Context(), authz.Operator, in); err != nil {
			t.Fatalf("creating the client: %v", err)
		}
	}
	var seen []string
	q := url.Values{"limit": {"2"}}
	for {
		page, err := w.List(t.Context(), q)
		if err != nil {
			t.Fatalf("listing the clients: %v", err)
		}
		for _, c := range page.Clients {
			seen = append(seen, c.ID)
		}
		if page.Next == "" {
			break
		}
		q.Set("cursor", page.Next)
	}
	if !slices.Equal(seen, []string{"c0", "c1", "c2", "c3", "c4"}) {
		t.Errorf("clients seen: %v, want %v", seen, []string{"c0", "c1", "c2", "c3", "c4"})
	}
	for _, q := range []url.Values{{"limit": {"0"}}, {"cursor": {"c1"}}} {
		if _, err := w.List(t.Context(), q); fault(err, "limit")+fault(err, "cursor") == "" {
			t.Errorf("listing by %v: err = %v, want a fault in limit or cursor", q, err)
		}
	}
}

// A refresh token must not outlive the key that signed it, so the server's own bound
// applies if it is less than a year.
func TestTheIdleLifeOfAClientHasTheServersBound(t *testing.T) {
	w := open(t)
	w.MaxRefreshIdle = 90 * 24 * time.Hour
	in := shop()
	in.RefreshTokenIdle = fields.Whole(90*24*3600 + 1)
	_, _, err := w.Create(t.Context(), authz.Operator, in)
	if message := fault(err, "refresh_token_idle"); !strings.Contains(message, "7776000 (GATEHOUSE_REFRESH_TOKEN_LIFETIME") {
		t.Errorf("one second too long: %q, %v; want a fault that names the limit and its setting", message, err)
	}
	in.RefreshTokenIdle = fields.Whole(90 * 24 * 3600)
	made, _, err := w.Create(t.Context(), authz.Operator, in)
	if err != nil || made.RefreshTokenIdle != w.MaxRefreshIdle {
		t.Fatalf("just right: %s, %v; want %s", made.RefreshTokenIdle, err, w.MaxRefreshIdle)
	}
	_, _, err = w.Update(t.Context(), authz.Operator, made.ID, Input{RefreshTokenIdle: fields.Whole(366 * 24 * 3600)}, false)
	if fault(err, "refresh_token_idle") == "" {
		t.Errorf("changed to a year: err = %v, want a fault", err)
	}
}
