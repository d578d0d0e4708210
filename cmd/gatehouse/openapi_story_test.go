package main

import (
	"encoding/base64"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gatehouse/config"
	"gatehouse/internal/test/testkit"
	"gatehouse/store"
)

const (
	secretPhrase = "correct horse battery staple"
	users        = "/api/accounts/admin/users/"
	ownProfile   = "/api/accounts/profile/"
	clients      = "/api/admin/clients/"
	resources    = "/api/admin/apis/"
)

// person returns the body that creates an account.
func person(name string) object {
	return object{"username": name, "email": name + "@example.com", "password": secretPhrase}
}

// signIn returns both tokens of a new session.
func (w *witness) signIn(name string) (access, refresh string) {
	w.t.Helper()
	got := w.ask(http.StatusOK, "POST", "/api/accounts/login/", sends(object{"username": name, "password": secretPhrase}))
	return got.text(w.t, "access"), got.text(w.t, "refresh")
}

func (w *witness) firstAdministrator(t *testing.T) {
	token, offered, err := w.app.people.Offer(t.Context())
	if err != nil || !offered {
		t.Fatalf("no link: %v", err)
	}
	fields := func(token, password string) option {
		return form("token", token, "username", "grace", "email", "grace@example.com", "password", password)
	}
	w.ask(http.StatusOK, "GET", "/setup?token="+token)
	w.ask(http.StatusForbidden, "POST", "/setup", fields(token, secretPhrase), with("Sec-Fetch-Site", "cross-site"))
	w.ask(http.StatusUnprocessableEntity, "POST", "/setup", fields(token, "password"), from("192.0.2.1"))
	w.ask(http.StatusGone, "POST", "/setup", fields("another", secretPhrase), from("192.0.3.1"))
	grace := &tab{}
	w.visit(grace, http.StatusCreated, "POST", "/setup", fields(token, secretPhrase), from("192.0.4.1"))
	w.ask(http.StatusGone, "POST", "/setup", form("token", token, "username", "eve", "email", "eve@example.com", "password", secretPhrase), from("192.0.5.1"))
	w.admin, _ = w.signIn("grace")
}

func (w *witness) people(t *testing.T) {
	admin := as(w.admin)
	staff := person("staff")
	staff["role"] = "staff"
	made := w.ask(http.StatusCreated, "POST", users, admin, sends(staff))
	if at := made.header.Get("Location"); !strings.HasPrefix(at, w.app.config.Issuer+users) {
		t.Errorf("Location %q, want it to begin with %q", at, w.app.config.Issuer+users)
	}
	victim := w.ask(http.StatusCreated, "POST", users, admin, form("username", "alice", "email", "alice@example.com", "password", secretPhrase, "first_name", "Alice"))
	w.victim = strconv.Itoa(int(victim.object(t)["user"].(object)["id"].(float64)))
	w.ask(http.StatusCreated, "POST", users, admin, parts("username", "user", "email", "user@example.com", "password", secretPhrase, "role", "user"))
	w.ask(http.StatusBadRequest, "POST", users, admin, sends(object{"username": "ALICE", "email": "Alice@EXAMPLE.com", "password": "password", "role": "king", "id": 7, "last_name": 7}))
	w.staff, _ = w.signIn("staff")
	w.user, _ = w.signIn("user")
	_, _ = w.signIn("alice")

	one := users + w.victim + "/"
	w.ask(http.StatusOK, "GET", one, admin)
	w.ask(http.StatusOK, "GET", strings.TrimSuffix(one, "/"), admin)
	w.ask(http.StatusOK, "PUT", one, admin, sends(object{"username": "alice", "email": "alice@example.com", "password": secretPhrase, "role": "user", "first_name": "Alice"}))
	w.ask(http.StatusBadRequest, "PUT", one, admin, sends(object{"first_name": "Alice"}))
	w.ask(http.StatusOK, "PATCH", one, admin, sends(object{"role": "staff", "is_active": true, "last_name": "Liddell", "id": victim.object(t)["user"].(object)["id"]}))
	w.ask(http.StatusOK, "PATCH", one, admin, form("is_active", "false"))
	w.ask(http.StatusOK, "PATCH", one, admin, sends(object{"is_active": true, "role": "user"}))
	w.ask(http.StatusOK, "PATCH", one, admin)
	w.ask(http.StatusBadRequest, "PATCH", one, admin, sends(object{"role": "king", "is_active": nil, "sub": "x", "email": "nonsense"}))
	w.lists(t, "/api/accounts/admin/users/", w.admin)
	w.lists(t, "/api/accounts/staff/users/", w.staff)
	w.ask(http.StatusOK, "GET", "/api/accounts/staff/users/"+w.victim+"/", as(w.staff))

	w.ask(http.StatusOK, "GET", users+"1/effect/?role=admin", admin)
	w.ask(http.StatusConflict, "GET", users+"1/effect/?delete=true", admin)
	w.ask(http.StatusConflict, "DELETE", users+"1/", admin)
	w.ask(http.StatusConflict, "PATCH", users+"1/", admin, sends(object{"role": "user"}))
	w.ask(http.StatusConflict, "PUT", users+"1/", admin, sends(object{"username": "grace", "email": "grace@example.com", "password": secretPhrase, "is_active": false}))
	gone := w.ask(http.StatusCreated, "POST", users, admin, sends(person("gone")))
	w.ask(http.StatusNoContent, "DELETE", strings.TrimPrefix(gone.header.Get("Location"), w.app.config.Issuer), admin)

	_, _ = w.signIn("alice")
	_, _ = w.signIn("alice")
	list := w.ask(http.StatusOK, "GET", one+"sessions/", admin)
	w.session = firstMember(t, list, "id")
	w.ask(http.StatusNoContent, "DELETE", one+"sessions/"+w.session+"/", admin)
	w.ask(http.StatusNoContent, "DELETE", one+"sessions/", admin)
	w.ask(http.StatusNoContent, "DELETE", one+"sessions/", admin)
}

