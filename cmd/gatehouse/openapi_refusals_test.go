package main

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/oauth/register"
	"gatehouse/internal/test/apicheck"
	"gatehouse/store"
	"gatehouse/web"
)

// fill replaces the placeholders of a documented path with things that exist.
func (w *witness) fill(path string) string {
	id := w.victim
	if strings.HasPrefix(path, "/api/admin/clients/") {
		id = "shop"
	}
	if strings.HasPrefix(path, "/api/admin/apis/") {
		id = "orders"
	}
	style, _ := web.Stylesheet()
	return strings.NewReplacer("{client_id}", "shop", "{id}", id, "{sid}", w.session, "{kid}", w.kid, "/assets/{name}", style).Replace(path)
}

// sharedRefusals provokes the refusals that operations share, at every operation that
// documents them.
func (w *witness) sharedRefusals(t *testing.T) {
	for _, o := range w.contract.Operations() {
		_, _, guarded := w.contract.Access(o)
		for _, status := range w.contract.Statuses(o) {
			if status != http.StatusMethodNotAllowed && strings.HasPrefix(o.Path, register.Path+"/") {
				continue // they need the app's own token: registering
			}
			if refuse := refusals[status]; refuse != nil {
				refuse(w, o, guarded)
			}
		}
		inside := strings.HasPrefix(o.Path, "/account") && o.Path != "/account/deleted"
		if o.Method == http.MethodGet && !inside && !slices.Contains(notByItself, o.Path) {
			w.head(o)
		}
	}
	w.ask(http.StatusNotFound, "GET", "/api/nothing/here/")
	w.ask(http.StatusNotFound, "POST", "/nothing")
	w.ask(http.StatusNotFound, "GET", "/nothing", with("Accept", "text/html"))
}

// notByItself are the paths that do not answer 200 without a pending request or a
// person who is signed in.
var notByItself = []string{"/e/{id}", "/.well-known/change-password", "/oauth/authorize", "/oauth/userinfo", "/consent", "/device", "/reset", "/invite", "/verify", "/login/factor", register.Path + "/{client_id}", "/api/accounts/admin/users/{id}/effect/"}

// malformed are the unreadable queries of paths that are not lists.
var malformed = map[string][]string{
	"/oauth/authorize": {"", "?client_id=nobody", "?request=forged", "?client_id=shop&client_id=shop", "?a=%zz"},
	"/oauth/logout":    {"?client_id=shop&client_id=shop", "?a=%zz"},
	"/oauth/userinfo":  {"?access_token=x"},
	"/login":           {"?request=forged"},
	"/consent":         {"?request=forged", ""},
}

var refusals = map[int]func(w *witness, o apicheck.Operation, guarded bool){
	http.StatusNotModified:           (*witness).unchanged,
	http.StatusBadRequest:            (*witness).unreadable,
	http.StatusUnauthorized:          (*witness).stranger,
	http.StatusForbidden:             (*witness).forbidden,
	http.StatusNotFound:              (*witness).missing,
	http.StatusMethodNotAllowed:      (*witness).wrongMethod,
	http.StatusRequestEntityTooLarge: (*witness).tooLarge,
	http.StatusUnsupportedMediaType:  (*witness).wrongType,
}

// allowed returns the option with which the operation would be served.
func (w *witness) allowed(guarded bool) option {
	if guarded {
		return as(w.admin)
	}
	return func(*http.Request) {}
}

// head checks that HEAD answers like GET without the body, and that GET works without
// the trailing slash.
func (w *witness) head(o apicheck.Operation) {
	w.t.Helper()
	_, _, guarded := w.contract.Access(o)
	w.ask(http.StatusOK, http.MethodHead, w.fill(o.Path), w.allowed(guarded))
	w.ask(http.StatusOK, http.MethodGet, tablePath(w.fill(o.Path)), w.allowed(guarded))
}

func (w *witness) unchanged(o apicheck.Operation, guarded bool) {
	tag := w.ask(http.StatusOK, o.Method, w.fill(o.Path), w.allowed(guarded)).header.Get("ETag")
	w.ask(http.StatusNotModified, o.Method, w.fill(o.Path), w.allowed(guarded), with("If-None-Match", tag))
	w.ask(http.StatusNotModified, http.MethodHead, w.fill(o.Path), w.allowed(guarded), with("If-None-Match", `"other", W/`+tag))
}

