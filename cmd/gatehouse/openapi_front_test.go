package main

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"gatehouse/internal/test/testkit"
)

// A tab is what a browser remembers: its cookies.
type tab struct{ cookies []string }

// sends returns the option that sends the cookies.
func (b *tab) sends() option { return with("Cookie", strings.Join(b.cookies, "; ")) }

// keeps stores the cookies that an answer sets. One of the same name is replaced.
func (b *tab) keeps(a answer) answer {
	for _, line := range a.header.Values("Set-Cookie") {
		pair, _, _ := strings.Cut(line, ";")
		name, value, _ := strings.Cut(pair, "=")
		kept := []string{}
		for _, c := range b.cookies {
			if !strings.HasPrefix(c, name+"=") {
				kept = append(kept, c)
			}
		}
		if b.cookies = kept; value != "" {
			b.cookies = append(b.cookies, pair)
		}
	}
	return a
}

// visit makes a request with the cookies of the tab, and keeps those of the answer.
func (w *witness) visit(b *tab, want int, method, path string, options ...option) answer {
	w.t.Helper()
	return b.keeps(w.ask(want, method, path, append(options, b.sends())...))
}

// onward returns the path to which an answer leads.
func (w *witness) onward(a answer) string {
	return strings.TrimPrefix(testkit.GoesOn(a.header, string(a.body)), w.app.config.Issuer)
}

// sealed returns the stored request in the address to which an answer leads.
func (w *witness) sealed(a answer) string {
	w.t.Helper()
	at, err := url.Parse(w.onward(a))
	if err != nil || at.Query().Get("request") == "" {
		w.t.Fatalf("sent to %q, want a stored request", w.onward(a))
	}
	return at.Query().Get("request")
}

const webBack = "https://web.example.com/back"

// frontChannel takes a person into an app and out of it.
func (w *witness) frontChannel(t *testing.T) {
	w.ask(http.StatusCreated, "POST", clients, as(w.admin), sends(object{"client_id": "web", "name": "The web app", "auth_method": "none", "scope": "openid profile email phone address",
		"grant_types": []string{"authorization_code", "refresh_token"}, "redirect_uris": []string{webBack}, "post_logout_redirect_uris": []string{"https://web.example.com/bye"}}))
	pkce := "a-verifier-of-more-than-forty-three-characters-0123"
	digest := sha256.Sum256([]byte(pkce))
	asks := url.Values{"client_id": {"web"}, "response_type": {"code"}, "redirect_uri": {webBack}, "scope": {"openid profile email phone address"}, "state": {"s"}, "nonce": {"n"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(digest[:])}, "code_challenge_method": {"S256"}, "max_age": {"3600"}, "login_hint": {"alice"},
		"claims": {`{"userinfo":{"email":null}}`}, "acr_values": {"urn:gatehouse:pwd"}, "ui_locales": {"en"}}
	ann := &tab{}
	sealed := w.sealed(w.visit(ann, http.StatusSeeOther, "GET", "/oauth/authorize?"+asks.Encode()))
	query := "?request=" + url.QueryEscape(sealed)
	w.visit(ann, http.StatusOK, "GET", "/login"+query)
	w.visit(ann, http.StatusForbidden, "POST", "/login", form("username", "alice", "password", secretPhrase), with("Sec-Fetch-Site", "cross-site"))
	w.visit(ann, http.StatusUnprocessableEntity, "POST", "/login", form("username", "alice", "password", "wrong", "request", sealed), from("192.0.30.1"))
	w.visit(ann, http.StatusOK, "POST", "/login", form("username", "alice", "password", secretPhrase, "request", sealed), from("192.0.31.1"))
	w.visit(ann, http.StatusSeeOther, "GET", "/login")
	w.visit(ann, http.StatusOK, "GET", "/login?another=1")
	w.visit(ann, http.StatusOK, "GET", "/")
	sealed = w.sealed(w.visit(ann, http.StatusSeeOther, "GET", "/oauth/authorize"+query)) // now bound to alice as well
	query = "?request=" + url.QueryEscape(sealed)
	w.visit(ann, http.StatusOK, "GET", "/consent"+query)
	w.visit(&tab{}, http.StatusSeeOther, "GET", "/consent"+query)
	w.visit(ann, http.StatusForbidden, "POST", "/consent", form("request", sealed, "answer", "allow"), with("Sec-Fetch-Site", "cross-site"))
	back := w.onward(w.visit(ann, http.StatusOK, "POST", "/consent", form("request", sealed, "answer", "allow")))
	at, err := url.Parse(back)
	if err != nil || at.Query().Get("code") == "" || at.Query().Get("state") != "s" || !strings.HasPrefix(at.String(), webBack+"?") {
		t.Fatalf(`back to %q, %v; want a code and the state "s" at %s`, back, err, webBack)
	}
	set := w.ask(http.StatusOK, "POST", "/oauth/token", form("grant_type", "authorization_code", "code", at.Query().Get("code"), "redirect_uri", webBack, "code_verifier", pkce, "client_id", "web"))
	w.userinfo(t, set.text(t, "access_token"))
	w.formPost(t, ann, asks)
	w.pushed(ann, asks)
	w.leaving(t, ann, set.text(t, "id_token"))
}

func (w *witness) userinfo(t *testing.T, access string) {
	about := w.ask(http.StatusOK, "GET", "/oauth/userinfo", as(access))
	if about.text(t, "preferred_username") != "alice" || about.text(t, "phone_number") != "+49301234567" {
		t.Errorf("userinfo %s, want alice and her phone number", about.body)
	}
	w.ask(http.StatusOK, "POST", "/oauth/userinfo", as(access))
	w.ask(http.StatusOK, "POST", "/oauth/userinfo", form("access_token", access))
	_, _ = w.signIn("alice")
	for _, method := range []string{"GET", "POST"} {
		for _, header := range []string{"", "Basic YTpi", "Bearer a.b.c", "Bearer " + access + "x"} {
			w.ask(http.StatusUnauthorized, method, "/oauth/userinfo", with("Authorization", header))
		}
		w.ask(http.StatusBadRequest, method, "/oauth/userinfo", as("a b"))
	}
}