// lists reads a list with every documented parameter.
func (w *witness) lists(t *testing.T, path, token string) {
	t.Helper()
	first := w.ask(http.StatusOK, "GET", path+"?limit=1&ordering=-date_joined", as(token))
	next, _, found := strings.Cut(strings.TrimPrefix(first.header.Get("Link"), "<"+w.app.config.Issuer), ">")
	if !found {
		t.Fatalf("Link %q, want a link to the next page", first.header.Get("Link"))
	}
	w.ask(http.StatusOK, "GET", next, as(token))
	for _, ordering := range []string{"id", "-id", "username", "-username", "email", "-email", "date_joined", "last_login", "-last_login"} {
		w.ask(http.StatusOK, "GET", path+"?ordering="+ordering, as(token))
	}
	w.ask(http.StatusOK, "GET", path+"?search="+url.QueryEscape("ali example.com")+"&role=user&is_active=true", as(token))
	w.ask(http.StatusOK, "GET", path+"?is_active=false&limit=1000", as(token))
	w.ask(http.StatusBadRequest, "GET", path+"?ordering=password&role=king&is_active=maybe&limit=1001&search=a&search=b", as(token))
	w.ask(http.StatusBadRequest, "GET", next+"&role=user", as(token))
}

func (w *witness) ownAccount(t *testing.T) {
	w.ask(http.StatusCreated, "POST", users, as(w.admin), sends(person("olga")))
	access, _ := w.signIn("olga")
	me := as(access)
	w.ask(http.StatusOK, "GET", ownProfile, me)
	w.ask(http.StatusOK, "PUT", ownProfile, me, sends(object{"username": "olga", "email": "olga@example.com", "password": secretPhrase, "role": "user"}))
	w.ask(http.StatusOK, "PATCH", ownProfile, me, sends(object{"first_name": "Olga"}))
	w.ask(http.StatusOK, "PATCH", ownProfile, me, parts("last_name", "Orlova"))
	w.ask(http.StatusOK, "PATCH", ownProfile, me)
	w.ask(http.StatusOK, "PATCH", ownProfile, me, sends(object{"email": "olga@example.org", "current_password": secretPhrase}))
	w.ask(http.StatusOK, "PATCH", ownProfile, me, sends(object{"password": "another secret phrase of hers", "current_password": secretPhrase}))
	w.ask(http.StatusOK, "PATCH", ownProfile, me, sends(object{"password": secretPhrase, "current_password": "another secret phrase of hers"}))
	w.ask(http.StatusBadRequest, "PATCH", ownProfile, me, sends(object{"role": "admin", "is_active": false, "username": ""}))
	w.ask(http.StatusBadRequest, "PATCH", ownProfile, me, sends(object{"email": "olga@example.net"}))
	w.ask(http.StatusBadRequest, "PUT", ownProfile, me, sends(object{}))
	w.attributes(t, me)

	_, _ = w.signIn("olga")
	list := w.ask(http.StatusOK, "GET", ownProfile+"sessions/", me)
	w.ask(http.StatusNoContent, "DELETE", ownProfile+"sessions/"+firstMember(t, list, "id")+"/", me)
	w.ask(http.StatusNoContent, "DELETE", ownProfile+"sessions/", me)
	w.ask(http.StatusUnauthorized, "GET", ownProfile, me)

	access, _ = w.signIn("olga")
	w.ask(http.StatusNoContent, "POST", ownProfile+"delete/", as(access))
	w.ask(http.StatusUnauthorized, "GET", ownProfile, as(access))
	w.ask(http.StatusConflict, "POST", ownProfile+"delete/", as(w.admin)) // the last one
}

