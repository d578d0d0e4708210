package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
)

const factors = ownProfile + "factors/"

// secondFactors goes through the life of second factors at the endpoints for front ends
// and apps.
func (w *witness) secondFactors(t *testing.T) {
	w.ask(http.StatusCreated, "POST", users, as(w.admin), sends(person("fay")))
	access, _ := w.signIn("fay")
	me := as(access)
	w.ask(http.StatusOK, "GET", factors, me)
	for _, wrong := range []object{{}, {"type": nil}, {"type": "sms"}} {
		w.ask(http.StatusBadRequest, "POST", factors, me, sends(wrong))
	}
	w.ask(http.StatusConflict, "POST", factors, me, sends(object{"type": "recovery_codes"}))
	w.ask(http.StatusConflict, "POST", factors+"totp/confirm/", me, sends(object{"otp": "123456"}))
	secret := w.ask(http.StatusCreated, "POST", factors, me, form("type", "totp")).text(t, "secret")
	code := func(ahead time.Duration) string {
		made, err := totp.GenerateCode(secret, time.Now().Add(ahead))
		if err != nil {
			t.Fatalf("making a code: %v", err)
		}
		return made
	}
	for _, wrong := range []object{{}, {"otp": nil}, {"otp": "12345"}} {
		w.ask(http.StatusBadRequest, "POST", factors+"totp/confirm/", me, sends(wrong))
	}
	confirmed := w.ask(http.StatusOK, "POST", factors+"totp/confirm/", me, sends(object{"otp": code(0)}))
	codes, _ := confirmed.object(t)["recovery_codes"].([]any)
	if len(codes) != 10 {
		t.Fatalf("%d recovery codes, want ten", len(codes))
	}
	w.ask(http.StatusUnauthorized, "POST", factors, me, sends(object{"type": "totp"})) // the sign-in had no factor
	w.ask(http.StatusUnauthorized, "DELETE", factors+"totp/", me)
	w.ask(http.StatusUnauthorized, "POST", factors+"totp/confirm/", me, sends(object{"otp": code(0)}))

	me = as(w.withFactor(t, code(30*time.Second), codes))
	w.ask(http.StatusOK, "GET", factors, me)
	w.ask(http.StatusConflict, "POST", factors, me, sends(object{"type": "totp"}))
	fresh := w.ask(http.StatusCreated, "POST", factors, me, sends(object{"type": "recovery_codes"})).object(t)["recovery_codes"].([]any)
	w.factorsOfApps(t, fresh)
	w.factorAtThePage(fresh)
	w.factorOfALink(t, me)
	w.ask(http.StatusNoContent, "DELETE", factors+"totp/", me)
	w.ask(http.StatusNotFound, "DELETE", factors+"totp/", me)
	one := users + w.ask(http.StatusOK, "GET", ownProfile, me).text(t, "id") + "/factors/"
	w.ask(http.StatusOK, "GET", one, as(w.admin))
	w.ask(http.StatusNoContent, "DELETE", one, as(w.admin))
}

// factorOfALink asks for another password by a link, without the factor.
func (w *witness) factorOfALink(t *testing.T, me option) {
	made := w.ask(http.StatusOK, "POST", users+w.ask(http.StatusOK, "GET", ownProfile, me).text(t, "id")+"/reset-link/", as(w.admin))
	reset := object{"token": tokenIn(t, made.text(t, "link")), "password": "another secret phrase of fay's"}
	got := w.ask(http.StatusUnauthorized, "POST", accountsAPI+"/password/reset/", sends(reset))
	if got.text(t, "code") != "mfa_required" {
		t.Errorf("the answer is %v, want mfa_required", got.object(t))
	}
}

// withFactor signs in with a code, and returns the access token.
func (w *witness) withFactor(t *testing.T, code string, codes []any) string {
	login := "/api/accounts/login/"
	name := object{"username": "fay", "password": secretPhrase}
	waiting := w.ask(http.StatusUnauthorized, "POST", login, sends(name))
	session := waiting.text(t, "auth_session")
	if waiting.text(t, "code") != "mfa_required" {
		t.Errorf("the answer is %v, want mfa_required", waiting.object(t))
	}
	w.ask(http.StatusUnauthorized, "POST", login, sends(object{"auth_session": session}))
	w.ask(http.StatusUnauthorized, "POST", login, sends(object{"auth_session": session, "otp": "000000"}))
	w.ask(http.StatusUnauthorized, "POST", login, sends(object{"auth_session": "made up", "otp": code}))
	w.ask(http.StatusUnauthorized, "POST", login, sends(object{"username": "fay", "password": "wrong", "otp": code}))
	w.ask(http.StatusOK, "POST", login, sends(object{"username": "fay", "password": secretPhrase, "recovery_code": codes[0]}))
	in := w.ask(http.StatusOK, "POST", login, sends(object{"auth_session": session, "otp": code}))
	w.ask(http.StatusUnauthorized, "POST", login, sends(object{"auth_session": session, "recovery_code": codes[1]})) // it was used up
	w.ask(http.StatusUnauthorized, "POST", login, sends(object{"username": "fay", "password": secretPhrase, "totp": code}))
	return in.text(t, "access")
}

