package main

import (
	"net/http"
	"strings"
	"testing"

	"gatehouse/store"
)

// stolenPassword is one of the list inside the binary.
const stolenPassword = "fyfcnfcbz1"

// chose gives the person a password that the rules of today refuse, as a person may have who
// chose it before there was a list.
func (g *gate) chose(name, password string) {
	g.t.Helper()
	hash, err := g.people.Passwords.Hash(g.t.Context(), password)
	if err != nil {
		g.t.Fatalf("hashing a password: %v", err)
	}
	id := g.user(name).ID
	if err := g.db.Write(g.t.Context(), func(tx store.Tx) error { return tx.UpdateUser(id, store.UserChange{PasswordHash: &hash}) }); err != nil {
		g.t.Fatalf("changing a password: %v", err)
	}
}

// TestAStolenPasswordOpensTheAccountAndIsTold signs in with one at the page and at the API:
// neither is refused, and the account's page says so until there is another password.
func TestAStolenPasswordOpensTheAccountAndIsTold(t *testing.T) {
	const told = "Your password is known to others"
	m := openMailed(t, nil)
	m.chose("ann", stolenPassword)
	v := m.visitor()
	overview := v.post("/login", append(v.get("/login?to=%2Faccount").fields(), "username", "ann", "password", stolenPassword)...).shows(http.StatusOK, told, "Change the password")
	if n := strings.Count(overview.body, told); n != 1 {
		t.Errorf("the page tells of it %d times, want once", n)
	}
	if !m.user("ann").PasswordStolen {
		t.Error("the record does not say that the password was stolen, want it to")
	}
	m.visitor().post("/api/accounts/login/", "username", "ann", "password", stolenPassword).shows(http.StatusOK)
	v.post("/account/password", append(v.get("/account/password").fields(), "current_password", stolenPassword, "password", stolenPassword)...).
		shows(http.StatusUnprocessableEntity, "This password appears in lists of stolen passwords. Choose another one.")
	v.post("/account/password", append(v.get("/account/password").fields(), "current_password", stolenPassword, "password", fresh)...).shows(http.StatusOK)
	if after := v.get("/account").shows(http.StatusOK); strings.Contains(after.body, told) || m.user("ann").PasswordStolen {
		t.Error("the page tells of the old password after it was changed, want nothing of it")
	}
}