// attributes sets and reads the attributes of a profile, which come back normalized.
func (w *witness) attributes(t *testing.T, me option) {
	all := object{"middle_name": "Maria", "nickname": "Ol", "profile": "https://olga.example/#me", "picture": "https://olga.example/o.jpg", "website": "http://olga.example",
		"gender": "female", "birthdate": "0000-02-29", "zoneinfo": "Europe/Berlin", "locale": "de-AT", "phone_number": "+49 (30) 123-4567",
		"address": object{"locality": "Berlin", "country": "DE"}}
	w.ask(http.StatusOK, "PATCH", ownProfile, me, sends(all))
	w.ask(http.StatusOK, "PATCH", ownProfile, me, form("address.country", "AT", "birthdate", "1990"))
	shown := w.ask(http.StatusOK, "GET", ownProfile, me).object(t)
	if shown["phone_number"] != "+49301234567" || shown["birthdate"] != "1990" || shown["address"].(object)["country"] != "AT" || shown["address"].(object)["locality"] != "Berlin" {
		t.Errorf("attributes: %v, want those that were sent", shown)
	}
	for _, name := range []string{"role", "is_active"} {
		delete(shown, name)
	}
	w.ask(http.StatusOK, "PATCH", ownProfile, me, sends(shown)) // sending back what was shown needs no password
	w.ask(http.StatusOK, "PATCH", ownProfile, me, sends(object{"picture": "", "address": object{"country": ""}}))
	w.ask(http.StatusBadRequest, "PATCH", ownProfile, me, sends(object{"picture": "javascript:alert(1)", "birthdate": "soon", "zoneinfo": "Mars/Phobos", "locale": "?",
		"phone_number": "12", "address": "Berlin", "email_verified": true, "phone_number_verified": true, "updated_at": "2026-01-02T03:04:05Z"}))
	w.ask(http.StatusBadRequest, "PATCH", ownProfile, me, sends(object{"address": object{"country": 7, "region": nil}}))
	w.ask(http.StatusOK, "PATCH", users+w.victim+"/", as(w.admin), sends(all))
	w.ask(http.StatusOK, "PATCH", users+w.victim+"/", as(w.admin), sends(object{"email_verified": true, "phone_number_verified": true}))
	w.ask(http.StatusBadRequest, "PATCH", users+"1/", as(w.admin), sends(object{"email_verified": true}))
}

// consents runs once there are apps. It leaves a consent of grace's for later chapters.
func (w *witness) consents(t *testing.T) {
	grace, err := w.app.db.UserByName(t.Context(), "grace")
	if err != nil {
		t.Fatalf("looking up the user by name: %v", err)
	}
	allow := func() {
		if err := w.app.db.Write(t.Context(), func(tx store.Tx) error {
			return tx.PutConsent(store.Consent{UserID: grace.ID, ClientID: "shop", Scope: "openid account", GrantedAt: time.Now()})
		}); err != nil {
			t.Fatalf("keeping the consent: %v", err)
		}
	}
	allow()
	own := ownProfile + "consents/"
	if listed := w.ask(http.StatusOK, "GET", own, as(w.admin)).list(t); len(listed) != 1 || listed[0]["name"] != "The shop" {
		t.Errorf(`consents: %v, want one for "The shop"`, listed)
	}
	w.ask(http.StatusOK, "GET", users+strconv.FormatInt(grace.ID, 10)+"/consents/", as(w.admin))
	w.ask(http.StatusOK, "GET", users+w.victim+"/consents/", as(w.admin))
	if left := w.ask(http.StatusOK, "DELETE", own+"shop/?scope=account", as(w.admin)).text(t, "scope"); left != "openid" {
		t.Errorf("%q is left of the consent, want openid", left)
	}
	w.ask(http.StatusNotFound, "DELETE", own+"shop/?scope=account", as(w.admin))
	w.ask(http.StatusBadRequest, "DELETE", own+"shop/?scope=", as(w.admin))
	w.ask(http.StatusNoContent, "DELETE", own+"shop/", as(w.admin))
	w.ask(http.StatusNotFound, "DELETE", own+"shop/", as(w.admin))
	allow()
}

func (w *witness) signingIn(t *testing.T) {
	w.ask(http.StatusCreated, "POST", "/api/accounts/signup/", sends(person("nina")), from("192.0.6.1"))
	w.ask(http.StatusCreated, "POST", "/api/accounts/signup", form("username", "nils", "email", "nils@example.com", "password", secretPhrase), from("192.0.7.1"))
	w.ask(http.StatusBadRequest, "POST", "/api/accounts/signup/", sends(object{"username": "NINA", "email": "nina", "password": "nina", "role": "admin"}), from("192.0.8.1"))
	w.ask(http.StatusBadRequest, "POST", "/api/accounts/signup/", sends(person("nina")), from("192.0.8.1"))
	w.ask(http.StatusBadRequest, "POST", "/api/accounts/signup/")
	w.closedSignUp(t)

	login := "/api/accounts/login/"
	w.ask(http.StatusOK, "POST", login, form("email", "Nina@Example.com", "password", secretPhrase), as("stale"))
	w.ask(http.StatusOK, "POST", login, parts("username", "nina@example.com", "password", secretPhrase))
	for _, wrong := range []object{{}, {"username": "nina"}, {"username": "nina", "password": "wrong"}, {"username": "nobody", "password": "wrong"}, {"username": 1, "password": []int{1}}} {
		w.ask(http.StatusUnauthorized, "POST", login, sends(wrong))
	}
	access, refresh := w.signIn("nina")
	rotated := w.ask(http.StatusOK, "POST", "/api/accounts/token/refresh/", sends(object{"refresh": refresh}))
	w.ask(http.StatusOK, "POST", "/api/accounts/token/refresh/", form("refresh", refresh))
	for _, bad := range []string{"nonsense", "a.b.c", access} {
		w.ask(http.StatusUnauthorized, "POST", "/api/accounts/token/refresh/", sends(object{"refresh": bad}), from("192.0.9.1"))
		w.ask(http.StatusUnauthorized, "POST", "/api/accounts/logout/", sends(object{"refresh": bad}), from("192.0.10.1"))
	}
	for _, path := range []string{"/api/accounts/token/refresh/", "/api/accounts/logout/"} {
		w.ask(http.StatusBadRequest, "POST", path, sends(object{}))
		w.ask(http.StatusBadRequest, "POST", path, sends(object{"refresh": nil}))
	}
	w.ask(http.StatusNoContent, "POST", "/api/accounts/logout/", sends(object{"refresh": rotated.text(t, "refresh")}))
	w.ask(http.StatusNoContent, "POST", "/api/accounts/logout/", sends(object{"refresh": refresh}))
	w.ask(http.StatusUnauthorized, "POST", "/api/accounts/token/refresh/", sends(object{"refresh": refresh}))
	w.ask(http.StatusUnauthorized, "GET", ownProfile, as(access))
	w.goneAndInactive(t)
}

