package system_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// afterGrace is a time after which the grace is certainly over.
const afterGrace = 6200 * time.Millisecond

// raceToRefresh lets 50 callers exchange one refresh token at once, as tabs of a
// browser do. All must get the same successor, byte for byte.
func (s *site) raceToRefresh(t *testing.T) {
	ann := s.newcomer(t, "ann", "user")
	ways := map[string]func(token string) request{"shop": s.shop.refresh, builtIn: refresh}
	after := map[string]tokens{}
	first := map[string]tokens{}
	for name, way := range ways {
		if first[name] = s.signIn(t, s.a, ann); name == "shop" {
			first[name] = s.signIn(t, s.a, ann, s.shop)
		}
		answers := crowd(callers, func(i int) answer { return s.of(i).ask(way(first[name].refresh)) })
		after[name] = s.sameSuccessor(t, name, answers)
	}
	s.reuseInsideTheGrace(t, ann)
	time.Sleep(afterGrace)
	s.keptUntilTheSuccessorIsUsed(t, first[builtIn], after[builtIn])
	for name, way := range ways {
		for _, p := range s.pair() {
			a := p.ask(way(first[name].refresh))
			if a.is(t, http.StatusBadRequest, http.StatusUnauthorized); a.field("error") != "invalid_grant" && a.field("code") != "token_not_valid" {
				t.Errorf("%s: whose successor was used, or after the grace: %v, want it refused as invalid", name, a)
			}
		}
		s.dead(t, name+", after reuse", way, after[name])
	}
	if alarms := s.audited(t, "token.reused"); alarms != len(ways)+1 {
		t.Errorf("%d alarms were recorded, want one for each of %d sessions", alarms, len(ways)+1)
	}
}

// builtIn is the app of our own front ends. It is adopted: its refresh token stays good
// until its successor is used.
const builtIn = "built-in app"

// keptUntilTheSuccessorIsUsed exchanges the first token once more, long after the grace,
// and then its successor.
func (s *site) keptUntilTheSuccessorIsUsed(t *testing.T, first, after tokens) {
	t.Helper()
	if again := s.b.ask(refresh(first.refresh)).must(t, http.StatusOK).tokens(); again.refresh != after.refresh {
		t.Errorf("%s: a token that is kept gets another successor, want the same", builtIn)
	}
	s.a.ask(refresh(after.refresh)).must(t, http.StatusOK)
}

// audited returns how many events of a kind are on record.
func (s *site) audited(t *testing.T, kind string) int {
	t.Helper()
	return strings.Count(s.run(t, "", "audit", "--kind", kind, "--limit", "100000", "--json"), "\n")
}

// sameSuccessor returns the tokens of the one session that all answers must share.
func (s *site) sameSuccessor(t *testing.T, name string, answers []answer) tokens {
	t.Helper()
	got := map[string]int{}
	for i, a := range answers {
		if a.is(t, http.StatusOK) {
			got[a.tokens().refresh]++
			s.of(i+1).ask(profile(a.tokens().access)).is(t, http.StatusOK)
		}
	}
	if len(got) != 1 {
		t.Errorf("%s: %d callers got %d different successors, want 1: %v", name, len(answers), len(got), got)
	}
	return answers[0].tokens()
}

// reuseInsideTheGrace checks that only the immediate predecessor is forgiven.
func (s *site) reuseInsideTheGrace(t *testing.T, who person) {
	t.Helper()
	session := []tokens{s.signIn(t, s.a, who, s.shop)}
	for i := range 2 {
		session = append(session, s.of(i).ask(s.shop.refresh(session[i].refresh)).must(t, http.StatusOK).tokens())
	}
	if again := s.b.ask(s.shop.refresh(session[1].refresh)).must(t, http.StatusOK).tokens(); again.refresh != session[2].refresh {
		t.Error("inside the grace, the predecessor gets another successor, want the same")
	}
	a := s.b.ask(s.shop.refresh(session[0].refresh))
	if a.status != http.StatusBadRequest || a.field("error") != "invalid_grant" {
		t.Errorf("inside the grace, the token before the predecessor: %v, want invalid_grant", a)
	}
	s.dead(t, "reuse inside the grace", s.shop.refresh, session[2])
}

// dead fails the test if anything of the session works at either server.
func (s *site) dead(t *testing.T, why string, way func(string) request, session tokens) {
	t.Helper()
	for _, p := range s.pair() {
		if err := p.refuses(s.watch, way, session); err != nil {
			t.Errorf("%s: refusing the tokens: %v", why, err)
		}
	}
}

// refuses returns an error unless the server refuses all of the session's tokens.
func (p *process) refuses(watch app, way func(string) request, session tokens) error {
	if a := p.ask(profile(session.access)); a.status != http.StatusUnauthorized {
		return a.expect(http.StatusUnauthorized)
	}
	if a := p.ask(watch.introspect(session.access)); string(a.body) != "{\"active\":false}\n" {
		return errInactive{a}
	}
	// A network that presents many bad tokens is throttled, so this comes from a new one.
	return p.ask(way(session.refresh).comingFrom(p.site.network())).expect(http.StatusBadRequest, http.StatusUnauthorized)
}

// errInactive says that a token is still good.
type errInactive struct{ answer }

func (e errInactive) Error() string { return e.String() + `, want {"active":false}` }
