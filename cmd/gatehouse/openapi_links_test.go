package main

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"gatehouse/internal/account"
	"gatehouse/internal/authz"
	"gatehouse/internal/fields"
	"gatehouse/internal/mail"
)

const accountsAPI = "/api/accounts"

// letters keeps the last letter to each address, as a terminal is shown them.
type letters struct {
	mu   sync.Mutex
	last map[string]mail.Message
}

func (l *letters) take(letter mail.Message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last == nil {
		l.last = map[string]mail.Message{}
	}
	l.last[letter.To] = letter
}

// tokenTo returns the token of the link that was last sent to an address.
func (w *witness) tokenTo(t *testing.T, address string) string {
	t.Helper()
	w.app.people.Settle()
	w.mail.mu.Lock()
	defer w.mail.mu.Unlock()
	return tokenIn(t, w.mail.last[address].Data["Link"])
}

// tokenIn returns the token of a link, which leads to the issuer.
func tokenIn(t *testing.T, link string) string {
	t.Helper()
	u, err := url.Parse(link)
	if err != nil || !strings.HasPrefix(link, "http://localhost:8080/") || u.Query().Get("token") == "" {
		t.Fatalf("the link is %q, %v; want one with a token at the issuer", link, err)
	}
	return u.Query().Get("token")
}

// links goes every way of the API that a one-time link opens.
func (w *witness) links(t *testing.T) {
	admin, invitee := as(w.admin), object{"username": "ines", "email": "ines@example.com", "invite": true}
	made := w.ask(http.StatusCreated, "POST", users, admin, sends(invitee))
	one := strings.TrimPrefix(made.header.Get("Location"), w.app.config.Issuer)
	first := tokenIn(t, made.object(t)["invite"].(object)["link"].(string))
	w.ask(http.StatusBadRequest, "POST", users, admin, sends(object{"username": "iris", "email": "iris@example.com", "invite": true, "password": secretPhrase}))
	token := tokenIn(t, w.ask(http.StatusOK, "POST", one+"invite/", admin).text(t, "link"))
	reset := func(want int, token, password string) {
		w.ask(want, "POST", accountsAPI+"/password/reset/", sends(object{"token": token, "password": password}), from("192.0.40.1"))
	}
	reset(http.StatusBadRequest, first, secretPhrase) // the later one replaced it
	reset(http.StatusBadRequest, token, "password")
	reset(http.StatusOK, token, secretPhrase)
	reset(http.StatusBadRequest, token, secretPhrase)
	w.ask(http.StatusConflict, "POST", one+"invite/", admin)
	reset(http.StatusOK, tokenIn(t, w.ask(http.StatusOK, "POST", one+"reset-link/", admin).text(t, "link")), "another secret phrase of hers")
	w.ask(http.StatusOK, "PATCH", one, admin, sends(object{"is_active": false}))
	w.ask(http.StatusConflict, "POST", one+"reset-link/", admin)
	w.ask(http.StatusOK, "PATCH", one, admin, sends(object{"is_active": true}))

	for _, address := range []string{"ines@example.com", "nobody@example.com"} {
		w.ask(http.StatusAccepted, "POST", accountsAPI+"/password/forgot/", sends(object{"email": address}), from("192.0.41.1"))
	}
	reset(http.StatusOK, w.tokenTo(t, "ines@example.com"), secretPhrase)
	access, _ := w.signIn("ines")
	w.ask(http.StatusOK, "PATCH", ownProfile, as(access), sends(object{"email": "ines@example.org", "current_password": secretPhrase}))
	w.ask(http.StatusAccepted, "POST", accountsAPI+"/email/send/", as(access), from("192.0.42.1"))
	verify := w.tokenTo(t, "ines@example.org")
	w.ask(http.StatusOK, "POST", accountsAPI+"/email/verify/", sends(object{"token": verify}), from("192.0.43.1"))
	w.ask(http.StatusBadRequest, "POST", accountsAPI+"/email/verify/", sends(object{"token": verify}), from("192.0.43.1"))
	if got := w.ask(http.StatusOK, "GET", ownProfile, as(access)).text(t, "email_verified"); got != "true" {
		t.Errorf("email_verified is %s, want true", got)
	}
}