// goneAndInactive checks that the tokens of a person who was deactivated or erased open
// nothing.
func (w *witness) goneAndInactive(t *testing.T) {
	for _, end := range []func(path string){
		func(path string) { w.ask(http.StatusOK, "PATCH", path, as(w.admin), sends(object{"is_active": false})) },
		func(path string) { w.ask(http.StatusNoContent, "DELETE", path, as(w.admin)) },
	} {
		access, refresh := w.signIn("nils")
		me := w.ask(http.StatusOK, "GET", ownProfile, as(access)).text(t, "id")
		end(users + me + "/")
		w.ask(http.StatusUnauthorized, "GET", ownProfile, as(access))
		w.ask(http.StatusUnauthorized, "POST", "/api/accounts/token/refresh/", sends(object{"refresh": refresh}))
		if w.try("GET", users+me+"/", as(w.admin)).status == http.StatusOK {
			w.ask(http.StatusOK, "PATCH", users+me+"/", as(w.admin), sends(object{"is_active": true}))
		}
	}
}

// closedSignUp uses a server with sign-up closed and one CORS origin, and closes its
// database at the end.
func (w *witness) closedSignUp(t *testing.T) {
	cfg := config.Default()
	cfg.Database = config.NewSecret("sqlite:" + filepath.Join(t.TempDir(), "closed.db"))
	cfg.Audience, cfg.SignUp, cfg.CORSOrigins = cfg.Issuer, "closed", []string{"https://app.example.com"}
	closed, err := newApp(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatalf("building the app: %v", err)
	}
	door := httptest.NewServer(closed.handler)
	defer door.Close()
	defer w.at(w.base)
	w.at(door.URL)
	w.ask(http.StatusForbidden, "POST", "/api/accounts/signup/", sends(person("nina")))
	w.ask(http.StatusForbidden, "GET", "/signup")
	got := w.ask(http.StatusUnauthorized, "GET", ownProfile, with("Origin", "https://app.example.com"))
	if got.header.Get("Access-Control-Allow-Origin") == "" {
		t.Error("Access-Control-Allow-Origin is missing, want it for a page of a configured origin")
	}
	w.ask(http.StatusUnauthorized, "GET", ownProfile, with("Origin", "https://evil.example.com"))
	if err := closed.Close(); err != nil {
		t.Fatalf("closing the store: %v", err)
	}
	w.ask(http.StatusOK, "GET", "/healthz/live")
	w.ask(http.StatusServiceUnavailable, "GET", "/healthz/ready")
	w.ask(http.StatusServiceUnavailable, "POST", "/api/accounts/login/", sends(object{"username": "nina", "password": secretPhrase}))
	w.ask(http.StatusServiceUnavailable, "POST", "/oauth/token", form("grant_type", "client_credentials"), basic("shop", "x"))
}