func (w *witness) unreadable(o apicheck.Operation, guarded bool) {
	path := w.fill(o.Path)
	if queries := malformed[o.Path]; queries != nil && o.Method == http.MethodGet {
		for _, query := range queries {
			w.ask(http.StatusBadRequest, o.Method, path+query)
		}
		return
	}
	if o.Method == http.MethodGet {
		w.ask(http.StatusBadRequest, o.Method, path+"?limit=0&cursor=forged", w.allowed(guarded))
		w.ask(http.StatusBadRequest, o.Method, path+"?limit=%zz", w.allowed(guarded))
		return
	}
	if o.Method == http.MethodDelete {
		w.ask(http.StatusBadRequest, o.Method, path+"?scope=", w.allowed(guarded))
		w.ask(http.StatusBadRequest, o.Method, path+"?scope=%zz", w.allowed(guarded))
		return
	}
	for _, body := range []option{raw("application/json", `{"username":`), raw("application/json", `[1]`), raw("application/json", `null`),
		raw("application/json", `{"a":1,"a":2}`), raw("application/x-www-form-urlencoded", "a=%zz"), raw("multipart/form-data", "a")} {
		if strings.HasPrefix(path, "/api/") {
			w.ask(http.StatusBadRequest, o.Method, path, w.allowed(guarded), body)
		}
	}
	if !strings.HasPrefix(path, "/api/") {
		if o.Path != "/oauth/authorize" { // a repeated parameter there is an error for the app
			w.ask(http.StatusBadRequest, o.Method, path, form("client_id", "1", "client_id", "2"))
		}
		w.ask(http.StatusBadRequest, o.Method, path, raw("application/json", "{}"))
		w.ask(http.StatusBadRequest, o.Method, path+"?password=x", form("a", "1"))
	}
}

// stranger sends no token, tokens that cannot be read, a forged one, and credentials of
// another scheme.
func (w *witness) stranger(o apicheck.Operation, guarded bool) {
	if !guarded {
		return
	}
	for _, header := range []string{"", "Basic YTpi", "Bearer", "Bearer a b", "Bearer a.b.c", "Bearer " + w.admin + "x"} {
		w.ask(http.StatusUnauthorized, o.Method, w.fill(o.Path), with("Authorization", header))
	}
}

// forbidden sends a token without the scope and, where a role is needed, one of a person
// without it.
func (w *witness) forbidden(o apicheck.Operation, guarded bool) {
	if !guarded {
		return
	}
	w.ask(http.StatusForbidden, o.Method, w.fill(o.Path), as(w.narrow))
	if roles, _, _ := w.contract.Access(o); !slices.Contains(roles, "user") {
		w.ask(http.StatusForbidden, o.Method, w.fill(o.Path), as(w.user))
		// The refusal must not reveal what exists.
		w.ask(http.StatusForbidden, o.Method, strings.NewReplacer("{id}", "999999", "{client_id}", "x", "{sid}", "x", "{kid}", "x").Replace(o.Path), as(w.user))
	}
}

func (w *witness) missing(o apicheck.Operation, guarded bool) {
	if !strings.Contains(o.Path, "{") {
		return
	}
	others := []string{"999999", "99999999999999999999", "0", "none", "-1", "+1", "%20"}
	for _, other := range others {
		w.ask(http.StatusNotFound, o.Method, strings.NewReplacer("{id}", other, "{client_id}", other, "{sid}", "NOSUCHSESSION", "{kid}", "none", "{name}", other).Replace(o.Path), w.allowed(guarded))
	}
}

func (w *witness) wrongMethod(o apicheck.Operation, guarded bool) {
	for _, method := range []string{"TRACE", "PROPFIND"} {
		w.ask(http.StatusMethodNotAllowed, method, w.fill(o.Path), w.allowed(guarded))
	}
}

func (w *witness) tooLarge(o apicheck.Operation, guarded bool) {
	large := strings.Repeat("a", 64<<10+1)
	if strings.HasPrefix(o.Path, "/api/") {
		w.ask(http.StatusRequestEntityTooLarge, o.Method, w.fill(o.Path), w.allowed(guarded), raw("application/json", `"`+large))
	}
	w.ask(http.StatusRequestEntityTooLarge, o.Method, w.fill(o.Path), w.allowed(guarded), form("a", large))
}

func (w *witness) wrongType(o apicheck.Operation, guarded bool) {
	for _, kind := range []string{"text/plain", "application/json; charset=utf-16", "application/xml", "nonsense"} {
		w.ask(http.StatusUnsupportedMediaType, o.Method, w.fill(o.Path), w.allowed(guarded), raw(kind, "{}"))
	}
	w.ask(http.StatusUnsupportedMediaType, o.Method, w.fill(o.Path), w.allowed(guarded), func(r *http.Request) {
		raw("", "{}")(r)
		r.Header.Del("Content-Type")
	})
}

// odd are values that no field expects.
var odd = []string{`null`, `0`, `-1`, `1e400`, `99999999999999999999`, `true`, `[]`, `[null]`, `["a","a"]`, `{}`, `{"a":{"b":[]}}`,
	`""`, `" "`, `"\u0000"`, `"\ud800"`, `"\u202e\u200b"`, `"<script>"`, `"a\nb"`, `"%00"`, `"../.."`, `"' OR 1=1 --"`, `"` + strings.Repeat("ü", 2000) + `"`}

