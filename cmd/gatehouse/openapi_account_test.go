package main

import (
	"net/http"
	"testing"
)

// ownPages walks through the pages of one's own account.
func (w *witness) ownPages(t *testing.T) {
	w.ask(http.StatusCreated, "POST", users, as(w.admin), sends(person("otto")))
	otto := &tab{}
	w.visit(otto, http.StatusOK, "POST", "/login", form("username", "otto", "password", secretPhrase), from("192.0.40.1"))
	shown := []string{"/account", "/account/profile", "/account/username", "/account/email", "/account/password", "/account/sessions", "/account/apps", "/account/activity", "/account/data", "/account/delete"}
	for _, path := range shown {
		w.visit(otto, http.StatusOK, "GET", path)
		w.visit(&tab{}, http.StatusSeeOther, "GET", path)
	}
	for _, path := range []string{"/account/profile", "/account/username", "/account/email", "/account/password", "/account/sessions", "/account/apps", "/account/data", "/account/delete"} {
		w.visit(otto, http.StatusForbidden, "POST", path, form("x", "y"), with("Sec-Fetch-Site", "cross-site"))
	}
	w.visit(otto, http.StatusOK, "POST", "/account/data", form("x", "y"))
	w.visit(&tab{}, http.StatusSeeOther, "POST", "/account/data", form("x", "y"))
	w.visit(otto, http.StatusSeeOther, "POST", "/account/profile", form("fields", "first_name", "first_name", "Otto"))
	w.visit(otto, http.StatusUnprocessableEntity, "POST", "/account/profile", form("fields", "birthdate", "birthdate", "soon"))
	for path, c := range map[string]struct{ name, bad, good string }{
		"/account/username": {"username", "grace", "otto.o"}, "/account/email": {"email", "nonsense", "otto@example.org"}, "/account/password": {"password", "short", secretPhrase},
	} {
		w.visit(otto, http.StatusUnprocessableEntity, "POST", path, form(c.name, c.bad, "current_password", secretPhrase), from("192.0.42.1"))
		w.visit(otto, http.StatusSeeOther, "POST", path, form(c.name, c.good, "current_password", secretPhrase), from("192.0.43.1"))
	}
	w.visit(otto, http.StatusSeeOther, "POST", "/account/sessions", form("others", "1"))
	w.visit(otto, http.StatusSeeOther, "POST", "/account/apps", form("app", "nothing"))
	w.visit(otto, http.StatusUnprocessableEntity, "POST", "/account/delete", form("current_password", "wrong"))
	w.visit(otto, http.StatusSeeOther, "POST", "/account/delete", form("current_password", secretPhrase))
	grace := &tab{}
	w.visit(grace, http.StatusOK, "POST", "/login", form("username", "grace", "password", secretPhrase), from("192.0.41.1"))
	w.visit(grace, http.StatusConflict, "POST", "/account/delete", form("current_password", secretPhrase))
}