func (w *witness) apps(t *testing.T) {
	admin := as(w.admin)
	made := w.ask(http.StatusCreated, "POST", clients, admin, sends(object{"client_id": "shop", "name": "The shop", "first_party": true,
		"grant_types": []string{"password", "refresh_token", "client_credentials"}, "scope": "openid account users:read"}))
	if made.text(t, "client_secret") == "" {
		t.Error("a confidential app was given no secret, want one")
	}
	w.ask(http.StatusCreated, "POST", clients, admin, form("client_id", "page", "name", "A page", "auth_method", "none", "grant_types", "password refresh_token", "scope", "openid"))
	w.ask(http.StatusCreated, "POST", clients, admin, sends(object{"name": "A robot", "auth_method": "client_secret_post", "grant_types": []string{"authorization_code"},
		"redirect_uris": []string{"https://app.example.com/back"}, "access_token_lifetime": 600, "refresh_token_idle": nil}))
	w.ask(http.StatusBadRequest, "POST", clients, admin, sends(object{"client_id": "shop", "name": "", "auth_method": "magic", "grant_types": "password", "scope": "everything",
		"redirect_uris": []string{"javascript:alert(1)"}, "access_token_lifetime": 1, "client_secret": "mine", "first_party": "perhaps"}))

	w.appsThatSign(t)
	w.resources(t)
	w.appsByURL(t)
	first := w.ask(http.StatusOK, "GET", clients+"?limit=1", admin)
	next, _, _ := strings.Cut(strings.TrimPrefix(first.header.Get("Link"), "<"+w.app.config.Issuer), ">")
	w.ask(http.StatusOK, "GET", next, admin)
	w.ask(http.StatusOK, "GET", clients, admin)
	w.ask(http.StatusBadRequest, "GET", clients+"?limit=x", admin)

	w.ask(http.StatusOK, "GET", clients+"page/", admin)
	w.ask(http.StatusOK, "PUT", clients+"page/", admin, sends(object{"name": "The page", "grant_types": []string{"password"}, "scope": "openid"}))
	w.ask(http.StatusBadRequest, "PUT", clients+"page/", admin, sends(object{"client_id": "other"}))
	w.ask(http.StatusOK, "PATCH", clients+"page/", admin, sends(object{"disabled": true, "redirect_uris": []string{"com.example.app:/back"}}))
	w.ask(http.StatusOK, "PATCH", clients+"page/", admin)
	w.ask(http.StatusBadRequest, "PATCH", clients+"page/", admin, sends(object{"secrets": []string{}}))
	w.ask(http.StatusBadRequest, "POST", clients+"page/secret/", admin)
	if got := w.ask(http.StatusOK, "PATCH", clients+"page/", admin, sends(object{"auth_method": "client_secret_basic"})); got.text(t, "client_secret") == "" {
		t.Error("an app that became confidential was given no secret, want one")
	}
	w.ask(http.StatusOK, "POST", clients+"page/secret/", admin, sends(object{"overlap": 3600}))
	w.ask(http.StatusOK, "POST", clients+"page/secret/", admin)
	w.ask(http.StatusBadRequest, "POST", clients+"page/secret/", admin, sends(object{"overlap": "soon"}))
	w.ask(http.StatusBadRequest, "POST", clients+"page/secret/", admin, sends(object{"overlap": -1}))
	w.ask(http.StatusNoContent, "DELETE", clients+"page/", admin)
}

// resources registers APIs of others, and apps for their scopes.
func (w *witness) resources(t *testing.T) {
	admin := as(w.admin)
	scopes := []object{{"name": "orders:read", "description": "Read your orders"}, {"name": "orders:write", "description": "Place orders", "sensitive": true}}
	w.ask(http.StatusCreated, "POST", resources, admin, sends(object{"id": "orders", "identifier": "https://Orders.example/", "name": "Orders", "scopes": scopes}))
	w.ask(http.StatusCreated, "POST", resources, admin, form("id", "billing", "identifier", "urn:example:billing", "name", "Billing", "scopes", `[{"name":"orders:read","description":"Read the orders in bills"}]`,
		"clients", "listed", "listed_clients", "shop", "introspection_clients", "shop", "token_type", "JWT", "claims", "email role", "access_token_lifetime", "60", "listed_in_metadata", "true"))
	w.ask(http.StatusBadRequest, "POST", resources, admin, sends(object{"id": "a/b", "identifier": w.app.config.Issuer + "/x", "scopes": "orders", "clients": "all", "claims": "role", "token_type": "jwt", "access_token_lifetime": 1}))
	w.ask(http.StatusBadRequest, "POST", resources, admin, sends(object{"id": "orders", "identifier": "https://orders.example", "name": "Orders", "scopes": scopes, "listed_clients": []string{"shop"}}))
	w.ask(http.StatusBadRequest, "POST", resources, admin, sends(object{"identifier": nil, "name": nil, "scopes": nil, "created_at": nil}))

	first := w.ask(http.StatusOK, "GET", resources+"?limit=1", admin)
	next, _, _ := strings.Cut(strings.TrimPrefix(first.header.Get("Link"), "<"+w.app.config.Issuer), ">")
	w.ask(http.StatusOK, "GET", next, admin)
	if got := w.ask(http.StatusOK, "GET", resources, admin).header.Get("X-Total-Count"); got != "3" {
		t.Errorf("there are %s APIs, want 3 with our own", got)
	}
	w.ask(http.StatusBadRequest, "GET", resources+"?cursor=x", admin)

	orders := w.ask(http.StatusOK, "GET", resources+"orders/", admin).object(t)
	for _, name := range []string{"signing_alg_from", "created_at", "updated_at", "last_used_at", "access_token_lifetime"} {
		delete(orders, name)
	}
	w.ask(http.StatusOK, "PUT", resources+"orders/", admin, sends(orders))
	w.ask(http.StatusBadRequest, "PUT", resources+"orders/", admin, sends(object{"name": "Orders"}))
	w.ask(http.StatusOK, "PATCH", resources+"orders/", admin, sends(object{"clients": "any", "access_token_lifetime": nil}))
	w.ask(http.StatusOK, "PATCH", resources+"orders/", admin)
	w.ask(http.StatusBadRequest, "PATCH", resources+"orders/", admin, sends(object{"identifier": "https://elsewhere.example", "id": "other"}))
	w.ask(http.StatusOK, "PATCH", resources+store.OwnAPI+"/", admin, sends(object{"clients": "registered"}))
	w.ask(http.StatusBadRequest, "PATCH", resources+store.OwnAPI+"/", admin, sends(object{"name": "Mine"}))
	w.ask(http.StatusConflict, "DELETE", resources+store.OwnAPI+"/", admin)
	w.ask(http.StatusNotFound, "DELETE", resources+"none/", admin)

	app := w.ask(http.StatusCreated, "POST", clients, admin, sends(object{"client_id": "cart", "name": "Cart", "redirect_uris": []string{"https://cart.example"}, "scope": "openid orders:read orders:write"}))
	if got := app.text(t, "scope"); got != "openid orders:read orders:write" {
		t.Errorf("the scope of the app is %q, want the bare names", got)
	}
	w.ask(http.StatusBadRequest, "PATCH", clients+"cart/", admin, sends(object{"scope": "orders:read orders:raed urn:example:billing#orders:read"}))
	w.ask(http.StatusNoContent, "DELETE", resources+"billing/", admin)
	w.ask(http.StatusNoContent, "DELETE", clients+"cart/", admin)
}

