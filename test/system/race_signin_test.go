package system_test

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// freeTries is the default of GATEHOUSE_SIGNIN_FREE_TRIES.
const freeTries = 5

// raceToSignIn checks that guessing is slowed down, at both servers together, and that
// everybody else is not.
func (s *site) raceToSignIn(t *testing.T) {
	t.Run("right passwords", s.manyRightPasswords)
	t.Run("wrong passwords", s.manyWrongPasswords)
	t.Run("one count for all spellings, paths and servers", s.oneCount)
}

// manyRightPasswords starts an app with many workers. The first tries use up the free
// ones, and the others wait until one of these has been judged, at either server. A
// machine that cannot judge one in time may throttle some.
func (s *site) manyRightPasswords(t *testing.T) {
	cleo := s.newcomer(t, "cleo", "user")
	from := s.network()
	try := func(i int) answer { return s.of(i).ask(s.shop.grant(cleo).comingFrom(from)) }
	answers := crowd(callers, func(i int) answer { return again(func() answer { return try(i) }) })
	slowest := time.Duration(0)
	for _, a := range answers {
		slowest = max(slowest, a.took)
	}
	if slowest > time.Second {
		t.Logf("an answer took %s on this machine; the first answers by status: %v", slowest, tally(answers))
		answers = crowd(callers, func(i int) answer { return asTold(answers[i], func() answer { return try(i) }) })
	}
	for _, a := range answers {
		a.is(t, http.StatusOK)
	}
}

// asTold repeats a throttled request, each time after as long as the answer says.
func asTold(a answer, ask func() answer) answer {
	for range 10 {
		if a.status != http.StatusTooManyRequests {
			break
		}
		time.Sleep(a.comeBack())
		a = again(ask)
	}
	return a
}

func (s *site) manyWrongPasswords(t *testing.T) {
	dora, emil := s.newcomer(t, "dora", "user"), s.newcomer(t, "emil", "user")
	wrong := dora
	wrong.password = s.vault.Secret("wrong-password")
	from := s.network()
	began := time.Now()
	answers := crowd(callers, func(i int) answer {
		return again(func() answer { return s.of(i).ask(s.guess(i, wrong).comingFrom(from)) })
	})
	allowed := freeTries
	for wait, left := time.Second, time.Since(began); left > wait; wait *= 2 { // the first delay is a second, and each doubles
		left -= wait
		allowed++
	}
	judged := 0
	for _, a := range answers {
		switch {
		case a.is(t, http.StatusUnauthorized, http.StatusBadRequest, http.StatusTooManyRequests) && a.status != http.StatusTooManyRequests:
			judged++
		case a.status == http.StatusTooManyRequests && a.comeBack() <= 0:
			t.Errorf("%v, want a Retry-After", a)
		}
	}
	if judged > allowed || judged == 0 {
		t.Errorf("%d of %d wrong passwords were judged in %s, want at most %d", judged, len(answers), time.Since(began), allowed)
	}
	elsewhere := s.network()
	again(func() answer { return s.b.ask(s.shop.grant(emil).comingFrom(from)) }).is(t, http.StatusOK)
	again(func() answer { return s.b.ask(s.shop.grant(dora).comingFrom(elsewhere)) }).is(t, http.StatusOK)
	s.waitAsTold(t, dora, wrong)
}

// waitAsTold checks that a throttled caller that waits as long as told may sign in,
// although others were throttled meanwhile.
func (s *site) waitAsTold(t *testing.T, right, wrong person) {
	t.Helper()
	from := s.network()
	var held answer
	for i := 0; held.status != http.StatusTooManyRequests; i++ {
		if held = s.of(i).ask(s.guess(i, wrong).comingFrom(from)); i > 2*freeTries {
			t.Fatalf("%d wrong passwords without a delay, want one: %v", i, held)
		}
	}
	until := time.Now().Add(held.comeBack())
	for i := 0; time.Until(until) > 200*time.Millisecond; i++ {
		time.Sleep(100 * time.Millisecond)
		s.of(i).ask(s.guess(i, right).comingFrom(from)) // impatience costs nothing
	}
	time.Sleep(time.Until(until))
	again(func() answer { return s.b.ask(s.guess(0, right).comingFrom(from)) }).is(t, http.StatusOK)
}

// guess returns a sign-in in one of the possible ways. An unknown person has no address.
func (s *site) guess(i int, p person) request {
	names := []string{p.name, strings.ToUpper(p.name), " " + p.name + " ", p.name + "@people.example", p.name + "@PEOPLE.example"}
	if p.ID == 0 {
		names = names[:3]
	}
	p.name = names[i/2%len(names)]
	if i%4 < 2 {
		return s.shop.grant(p)
	}
	return login(p)
}

// oneCount checks that all ways of signing in share one count.
func (s *site) oneCount(t *testing.T) {
	known := s.newcomer(t, "finn", "user")
	known.password = s.vault.Secret("wrong-password")
	unknown := person{name: "nobody", password: known.password}
	for _, p := range []person{known, unknown} {
		var err error
		for range 5 { // the delay is a second: on a busy machine it may be over before we look
			if err = s.countsAll(p, s.network()); err == nil {
				break
			}
		}
		if err != nil {
			t.Errorf("%s: counting the tries: %v", cmp.Or(p.Username, "somebody unknown"), err)
		}
	}
}

// countsAll uses up the free tries in five ways, and finds every way closed.
func (s *site) countsAll(p person, from string) error {
	for i := range freeTries {
		if err := s.of(i).ask(s.guess(2*i, p).comingFrom(from)).expect(http.StatusUnauthorized, http.StatusBadRequest); err != nil {
			return fmt.Errorf("try %d: %w", i, err)
		}
	}
	for i, a := range crowd(10, func(i int) answer { return s.of(i).ask(s.guess(i, p).comingFrom(from)) }) {
		if err := a.expect(http.StatusTooManyRequests); err != nil {
			return fmt.Errorf("after %d tries, in way %d: %w", freeTries, i, err)
		}
	}
	return nil
}