// oddInput sends unexpected values in every field of every operation. Every answer must
// be documented, and none may be a fault of ours.
func (w *witness) oddInput(*testing.T) {
	w.odd = true
	w.at(w.base)
	defer func() { w.odd = false; w.at(w.base) }()
	network := 0
	for _, o := range w.contract.Operations() {
		_, _, guarded := w.contract.Access(o)
		for _, name := range w.contract.Queries(o) {
			for _, value := range append(odd, "\xff", "\x00", "*", "+5", "2026-01-02T03:04:05+99:99", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z") {
				w.bears(o, "?"+url.Values{name: {strings.Trim(value, `"`)}}.Encode(), w.allowed(guarded))
			}
		}
		for _, field := range w.contract.Fields(o) {
			for _, value := range odd {
				network++
				where := from("198.18." + strconv.Itoa(network/250) + "." + strconv.Itoa(network%250))
				body := form(field, strings.Trim(value, `"`))
				if strings.HasPrefix(o.Path, "/api/") || strings.HasPrefix(o.Path, register.Path) {
					body = raw("application/json", `{"`+field+`":`+value+`}`)
				}
				w.bears(o, "", w.allowed(guarded), where, body)
			}
		}
	}
}

func (w *witness) bears(o apicheck.Operation, query string, options ...option) {
	w.t.Helper()
	if got := w.try(o.Method, w.fill(o.Path)+query, options...); got.status >= http.StatusInternalServerError {
		w.t.Errorf("%s%s: status %d, want one below 500: %.300s", o, query, got.status, got.body)
	}
}

// untilThrottled repeats a request until it is answered 429, which must come within ten
// tries and have a Retry-After.
func (w *witness) untilThrottled(method, path string, options ...option) {
	w.t.Helper()
	for range 10 {
		got := w.try(method, path, options...)
		if got.status != http.StatusTooManyRequests {
			continue
		}
		if seconds, err := strconv.Atoi(got.header.Get("Retry-After")); err != nil || seconds < 1 {
			w.t.Errorf("%s %s: Retry-After %q, want a second or more", method, path, got.header.Get("Retry-After"))
		}
		return
	}
	w.t.Errorf("%s %s: ten tries without a 429, want one", method, path)
}

func (w *witness) throttles(*testing.T) {
	wrong := object{"username": "alice", "password": "not the password"}
	w.untilThrottled("POST", "/api/accounts/login/", sends(wrong), from("198.51.100.1"))
	w.untilThrottled("POST", "/api/accounts/signup/", sends(person("alice")), from("198.51.101.1"))
	bad := sends(object{"refresh": "a.b.c"})
	w.untilThrottled("POST", "/api/accounts/token/refresh/", bad, from("198.51.102.1"))
	w.untilThrottled("POST", "/api/accounts/logout/", bad, from("198.51.103.1"))
	for i, method := range []string{"PUT", "PATCH"} {
		body := person("user")
		body["password"], body["current_password"] = "quite another secret phrase", "not the password"
		w.untilThrottled(method, "/api/accounts/profile/", sends(body), as(w.user), from("198.51.104."+strconv.Itoa(i)), from("198.51."+strconv.Itoa(104+i)+".1"))
	}
	for i, path := range []string{"/oauth/token", "/oauth/introspect", "/oauth/revoke", "/oauth/par", "/oauth/device_authorization"} {
		w.untilThrottled("POST", path, form("grant_type", "client_credentials", "token", "x"), basic("shop", "wrong"), from("198.51."+strconv.Itoa(110+i)+".1"))
	}
	w.untilThrottled("POST", "/login", form("username", "alice", "password", "not the password"), from("198.51.121.1"))
	dora := &tab{}
	w.ask(http.StatusCreated, "POST", users, as(w.admin), sends(person("dora")))
	w.visit(dora, http.StatusOK, "POST", "/login", form("username", "dora", "password", secretPhrase), from("198.51.124.1"))
	w.untilThrottled("GET", "/device?user_code=BCDF-GHJK", dora.sends(), from("198.51.122.1"))
	w.untilThrottled("POST", "/device", form("user_code", "BCDF-GHJK", "answer", "allow"), dora.sends(), from("198.51.123.1"))
	w.linkThrottles()
	// The token of the link is checked first, so only a valid one reaches the throttle.
	if err := w.app.db.Write(w.t.Context(), func(tx store.Tx) error {
		return tx.AddBootstrap(store.DigestOf("a link"), time.Now().Add(time.Hour))
	}); err != nil {
		w.t.Fatalf("adding the invitation: %v", err)
	}
	w.untilThrottled("POST", "/setup", form("token", "a link", "username", "mallory", "email", "mallory@example.com", "password", "correct horse battery staple"), from("198.51.120.1"))
}