// appsThatSign registers apps that have keys instead of a secret.
func (w *witness) appsThatSign(t *testing.T) {
	admin := as(w.admin)
	set := object{"keys": []object{{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "kid": "one"}}} // RFC 8037 A.2
	w.ask(http.StatusCreated, "POST", clients, admin, sends(object{"client_id": "bank", "name": "The bank", "auth_method": "private_key_jwt", "jwks": set,
		"grant_types": []string{"authorization_code", "urn:ietf:params:oauth:grant-type:device_code"}, "redirect_uris": []string{"https://bank.example/back"},
		"backchannel_logout_uri": "https://bank.example/out", "backchannel_logout_session_required": true}))
	bank := w.ask(http.StatusOK, "GET", clients+"bank/", admin).object(t)
	for _, name := range []string{"id_token_signed_response_alg_from", "refresh_token_alg_from", "origin", "secrets", "created_at", "updated_at", "last_used_at"} {
		delete(bank, name)
	}
	for name, value := range bank {
		if strings.HasSuffix(name, "lifetime") || name == "refresh_token_idle" || name == "client_id" {
			continue
		}
		w.ask(http.StatusOK, "PATCH", clients+"bank/", admin, sends(object{name: value}))
	}
	w.ask(http.StatusOK, "PATCH", clients+"bank/", admin, sends(object{"scope": "openid email groups", "id_token_claims": []string{"email", "groups"}}))
	w.ask(http.StatusOK, "PATCH", clients+"bank/", admin, form("id_token_claims", "groups"))
	w.ask(http.StatusBadRequest, "PATCH", clients+"bank/", admin, sends(object{"id_token_claims": []string{"openid", "profile"}}))
	w.ask(http.StatusOK, "PATCH", clients+"bank/", admin, form("jwks_uri", "https://bank.example/keys", "assertion_audience", "any"))
	w.ask(http.StatusBadRequest, "POST", clients+"bank/secret/", admin)
	w.ask(http.StatusBadRequest, "PATCH", clients+"bank/", admin, sends(object{"jwks": object{"keys": []object{{"kty": "oct", "k": "AAAA"}}}, "jwks_uri": "http://bank.example",
		"assertion_audience": "all", "backchannel_logout_uri": "javascript:alert(1)", "backchannel_logout_session_required": "perhaps"}))
	w.ask(http.StatusBadRequest, "PATCH", clients+"shop/", admin, sends(object{"jwks": set, "assertion_audience": "any"}))
	w.ask(http.StatusBadRequest, "PATCH", clients+"shop/", admin, sends(object{"require_signed_request_object": true}))
	w.ask(http.StatusNoContent, "DELETE", clients+"bank/", admin)
}

