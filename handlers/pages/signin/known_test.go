package signin_test

import (
	"fmt"
	"net/http"
	"testing"
)

// TestAGuesserNearbyKeepsNobodyOut has a guesser in the owner's network, at the owner's
// account and at many.
func TestAGuesserNearbyKeepsNobodyOut(t *testing.T) {
	s := open(t)
	owner, guesser := s.visitor(), s.visitor()
	owner.signIn(owner.get("/login"), "ann")
	try := func(v *visitor, name, password string) int {
		return v.do("/login", v.do("/login?another", nil).form("username", name, "password", password)).status
	}
	for i := range 5 {
		if status := try(guesser, "ann", fmt.Sprint("guess ", i)); status != http.StatusUnprocessableEntity {
			t.Fatalf("guess %d: status %d, want 422", i, status)
		}
	}
	if status := try(guesser, "ann", annsPassword); status != http.StatusTooManyRequests {
		t.Fatalf("the guesser after five guesses: status %d, want 429", status)
	}
	for i := range 20 {
		if status := try(owner, "ann", annsPassword); status != http.StatusOK && status != http.StatusSeeOther {
			t.Errorf("the owner signs in the %d. time: status %d, want to be signed in", i+1, status)
		}
	}
	for i := range 5 {
		if status := try(owner, "ann", fmt.Sprint("guess ", i)); status != http.StatusUnprocessableEntity {
			t.Errorf("guess %d in the owner's browser: status %d, want 422", i, status)
		}
	}
	if status := try(owner, "ann", annsPassword); status != http.StatusTooManyRequests {
		t.Errorf("after five guesses in the owner's browser: status %d, want 429", status)
	}
}
