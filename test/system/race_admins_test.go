package system_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
)

// An act removes an administrator.
type act struct {
	name string
	on   func(target person) request
}

var acts = []act{
	{"demote", func(p person) request {
		return request{method: http.MethodPatch, path: p.path(), json: object{"role": "user"}}
	}},
	{"deactivate", func(p person) request {
		return request{method: http.MethodPatch, path: p.path(), json: object{"is_active": false}}
	}},
	{"delete", func(p person) request { return request{method: http.MethodDelete, path: p.path()} }},
}

// An administrator is a person with an access token.
type administrator struct {
	person
	access string
}

// raceOfAdministrators lets administrators remove each other, all at once. One of them
// must always be left. Root is demoted meanwhile, and promoted again at the end.
func (s *site) raceOfAdministrators(t *testing.T) {
	pair := s.administrators(t, "pair", 2)
	many := s.administrators(t, "many", 8)
	s.demoteAll(t, append(slices.Clone(many), administrator{person: s.root}))
	for _, acts := range [][2]act{{acts[0], acts[0]}, {acts[1], acts[1]}, {acts[0], acts[1]}} {
		pair = s.twoCross(t, acts, pair)
	}
	s.twoCross(t, [2]act{acts[2], acts[2]}, pair)
	for _, a := range many {
		s.run(t, "", "user", "set-role", a.name, "admin")
	}
	before := s.audited(t, "user.deleted")
	answers := crowd(callers, func(i int) answer {
		from, to := many[i%len(many)], many[(i+1+i/len(many))%len(many)]
		r := acts[i%len(acts)].on(to.person)
		r.bearer = from.access
		return s.of(i).ask(r)
	})
	s.someoneIsLeft(t, "50 acts among 8 administrators", answers)
	if got, want := s.audited(t, "user.deleted")-before, tally(answers)[http.StatusNoContent]; got != want {
		t.Errorf("%d deletions are on record, want the %d that were acknowledged", got, want)
	}
	s.run(t, "", "user", "set-role", s.root.name, "admin")
	s.a.ask(request{path: "/api/admin/stats/", bearer: s.rootToken(t)}).is(t, http.StatusOK)
}

func (s *site) administrators(t *testing.T, name string, n int) []administrator {
	t.Helper()
	list := make([]administrator, n)
	for i := range list {
		p := s.newcomer(t, fmt.Sprintf("%s%d", name, i), "admin")
		list[i] = administrator{p, s.signIn(t, s.of(i), p).access}
	}
	return list
}

func (s *site) demoteAll(t *testing.T, list []administrator) {
	t.Helper()
	for _, a := range list {
		s.run(t, "", "user", "set-role", a.name, "user")
	}
}

// twoCross lets two administrators act on each other, 25 times each at once, and
// returns them as administrators again.
func (s *site) twoCross(t *testing.T, acts [2]act, pair []administrator) []administrator {
	t.Helper()
	answers := crowd(callers, func(i int) answer {
		mine, other := i/2%2, 1-i/2%2
		r := acts[mine].on(pair[other].person)
		r.bearer = pair[mine].access
		return s.of(i).ask(r)
	})
	left := s.someoneIsLeft(t, acts[0].name+" against "+acts[1].name, answers)
	if acts[0].name == "delete" {
		s.run(t, "", "user", "set-role", s.root.name, "admin")
		for _, name := range left {
			s.run(t, "", "user", "delete", name)
		}
		return nil
	}
	for i, a := range pair {
		if !slices.Contains(left, a.name) {
			s.run(t, "", "user", "activate", a.name)
			s.run(t, "", "user", "set-role", a.name, "admin")
		}
		if s.a.ask(profile(a.access)).status != http.StatusOK {
			pair[i].access = s.signIn(t, s.of(i), a.person).access
		}
	}
	return pair
}

// someoneIsLeft returns the names of the active administrators.
func (s *site) someoneIsLeft(t *testing.T, what string, answers []answer) []string {
	t.Helper()
	for _, a := range answers {
		if a.err != nil || a.status >= 500 {
			t.Errorf("%s: the answer is %v, want a status below 500", what, a)
		}
	}
	var left []string
	for _, p := range s.people(t) {
		if p.Role == "admin" && p.Active {
			left = append(left, p.Username)
		}
	}
	if len(left) == 0 {
		t.Fatalf("%s: no active administrator is left, want one; answers by status: %v", what, tally(answers))
	}
	return left
}