// appsByURL blocks, adopts and deletes an app that a document describes.
func (w *witness) appsByURL(t *testing.T) {
	const id = "https://tidewater.example/app.json"
	admin, byURL := as(w.admin), clients+"~"+base64.RawURLEncoding.EncodeToString([]byte(id))+"/"
	now := time.Now()
	err := w.app.db.Write(t.Context(), func(tx store.Tx) error {
		return errors.Join(
			tx.CreateClient(store.Client{ID: id, Name: "Tidewater", AuthMethod: store.NoSecret, Origin: store.OriginDocument, GrantTypes: []string{"authorization_code"}, RedirectURIs: []string{"http://127.0.0.1/"}, Rotation: "strict", IDTokenSigning: store.SigningChoice{Alg: store.RS256}, RefreshSigning: store.SigningChoice{Alg: store.RS256}, CreatedAt: now, UpdatedAt: now}),
			tx.PutClientDocument(store.ClientDocument{ClientID: id, FetchedAt: now, FreshUntil: now.Add(time.Hour)}))
	})
	if err != nil {
		t.Fatalf("keeping a document: %v", err)
	}
	if got := w.ask(http.StatusOK, "GET", byURL, admin); got.text(t, "origin") != "document" {
		t.Errorf("an app by URL: %s, want its origin", got.text(t, "origin"))
	}
	w.ask(http.StatusBadRequest, "PATCH", byURL, admin, sends(object{"name": "Ours"}))
	w.ask(http.StatusOK, "PATCH", byURL, admin, sends(object{"disabled": true}))
	w.ask(http.StatusOK, "POST", byURL+"adopt/", admin)
	w.ask(http.StatusBadRequest, "POST", byURL+"adopt/", admin)
	w.ask(http.StatusOK, "PATCH", byURL, admin, sends(object{"name": "Ours", "disabled": false}))
	w.ask(http.StatusNotFound, "POST", clients+"~bm9ib2R5/adopt/", admin)
	w.ask(http.StatusNoContent, "DELETE", byURL, admin)
}

func (w *witness) tokensOfApps(t *testing.T) {
	secret := w.ask(http.StatusOK, "POST", clients+"shop/secret/", as(w.admin)).text(t, "client_secret")
	public := w.ask(http.StatusCreated, "POST", clients, as(w.admin), sends(object{"name": "Public", "auth_method": "none", "grant_types": []string{"password"}, "scope": "openid"})).text(t, "client_id")
	shop := basic("shop", secret)
	password := func(more ...string) option {
		return form(append([]string{"grant_type", "password", "username", "grace", "password", secretPhrase}, more...)...)
	}
	set := w.ask(http.StatusOK, "POST", "/oauth/token", shop, password())
	w.narrow = w.ask(http.StatusOK, "POST", "/oauth/token", shop, password("scope", "openid")).text(t, "access_token")
	w.ask(http.StatusOK, "POST", "/oauth/token", password("client_id", public))
	robot := w.ask(http.StatusOK, "POST", "/oauth/token", shop, form("grant_type", "client_credentials")).text(t, "access_token")
	refreshed := w.ask(http.StatusOK, "POST", "/oauth/token", shop, form("grant_type", "refresh_token", "refresh_token", set.text(t, "refresh_token"), "scope", "openid"))
	for _, bad := range [][]string{{}, {"grant_type", "magic"}, {"grant_type", "authorization_code", "code", "x"}, {"grant_type", "refresh_token", "refresh_token", "x"},
		{"grant_type", "refresh_token"}, {"grant_type", "password", "username", "grace"}, {"grant_type", "client_credentials", "scope", "everything"}} {
		w.ask(http.StatusBadRequest, "POST", "/oauth/token", shop, form(bad...))
	}
	w.ask(http.StatusBadRequest, "POST", "/oauth/token", shop, form("grant_type", "password", "username", "grace", "password", "wrong"), from("192.0.20.1"))
	w.ask(http.StatusBadRequest, "POST", "/oauth/token", form("grant_type", "client_credentials", "client_id", public))
	w.ask(http.StatusForbidden, "GET", ownProfile, as(robot))
	notOpenID := as(w.ask(http.StatusOK, "POST", "/oauth/token", shop, password("scope", "account")).text(t, "access_token"))
	w.ask(http.StatusForbidden, "GET", "/oauth/userinfo", notOpenID)
	w.ask(http.StatusForbidden, "POST", "/oauth/userinfo", notOpenID)
	w.crossedTokens(t, shop, set.text(t, "refresh_token"))

	for _, token := range []string{robot, refreshed.text(t, "access_token"), refreshed.text(t, "refresh_token"), set.text(t, "refresh_token"), "x", w.user} {
		w.ask(http.StatusOK, "POST", "/oauth/introspect", shop, form("token", token))
	}
	w.ask(http.StatusOK, "POST", "/oauth/revoke", shop, form("token", refreshed.text(t, "refresh_token"), "token_type_hint", "refresh_token"))
	w.ask(http.StatusOK, "POST", "/oauth/revoke", shop, form("token", robot))
	w.ask(http.StatusOK, "POST", "/oauth/revoke", form("token", "x", "client_id", public))
	w.ask(http.StatusOK, "POST", "/oauth/introspect", shop, form("token", robot))
	w.ask(http.StatusUnauthorized, "POST", "/oauth/introspect", form("token", robot, "client_id", public))
	for _, path := range []string{"/oauth/token", "/oauth/introspect", "/oauth/revoke"} {
		w.ask(http.StatusUnauthorized, "POST", path, form("grant_type", "client_credentials", "token", "x"), from("192.0.21.1"))
		w.ask(http.StatusUnauthorized, "POST", path, form("grant_type", "client_credentials", "token", "x"), basic("shop", "wrong"), from("192.0.22.1"))
	}
	w.ask(http.StatusBadRequest, "POST", "/oauth/introspect", shop, form("a", "b"))
	w.ask(http.StatusBadRequest, "POST", "/oauth/revoke", shop, form("a", "b"))
}

