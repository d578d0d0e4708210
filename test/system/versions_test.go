package system_test

import (
	"net/http"
	"os"
	"testing"

	"gatehouse/internal/test/testkit"
)

// TestGoingBackLosesNobodyASession runs this version beside the previous one on a
// database that the previous one made, and then goes back to it. GATEHOUSE_PREVIOUS names
// its binary. In handlers/protocol, rows play the previous version.
func TestGoingBackLosesNobodyASession(t *testing.T) {
	previous := os.Getenv("GATEHOUSE_PREVIOUS")
	if previous == "" {
		t.Skip("GATEHOUSE_PREVIOUS does not name a binary of the previous version")
	}
	for _, b := range backends() {
		t.Run(b.name, func(t *testing.T) {
			s := newSite(t, append(b.settings(t), "GATEHOUSE_METRICS_ADDR=")...)
			s.program = previous
			s.a = s.start(t, "previous")

			s.register(t)
			s.goesBack(t, s.create(t, "ann", "user"), s.create(t, "ben", "user"))
		})
	}
}

// A held session is one that an app holds, with the way to refresh it.
type held struct {
	tokens
	way func(string) request
}

// sessions begins two sessions of a person at a server, one of each client.
func (s *site) sessions(t *testing.T, p *process, who person) []*held {
	t.Helper()
	return []*held{{s.signIn(t, p, who, s.shop), s.shop.refresh}, {s.signIn(t, p, who), refresh}}
}

// live refreshes every session at a server, and once more as if the answer was lost.
func live(t *testing.T, p *process, sessions []*held) {
	t.Helper()
	for _, k := range sessions {
		first := p.ask(k.way(k.refresh)).must(t, http.StatusOK).tokens()
		again := p.ask(k.way(k.refresh)).must(t, http.StatusOK).tokens()
		if again.refresh != first.refresh {
			t.Errorf("at %s a repeat got another successor, want the same byte for byte", p.name)
		}
		p.ask(profile(again.access)).is(t, http.StatusOK)
		k.tokens = again
	}
}

// gone wants sessions to be dead at a server.
func (s *site) gone(t *testing.T, p *process, why string, sessions []*held) {
	t.Helper()
	for _, k := range sessions {
		testkit.Within(t, patience, why+" at "+p.name, func() error { return p.refuses(s.watch, k.way, k.tokens) })
	}
}

func (s *site) goesBack(t *testing.T, ann, ben person) {
	living := s.sessions(t, s.a, ann)
	endedThere, endedHere := s.sessions(t, s.a, ann), s.sessions(t, s.a, ann)
	deactivated := s.sessions(t, s.a, ben)

	s.program = ""
	s.b = s.start(t, "this")
	s.run(t, "", "keys", "rotate", "--alg", "ES256") // the previous version must not read it
	living = append(living, s.sessions(t, s.b, ann)...)
	for _, p := range []*process{s.b, s.a, s.b} {
		live(t, p, living)
	}
	s.end(t, s.b, endedHere)
	s.end(t, s.a, endedThere)
	s.run(t, "", "user", "deactivate", ben.name)
	for _, p := range s.pair() {
		s.gone(t, p, "ended by this version", endedHere)
		s.gone(t, p, "ended by the previous version", endedThere)
		s.gone(t, p, "deactivated by this version", deactivated)
	}

	s.b.stop(t) // back to the previous version
	live(t, s.a, living)
	living = append(living, s.sessions(t, s.a, ann)...)
	late := s.sessions(t, s.a, ann)
	s.end(t, s.a, late)
	s.b = s.start(t, "this again")
	live(t, s.b, living)
	s.gone(t, s.b, "ended by the previous version meanwhile", late)
	s.gone(t, s.b, "ended by this version", endedHere)
	s.gone(t, s.b, "deactivated by this version", deactivated)

	s.run(t, "", "migrate", "finish")
	live(t, s.b, living)
}

// end ends the sessions of both clients, each in its way.
func (s *site) end(t *testing.T, p *process, sessions []*held) {
	t.Helper()
	p.ask(s.shop.revoke(sessions[0].refresh)).is(t, http.StatusOK)
	p.ask(logout(sessions[1].refresh)).is(t, http.StatusNoContent)
}