// factorsOfApps signs in at the token endpoint.
func (w *witness) factorsOfApps(t *testing.T, codes []any) {
	app := w.ask(http.StatusCreated, "POST", clients, as(w.admin), sends(object{"name": "Pocket", "auth_method": "none", "grant_types": []string{"password"}, "scope": "openid account"})).text(t, "client_id")
	ask := func(want int, pairs ...string) answer {
		return w.ask(want, "POST", "/oauth/token", form(append([]string{"grant_type", "password", "client_id", app}, pairs...)...))
	}
	session := ask(http.StatusBadRequest, "username", "fay", "password", secretPhrase).text(t, "auth_session")
	ask(http.StatusBadRequest, "username", "fay", "password", secretPhrase, "otp", "000000")
	ask(http.StatusBadRequest, "username", "fay", "password", secretPhrase, "auth_session", session)
	ask(http.StatusBadRequest, "auth_session", "made up", "recovery_code", codes[1].(string))
	ask(http.StatusOK, "username", "fay", "password", secretPhrase, "recovery_code", codes[1].(string))
	ask(http.StatusOK, "auth_session", session, "recovery_code", codes[2].(string))
	ask(http.StatusBadRequest, "auth_session", session, "recovery_code", codes[3].(string))
}

// factorAtThePage signs in at the page.
func (w *witness) factorAtThePage(codes []any) {
	const at = "/login/factor"
	w.ask(http.StatusSeeOther, "GET", at)
	w.ask(http.StatusSeeOther, "POST", at, form("otp", "000000"))
	w.ask(http.StatusForbidden, "POST", at, form("otp", "000000"), with("Sec-Fetch-Site", "cross-site"))
	ann := &tab{}
	w.visit(ann, http.StatusOK, "GET", "/login")
	w.visit(ann, http.StatusSeeOther, "POST", "/login", form("username", "fay", "password", secretPhrase))
	w.visit(ann, http.StatusOK, "GET", at)
	w.visit(ann, http.StatusOK, "GET", at+"?way=recovery_code")
	w.visit(ann, http.StatusUnprocessableEntity, "POST", at, form("recovery_code", "0000-0000-0000"))
	w.visit(ann, http.StatusOK, "POST", at, form("recovery_code", codes[4].(string)))
	w.visit(ann, http.StatusSeeOther, "GET", at)
	for _, own := range []string{"/account/totp", "/account/recovery-codes"} {
		w.ask(http.StatusSeeOther, "GET", own)
		w.ask(http.StatusSeeOther, "POST", own, form("otp", "000000"))
		w.visit(ann, http.StatusForbidden, "POST", own, form("otp", "000000"), with("Sec-Fetch-Site", "cross-site"))
		w.visit(ann, http.StatusOK, "GET", own)
	}
	w.visit(ann, http.StatusSeeOther, "POST", "/account/totp", form("otp", "000000")) // there is one
	w.visit(ann, http.StatusOK, "POST", "/account/recovery-codes", form("new", "1"))
	w.ask(http.StatusCreated, "POST", users, as(w.admin), sends(person("finn")))
	finn := &tab{}
	w.visit(finn, http.StatusOK, "POST", "/login", form("username", "finn", "password", secretPhrase))
	page := string(w.visit(finn, http.StatusOK, "GET", "/account/totp").body)
	_, secret, _ := strings.Cut(page, `<code id="secret">`)
	secret, _, _ = strings.Cut(secret, "<")
	code, err := totp.GenerateCode(strings.ReplaceAll(secret, " ", ""), time.Now())
	if err != nil {
		w.t.Fatalf("making a code of the secret on the page: %v", err)
	}
	w.visit(finn, http.StatusUnprocessableEntity, "POST", "/account/totp", form("otp", "12345"))
	w.visit(finn, http.StatusOK, "POST", "/account/totp", form("otp", code))
	stranger := &tab{} // in which she has not signed in before
	w.visit(stranger, http.StatusSeeOther, "POST", "/login", form("username", "fay", "password", secretPhrase))
	for range w.app.limits.Rules.SignIn.Free {
		w.visit(&tab{}, http.StatusUnauthorized, "POST", "/api/accounts/login/", sends(object{"username": "fay", "password": secretPhrase, "otp": "000000"}), from("192.0.77.1"))
	}
	w.visit(stranger, http.StatusTooManyRequests, "POST", at, form("otp", "000000"), from("192.0.77.1"))
}