// crossedTokens checks that a refresh token works only for its own client.
func (w *witness) crossedTokens(t *testing.T, shop option, ofShop string) {
	_, ours := w.signIn("alice")
	w.ask(http.StatusUnauthorized, "POST", "/api/accounts/token/refresh/", sends(object{"refresh": ofShop}), from("192.0.23.1"))
	w.ask(http.StatusUnauthorized, "POST", "/api/accounts/logout/", sends(object{"refresh": ofShop}), from("192.0.23.1"))
	w.ask(http.StatusBadRequest, "POST", "/oauth/token", shop, form("grant_type", "refresh_token", "refresh_token", ours), from("192.0.24.1"))
	w.ask(http.StatusBadRequest, "POST", "/oauth/token", form("grant_type", "refresh_token", "refresh_token", ours, "client_id", "accounts"))
	w.ask(http.StatusOK, "POST", "/oauth/revoke", shop, form("token", ours)) // does nothing
	w.ask(http.StatusOK, "POST", "/api/accounts/token/refresh/", sends(object{"refresh": ours}))
}

func (w *witness) operating(t *testing.T) {
	w.explained(t)
	admin := as(w.admin)
	w.kid = firstMember(t, w.ask(http.StatusOK, "GET", "/api/admin/keys/", admin), "kid")
	next := w.ask(http.StatusCreated, "POST", "/api/admin/keys/", admin).text(t, "kid")
	w.ask(http.StatusOK, "POST", "/api/admin/keys/", admin)
	w.ask(http.StatusNoContent, "POST", "/api/admin/keys/"+next+"/retire/", admin)
	w.ask(http.StatusNoContent, "POST", "/api/admin/keys/"+next+"/retire/", admin)
	w.ask(http.StatusOK, "GET", "/api/admin/keys/", admin)
	w.ask(http.StatusOK, "GET", "/api/admin/stats/", admin)

	refused := "/api/admin/refusals/"
	w.ask(http.StatusOK, "GET", refused+"?limit=1000", admin)
	w.ask(http.StatusOK, "GET", refused+"?client_id=shop&kind=code.used&limit=2", admin)
	w.ask(http.StatusBadRequest, "GET", refused+"?limit=0&kind=a&kind=b&cursor=forged", admin)

	record := "/api/admin/audit/"
	w.ask(http.StatusOK, "GET", record+"?limit=1000", admin)
	first := w.ask(http.StatusOK, "GET", record+"?limit=2&kind=user.*&since=2020-01-01T00:00:00Z", admin)
	page, _, found := strings.Cut(strings.TrimPrefix(first.header.Get("Link"), "<"+w.app.config.Issuer), ">")
	if !found {
		t.Fatalf("Link %q, want a link to the next page", first.header.Get("Link"))
	}
	w.ask(http.StatusOK, "GET", page, admin)
	w.ask(http.StatusOK, "GET", record+"?actor=anonymous&subject=client%3Ashop&until=2020-01-01T00:00:00Z", admin)
	w.ask(http.StatusBadRequest, "GET", record+"?limit=0&since=yesterday&kind=a&kind=b&cursor=forged", admin)
}

func (w *witness) public(*testing.T) {
	for _, path := range []string{"/", "/setup", "/openapi.json", "/metrics", "/healthz/live", "/healthz/ready", "/.well-known/jwks.json",
		"/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/.well-known/oauth-protected-resource", w.fill("/assets/{name}"),
		"/favicon.ico", "/robots.txt", "/.well-known/security.txt"} {
		w.ask(http.StatusOK, "GET", path)
	}
	w.ask(http.StatusSeeOther, "GET", "/.well-known/change-password")
	for _, o := range w.contract.Operations() {
		if o.Method == http.MethodOptions {
			_, _, guarded := w.contract.Access(o)
			w.ask(http.StatusOK, o.Method, w.fill(o.Path), w.allowed(guarded))
		}
	}
}

// firstMember returns a member of the first object of a list.
func firstMember(t *testing.T, a answer, name string) string {
	t.Helper()
	list := a.list(t)
	if len(list) == 0 {
		t.Fatal("the list is empty, want something in it")
	}
	value, _ := list[0][name].(string)
	return value
}

// explained has an app make a mistake, and opens the page that tells of it.
func (w *witness) explained(t *testing.T) {
	t.Helper()
	refused := w.ask(http.StatusBadRequest, "POST", "/oauth/token", form("grant_type", "implicit", "client_id", "web"))
	page := strings.TrimPrefix(refused.text(t, "error_uri"), w.app.config.Issuer)
	testkit.Within(t, 10*time.Second, "the refusal is kept", func() error {
		kept, err := w.app.db.ListRefusals(t.Context(), store.RefusalQuery{Limit: 100})
		if err == nil && !slices.ContainsFunc(kept, func(r store.Refusal) bool { return strings.HasSuffix(page, r.ID) }) {
			err = errors.New("it is not among them")
		}
		return err
	})
	w.ask(http.StatusOK, "GET", page)
}
