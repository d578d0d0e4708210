package system_test

import (
	"net/http"
	"testing"
)

// callers is how many callers act at the same moment, half of them at each server.
const callers = 50

// TestTwoServers lets many callers compete for the same thing, at two servers on one
// back-end, and checks at one server what was done at the other.
func TestTwoServers(t *testing.T) {
	t.Parallel()
	for _, b := range backends() {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, b.settings(t)...)
			s.a, s.b = s.start(t, "A"), s.start(t, "B")
			if !t.Run("one administrator from all links", s.raceForTheFirstAdministrator) {
				return
			}
			s.register(t)
			t.Run("one successor of a refresh token", s.raceToRefresh)
			t.Run("one person by a name", s.raceForAName)
			t.Run("one administrator is left", s.raceOfAdministrators)
			t.Run("nothing lives after a revocation", s.raceToRevoke)
			t.Run("one next key", s.raceToRotateKeys)
			t.Run("sign-ins", s.raceToSignIn)
			t.Run("what ends at one ends at the other", s.endsEverywhere)
			t.Run("a server is killed", s.killedServer)
			s.a = s.start(t, "A, again")
			t.Run("no secret is shown", s.showsNoSecret)
		})
	}
}

// raceForTheFirstAdministrator lets 50 callers redeem the links of both servers at once;
// servers print links until the first administrator exists. It sets s.root.
func (s *site) raceForTheFirstAdministrator(t *testing.T) {
	links := []string{s.a.link(t), s.b.link(t)}
	people := make([]person, callers)
	for i := range people {
		people[i] = person{name: "root" + string(rune('a'+i%26)) + string(rune('a'+i/26)), password: s.vault.Secret("password")}
	}
	answers := crowd(callers, func(i int) answer {
		r := setup(links[i/2%2], people[i]).comingFrom(s.network())
		return again(func() answer { return s.of(i).ask(r) })
	})
	for i, a := range answers {
		a.is(t, http.StatusCreated, http.StatusGone)
		if a.status == http.StatusCreated {
			s.root = people[i]
		}
	}
	if got := tally(answers)[http.StatusCreated]; got != 1 {
		t.Errorf("%d callers became the first administrator, want 1", got)
	}
	list := s.people(t)
	if len(list) != 1 || list[0].Username != s.root.name || list[0].Role != "admin" {
		t.Fatalf("people = %+v, want only the administrator %s", list, s.root.name)
	}
	s.root.ID = list[0].ID
	for i, link := range links {
		s.of(i).ask(setup(link, people[0])).is(t, http.StatusGone)
	}
}

func setup(link string, p person) request {
	return request{path: "/setup", form: form("token", link, "username", p.name, "email", p.name+"@people.example", "password", p.password)}
}
