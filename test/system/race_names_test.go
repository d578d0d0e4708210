package system_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// raceForAName lets 50 callers sign up at once under one name in several spellings.
func (s *site) raceForAName(t *testing.T) {
	spellings := []string{"renée.strauß", "RENÉE.STRAUSS", "Renée.STRAUẞ", " renée.strauss ", "ｒｅｎée.strauss"}
	s.oneSignsUp(t, "renée", func(i int) (username, email string) {
		return spellings[i%len(spellings)], fmt.Sprintf("renee%d@names.example", i)
	})
	addresses := []string{"zoe@names.example", "ZOE@names.example", "Zoe@NAMES.example"}
	s.oneSignsUp(t, "zoe@names", func(i int) (username, email string) {
		if i%4 < 2 { // a username that is the other's address
			return addresses[i%len(addresses)], fmt.Sprintf("zoe%d@elsewhere.example", i)
		}
		return fmt.Sprintf("zoe%d", i), addresses[i%len(addresses)]
	})
}

// oneSignsUp lets all callers sign up, and finds one of them under the prefix.
func (s *site) oneSignsUp(t *testing.T, prefix string, name func(i int) (username, email string)) {
	t.Helper()
	password := s.vault.Secret("password")
	answers := crowd(callers, func(i int) answer {
		username, email := name(i)
		r := request{path: "/api/accounts/signup/", from: s.network(), json: object{"username": username, "email": email, "password": password}}
		return again(func() answer { return s.of(i).ask(r) })
	})
	for i, a := range answers {
		username, email := name(i)
		if err := a.expect(http.StatusCreated, http.StatusBadRequest); err != nil {
			t.Errorf("signing up as %q, %q: %v", username, email, err)
		}
		why := "already exists"
		if strings.Contains(username, "@") {
			why = "only if it is your own"
		}
		if a.status == http.StatusBadRequest && !strings.Contains(string(a.body), why) {
			t.Errorf("%q, %q: %v, want it to say %q", username, email, a, why)
		}
	}
	if got := tally(answers)[http.StatusCreated]; got != 1 {
		t.Errorf("%d of %d signed up under the name %s, want 1", got, len(answers), prefix)
	}
	for _, p := range s.pair() {
		a := p.ask(request{path: "/api/accounts/admin/users/?search=" + url.QueryEscape(prefix), bearer: s.rootToken(t)}).must(t, http.StatusOK)
		if total := a.header.Get("X-Total-Count"); total != "1" {
			t.Errorf("%s lists %s people under the name %s, want 1: %s", p.name, total, prefix, a.body)
		}
	}
}