// formPost sends the request as a form, and asks for the answer as a form.
func (w *witness) formPost(t *testing.T, ann *tab, asks url.Values) {
	pairs := []string{"response_mode", "form_post"}
	for name := range asks {
		pairs = append(pairs, name, asks.Get(name))
	}
	carried := w.visit(&tab{}, http.StatusSeeOther, "POST", "/oauth/authorize", form(pairs...))
	shown := w.visit(ann, http.StatusOK, "GET", w.onward(carried))
	if !strings.Contains(string(shown.body), `name="code"`) {
		t.Errorf(`form_post: %.300s, want it to contain "name=\"code\""`, shown.body)
	}
}

func (w *witness) pushed(ann *tab, asks url.Values) {
	pairs := []string{}
	for name := range asks {
		pairs = append(pairs, name, asks.Get(name))
	}
	reference := w.ask(http.StatusCreated, "POST", "/oauth/par", form(pairs...)).text(w.t, "request_uri")
	w.visit(ann, http.StatusSeeOther, "GET", "/oauth/authorize?"+url.Values{"client_id": {"web"}, "request_uri": {reference}}.Encode())
	w.ask(http.StatusBadRequest, "POST", "/oauth/par", form("client_id", "web", "redirect_uri", "https://evil.example"))
	w.ask(http.StatusUnauthorized, "POST", "/oauth/par", form("client_id", "nobody"), from("192.0.32.1"))
}

// leaving signs out in every way there is.
func (w *witness) leaving(t *testing.T, ann *tab, idToken string) {
	signIn := func() {
		w.visit(ann, http.StatusOK, "POST", "/login", form("username", "alice", "password", secretPhrase), from("192.0.33.1"))
	}
	w.visit(ann, http.StatusOK, "GET", "/logout")
	w.visit(ann, http.StatusForbidden, "POST", "/logout", form(), with("Sec-Fetch-Site", "cross-site"))
	asked := w.visit(ann, http.StatusSeeOther, "GET", "/oauth/logout?client_id=web")
	w.visit(ann, http.StatusOK, "GET", w.onward(asked))
	w.visit(ann, http.StatusOK, "POST", "/logout", form("request", w.sealed(asked)))
	w.visit(ann, http.StatusOK, "GET", "/oauth/logout")

	hint := []string{"id_token_hint", idToken, "client_id", "web"}
	signIn()
	w.visit(ann, http.StatusOK, "POST", "/oauth/logout", form(hint...))
	signIn()
	home := append(hint, "post_logout_redirect_uri", "https://web.example.com/bye", "state", "s")
	carried := w.visit(&tab{}, http.StatusSeeOther, "POST", "/oauth/logout", form(home...))
	if to := w.visit(ann, http.StatusSeeOther, "GET", w.onward(carried)).header.Get("Location"); to != "https://web.example.com/bye?state=s" {
		t.Errorf(`back to %q, want "https://web.example.com/bye?state=s"`, to)
	}
	signIn()
	w.cookie = ann.sends()
}

func (w *witness) devices(t *testing.T) {
	const grant = "urn:ietf:params:oauth:grant-type:device_code"
	w.ask(http.StatusCreated, "POST", clients, as(w.admin), sends(object{"client_id": "tv", "name": "The TV", "auth_method": "none", "scope": "openid profile", "grant_types": []string{grant}}))
	begin := func() (device, user string) {
		got := w.ask(http.StatusOK, "POST", "/oauth/device_authorization", form("client_id", "tv", "scope", "openid"))
		return got.text(t, "device_code"), got.text(t, "user_code")
	}
	w.ask(http.StatusBadRequest, "POST", "/oauth/device_authorization", form("client_id", "web"))
	w.ask(http.StatusUnauthorized, "POST", "/oauth/device_authorization", form("client_id", "nobody"), from("192.0.34.1"))
	device, user := begin()
	w.ask(http.StatusSeeOther, "GET", "/device?user_code="+user)
	w.ask(http.StatusOK, "POST", "/device", form("user_code", user, "answer", "allow"))
	w.ask(http.StatusOK, "GET", "/login?user_code="+user)
	w.ask(http.StatusOK, "GET", "/device", w.cookie)
	w.ask(http.StatusOK, "GET", "/device?user_code="+user, w.cookie)
	w.ask(http.StatusBadRequest, "POST", "/oauth/token", form("grant_type", grant, "device_code", device, "client_id", "tv"))
	w.ask(http.StatusForbidden, "POST", "/device", form("user_code", user, "answer", "allow"), w.cookie, with("Sec-Fetch-Site", "cross-site"))
	w.ask(http.StatusOK, "POST", "/device", form("user_code", user, "answer", "allow"), w.cookie)
	w.ask(http.StatusUnprocessableEntity, "GET", "/device?user_code=BCDF-GHJK", w.cookie, from("192.0.35.1"))
	w.ask(http.StatusUnprocessableEntity, "POST", "/device", form("user_code", "BCDF-GHJK", "answer", "deny"), w.cookie, from("192.0.36.1"))
	refused, user := begin()
	w.ask(http.StatusOK, "POST", "/device", form("user_code", user, "answer", "deny"), w.cookie)
	w.ask(http.StatusBadRequest, "POST", "/oauth/token", form("grant_type", grant, "device_code", refused, "client_id", "tv"))
}