// linkPages goes the same ways at our pages.
func (w *witness) linkPages(t *testing.T) {
	admin, here := as(w.admin), from("192.0.44.1")
	w.ask(http.StatusOK, "GET", "/forgot")
	w.ask(http.StatusUnprocessableEntity, "POST", "/forgot", form("email", "nonsense"), here)
	w.ask(http.StatusOK, "POST", "/forgot", form("email", "ines@example.org"), here)
	made := w.ask(http.StatusCreated, "POST", users, admin, sends(object{"username": "jana", "email": "jana@example.com", "invite": true}))
	for path, token := range map[string]string{
		"/reset": w.tokenTo(t, "ines@example.org"), "/invite": tokenIn(t, made.object(t)["invite"].(object)["link"].(string)),
	} {
		w.ask(http.StatusOK, "GET", path+"?token="+token)
		w.ask(http.StatusUnprocessableEntity, "POST", path, form("token", token, "password", "password"))
		w.ask(http.StatusOK, "POST", path, form("token", token, "password", "another secret phrase of theirs"))
		there := from("100." + strconv.Itoa(64+len(path)) + ".0.1") // with tries of its own
		w.ask(http.StatusGone, "POST", path, form("token", token, "password", secretPhrase), there)
		w.ask(http.StatusGone, "GET", path+"?token="+token, there)
	}
	w.verifyPage(t)
	for _, path := range []string{"/forgot", "/reset", "/invite", "/verify", "/signup"} {
		w.ask(http.StatusForbidden, "POST", path, form("email", "ines@example.org"), with("Sec-Fetch-Site", "cross-site"))
	}

	w.ask(http.StatusOK, "GET", "/signup")
	there := from("192.0.45.1")
	w.ask(http.StatusUnprocessableEntity, "POST", "/signup", form("username", "jana", "email", "nonsense", "password", "x"), there)
	w.ask(http.StatusOK, "POST", "/signup", form("username", "karl", "email", "karl@example.com", "password", secretPhrase), there)
	w.ask(http.StatusGone, "GET", "/signup?token=made-up", there)
	w.ask(http.StatusGone, "POST", "/signup", form("token", "made-up", "username", "karla", "password", secretPhrase), there)
}

// verifyPage proves the address that a person changes to, which another has taken at first.
func (w *witness) verifyPage(t *testing.T) {
	jana, err := w.app.db.UserByName(t.Context(), "jana")
	if err != nil {
		t.Fatalf("looking up the user by name: %v", err)
	}
	in := account.Input{Email: fields.Given("jana@example.org")}
	if err := w.app.people.MoveTo(t.Context(), authz.Actor{UserID: jana.ID, Sub: jana.Sub, Role: jana.Role}, jana, in, true); err != nil {
		t.Fatalf("asking for another address: %v", err)
	}
	token := w.tokenTo(t, "jana@example.org")
	other := w.ask(http.StatusCreated, "POST", users, as(w.admin), sends(object{"username": "jane", "email": "jana@example.org", "password": secretPhrase}))
	w.ask(http.StatusOK, "GET", "/verify?token="+token)
	w.ask(http.StatusUnprocessableEntity, "POST", "/verify", form("token", token))
	w.ask(http.StatusNoContent, "DELETE", strings.TrimPrefix(other.header.Get("Location"), w.app.config.Issuer), as(w.admin))
	w.ask(http.StatusOK, "POST", "/verify", form("token", token))
	w.ask(http.StatusGone, "POST", "/verify", form("token", token), from("192.0.46.1"))
	w.ask(http.StatusGone, "GET", "/verify?token="+token, from("192.0.46.1"))
}

// linkThrottles makes the requests for mail, and those with made-up links, too many.
func (w *witness) linkThrottles() {
	access, _ := w.signIn("user")
	w.untilThrottled("POST", accountsAPI+"/password/forgot/", sends(object{"email": "nobody@example.com"}), from("198.51.130.1"))
	w.untilThrottled("POST", accountsAPI+"/email/send/", as(access), from("198.51.131.1"))
	w.untilThrottled("POST", accountsAPI+"/password/reset/", sends(object{"token": "made up", "password": secretPhrase}), from("198.51.132.1"))
	w.untilThrottled("POST", accountsAPI+"/email/verify/", sends(object{"token": "made up"}), from("198.51.133.1"))
	w.untilThrottled("POST", "/forgot", form("email", "nobody@example.org"), from("198.51.134.1"))
	for i, path := range []string{"/reset", "/invite", "/verify", "/signup"} {
		at := from("198.51." + strconv.Itoa(135+i) + ".1")
		w.untilThrottled("GET", path+"?token=made-up", at)
		w.untilThrottled("POST", path, form("token", "made-up", "username", "x", "password", secretPhrase), at)
	}
}
